"""The flow in requests, and in niquests, which took over its interface.

requests gives an `AuthBase` the request and no way to the session that sends it: `authenticate`
puts the credential on, and a response hook, run for every answer and redirect, reviews it.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import rewind_body

from . import _niquests, _raw
from ._drivers import LEAST_TIMEOUT, REDIRECTS, advance, perform_blocking
from ._errors import TokenError
from ._flow import Answer, Caller, Exchange, Peek, Scheme, Step, Steps
from ._token import Token

T = TypeVar("T")


def authenticate(auth: Scheme, request: Any) -> None:
    """Authenticate a request before it is sent, and have its answer reviewed.

    Args:
        auth: The auth object.
        request: A prepared request, or one that is still to be prepared.

    Raises:
        TokenError: No token could be had.
        ConfigurationError: It is ``niquests.AsyncSession`` that would have to wait.
    """
    if isinstance(request, requests.Request):
        _defer(auth, request)
    if auth.renews:
        _niquests.refuse_async(request)
    token = _run(auth.attach(request, _CALLER), request)
    if token is None or not hasattr(request, "register_hook"):
        return
    for hook in request.hooks.get("response", ()):
        if isinstance(hook, Review) and hook.auth is auth:
            hook.token = token
            return
    request.register_hook("response", Review(auth, token))


def _defer(auth: Any, request: requests.Request) -> None:
    # Not prepared yet. Some tools read the headers off it as it is, others prepare it, which adds
    # cookies and parameters: then the auth object is called again.
    request.headers = CaseInsensitiveDict(request.headers or {})
    if request.auth is None or isinstance(request.auth, type(auth)):
        request.auth = auth


class Review:
    """The response hook. An object, so that a request that has it can be copied and pickled.

    Attributes:
        auth: The auth object.
        token: What it put on the request.
    """

    __slots__ = ("auth", "token")

    def __init__(self, auth: Scheme, token: Token) -> None:
        """Remember what was put on."""
        self.auth = auth
        self.token = token

    def __call__(self, response: Any, **kwargs: Any) -> Any:
        """Give the response, or the answer to the request sent again.

        Args:
            response: What was answered to the request, or to a redirect of it.
            **kwargs: What the session sent the request with.
        """
        request = response.request
        if response.is_redirect:
            self._guard(response)
            return response
        # niquests throws away what a hook returns for a multiplexed response.
        replayable = _is_replayable(request) and not kwargs.get("multiplexed")
        steps = self.auth.review(request, response, self.token, _CALLER, replayable=replayable)
        fresh = _run(steps, request)
        if fresh is None:
            return response
        self.token = fresh
        if getattr(request, "_body_position", None) is not None:
            try:
                rewind_body(request)
            except requests.exceptions.UnrewindableBodyError:
                return response
        response.close()
        # The same request object goes out again: a redirect of the answer copies it, and is to
        # carry the new credential.
        started = time.perf_counter()
        again = response.connection.send(request, **kwargs)
        again.elapsed = timedelta(seconds=time.perf_counter() - started)
        return again

    def __copy__(self) -> "Review":
        return Review(self.auth, self.token)

    def __deepcopy__(self, memo: object) -> "Review":
        return Review(self.auth, self.token)

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        # A response is pickled with its request and that with this hook: what made the token
        # stays here, and only the header, which the request has anyway, goes along.
        return (_pickled, ())

    def _guard(self, response: Any) -> None:
        # What a redirect is sent with is copied from this very request.
        header = self.auth.guarded_header(self.token)
        target = urljoin(response.url, response.headers["location"])
        if header is None or self.auth.origins.allow(target):
            return
        name, value = header
        if response.request.headers.get(name) == value:
            del response.request.headers[name]


def _pickled() -> Callable[..., None]:
    return _leave


def _leave(response: object, **kwargs: object) -> None:
    """Leave a response as it is: the hook of a request that was pickled."""


def _is_replayable(request: Any) -> bool:
    body = request.body
    if body is None or isinstance(body, bytes | bytearray | str):
        return True
    # requests has noted where a file was when it was handed over, or that it could not tell.
    if not isinstance(getattr(request, "_body_position", None), int) or not hasattr(body, "seek"):
        return False
    return not hasattr(body, "seekable") or bool(body.seekable())


def _was_reset(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return True
    cause = error.args[0] if error.args else None
    # What could not be connected at all has a `reason`; so has a reset inside a proxy's tunnel.
    reason = getattr(cause, "reason", None)
    if reason is not None:
        return isinstance(getattr(reason, "original_error", None), ConnectionResetError)
    return type(error) is requests.ConnectionError


_CALLER = Caller(survives=True, was_reset=_was_reset)


def _run(steps: Steps[T], request: Any) -> T:
    try:
        step = next(steps)
        while True:
            step = advance(steps, _perform, step, request)
    except StopIteration as end:
        result: T = end.value
        return result


def _perform(step: Step, request: Any) -> Any:
    if isinstance(step, Exchange):
        return _exchange(step, request)
    if isinstance(step, Peek):
        return _raw.peek(step)
    return perform_blocking(step)


def _exchange(step: Exchange, request: Any) -> Answer:
    left = max(step.deadline.left(), LEAST_TIMEOUT)
    if step.session is None:
        with _niquests.plain_session(request) as session:
            return _send(session, step, left)
    return _send(_borrowed(step.session), step, left)


def _send(session: requests.Session, step: Exchange, left: float) -> Answer:
    response = session.request(
        "POST",
        step.url,
        data=step.content,
        headers={**step.headers, "Accept-Encoding": "identity"},
        auth=_nothing,
        allow_redirects=False,
        timeout=(left, left),
        stream=True,
    )
    with response:
        if response.is_redirect:
            raise TokenError(REDIRECTS, status_code=response.status_code)
        body = _raw.read_answer(response, step.deadline)
        return Answer(response.status_code, response.headers, body)


def _nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # In the place of an auth object: the session's own may be the one that is asking, and
    # without any, requests would send what netrc has for the host.
    return request


def _borrowed(session: requests.Session) -> requests.Session:
    # A view of the caller's session with a cookie jar of its own, so that what the token
    # endpoint sets is not kept there. `copy.copy` would lose what a subclass added.
    view = object.__new__(type(session))
    view.__dict__.update(session.__dict__)
    view.cookies = session.cookies.copy()
    return view
