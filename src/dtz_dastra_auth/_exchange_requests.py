"""How a token request goes over requests, or niquests: on a plain session or a borrowed one."""

from typing import Any
from urllib.parse import urlsplit

import requests

from . import _niquests, _origins, _raw
from ._drivers import LEAST_TIMEOUT, REDIRECTS
from ._errors import TokenError
from ._flow import Answer, Exchange


def exchange(step: Exchange, request: Any) -> Answer:
    """Send a token request, and give the whole answer.

    Args:
        step: The token request.
        request: The request that needs the token.

    Raises:
        TokenError: The answer is none.
        requests.RequestException: There is no answer.
    """
    left = max(step.deadline.left(), LEAST_TIMEOUT)
    if step.session is None:
        with _niquests.plain_session(request) as session:
            return _send(session, step, left)
    return _send(_borrowed(step.session), step, left)


def _no_proxies(url: str) -> Any:
    # Plain http stays on this machine, whatever proxy there is: it is for loopback hosts alone.
    scheme, _, rest = url.lower().partition("://")
    if scheme != "http":
        return None
    host = urlsplit(f"//{rest}").hostname
    return dict.fromkeys((scheme, "all", f"{scheme}://{host}", f"all://{host}"))


def _send(session: requests.Session, step: Exchange, left: float) -> Answer:
    try:
        response = session.request(
            "POST",
            step.url,
            data=step.content,
            headers={**step.headers, "Accept-Encoding": "identity"},
            auth=_nothing,
            allow_redirects=False,
            timeout=(left, left),
            stream=True,
            proxies=_no_proxies(step.url),
        )
    except requests.RequestException as error:
        for each in (error.request, getattr(error.response, "request", None)):
            _forget(each)
        raise
    with response:
        # A session of somebody's own may have followed all the same.
        elsewhere = response.history or not _origins.same(response.url, step.url)
        if response.is_redirect or elsewhere:
            raise TokenError(REDIRECTS, status_code=response.status_code)
        body = _raw.read_answer(response, step.read_by)
        return Answer(response.status_code, response.headers, body)


def _forget(request: Any) -> None:
    """Make a token request that has failed forget its secrets: the error keeps the object."""
    if getattr(request, "headers", None) is not None:
        request.headers.pop("Authorization", None)
        request.body = None


def _nothing(request: Any) -> Any:
    # In the place of an auth object: the session's own may be the one that is asking, and
    # without any, requests would send what netrc has for the host.
    return request


def _borrowed(session: requests.Session) -> requests.Session:
    # A view of the caller's session with a cookie jar of its own, so that what the token
    # endpoint sets is not kept there. `copy.copy` would lose what a subclass added.
    view: Any = object.__new__(type(session))
    view.__dict__.update(session.__dict__)
    view.cookies = session.cookies.copy()
    guard = _OneUrl()
    view.get_adapter = lambda url: guard.over(session.get_adapter(url))
    return view  # type: ignore[no-any-return]  # made of the caller's own class


class _OneUrl:
    """What a session that follows redirects, whatever it is told, meets on the way to another URL.

    It is in the place of the session's adapters, and lets requests to the first one's URL pass.
    """

    def __init__(self) -> None:
        self._first: tuple[Any, Any] | None = None
        self._adapter: Any = None

    def over(self, adapter: Any) -> "_OneUrl":
        """Stand before an adapter."""
        self._adapter = adapter
        return self

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """Send a token request, and nothing that was made of it.

        Raises:
            TokenError: It goes elsewhere.
        """
        target = (request.method, request.url)
        self._first = self._first or target
        if target != self._first:
            raise TokenError(REDIRECTS)
        return self._adapter.send(request, *args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)
