"""The flow in requests, and in niquests, which took over its interface.

requests gives an `AuthBase` the request and no way to the session that sends it: `authenticate`
puts the credential on, and a response hook, run for every answer and redirect, reviews it.
"""

import time
import weakref
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies, rewind_body, select_proxy

from . import _niquests, _origins
from ._drivers import advance, perform_blocking
from ._flow import Caller, Exchange, Peek, Scheme, Step, Steps
from ._follow_requests import follow, forgo, is_redirected, lower_names, stand_by, take_netrc_off
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
    if type(request) is requests.PreparedRequest and _at_once(auth, request):
        return
    if isinstance(request, requests.Request):
        _defer(auth, request)
    if auth.renews:
        _niquests.refuse_async(request)
    if _is_forwarded(auth, request.url):
        _origins.warn_forwarded(type(auth).__name__)
        return
    token = _run(auth.attach(request, _CALLER), request)
    if token is None or not hasattr(request, "register_hook"):
        return
    given: object = getattr(request, "auth", None)
    if given is auth:
        # We are called again when it is prepared, if it ever is.
        return
    stand_by(auth, token, request)
    hooks = request.hooks.setdefault("response", [])
    # Whichever of our objects was called before, its credential is off by now.
    hooks[:] = [hook for hook in hooks if not isinstance(hook, Review)]
    request.register_hook("response", Review(auth, token))


def _at_once(auth: Scheme, request: requests.PreparedRequest) -> bool:
    headers, hooks = request.headers, request.hooks.get("response")
    # With a hook there already it may be one of ours; and somebody may have headers of their own.
    if hooks or hooks is None or type(headers) is not CaseInsensitiveDict:
        return False
    token = auth.attach_at_once(request, lower_names(headers))
    if token is None:
        return False
    stand_by(auth, token, request)
    hooks.append(Review(auth, token))
    return True


def _defer(auth: Any, request: requests.Request) -> None:
    # Not prepared yet. Some tools read the headers off it as it is, others prepare it, which adds
    # cookies and parameters: then the auth object is called again.
    request.headers = CaseInsensitiveDict(request.headers or {})
    if isinstance(request.url, bytes):
        request.url = request.url.decode("utf-8")
    request.url = request.url if isinstance(request.url, str) else str(request.url)
    if request.auth is None or isinstance(request.auth, type(auth)):
        request.auth = auth


def _is_forwarded(auth: Scheme, url: Any) -> bool:
    # Plain http is for loopback hosts, whose requests do not leave the machine, unless the
    # environment names a proxy and does not except them.
    if not isinstance(url, str) or not url.lower().startswith("http:"):
        return False
    return auth.origins.allow(url) and select_proxy(url, get_environ_proxies(url)) is not None


# The statuses of redirects (`requests.models.REDIRECT_STATI`), and the one that renews.
_OF_INTEREST = frozenset({301, 302, 303, 307, 308, 401})


class Review:
    """The response hook. An object, so that a request that has it can be copied and pickled.

    Attributes:
        auth: The auth object.
        token: What it put on the request.
    """

    __slots__ = ("_given", "auth", "token")

    def __init__(self, auth: Scheme, token: Token) -> None:
        """Remember what was put on."""
        self.auth = auth
        self.token = token
        self._given: Callable[[], Any] | None = None

    def __call__(self, response: Any, **kwargs: Any) -> Any:
        """Give the response, or the answer to the request sent again."""
        if response.status_code not in _OF_INTEREST and not self.auth.hides:
            return response
        # A session may call all hooks once more for what they gave, as that of requests-cache does.
        if self._given is None or self._given() is not response:
            response = self._reviewed(response, kwargs)
            self._given = weakref.ref(response)
        return response

    def _reviewed(self, response: Any, kwargs: dict[str, Any]) -> Any:
        request = response.request
        self.auth.hide(response, self.token)
        if response.is_redirect:
            if is_redirected(request) or self.auth.carries(request, self.token):
                follow(self.auth, self.token, request)
            else:
                # Something else was put in its place after we had been asked.
                forgo(request)
            return response
        response = self._restored(request, response, kwargs)
        replayable = _is_replayable(response, kwargs)
        steps = self.auth.review(request, response, self.token, _CALLER, replayable=replayable)
        fresh = _run(steps, request)
        if fresh is None:
            return response
        self.token = fresh
        return self._again(request, response, kwargs)

    def __copy__(self) -> "Review":
        return Review(self.auth, self.token)

    def __deepcopy__(self, memo: object) -> "Review":
        return Review(self.auth, self.token)

    def __reduce__(self) -> tuple[Any, ...]:
        # A response is pickled with its request and that with this hook: what made the token
        # stays here, and only what the request has anyway goes along.
        return Review, (self.auth.frozen(self.token), self.token)

    def _restored(self, request: Any, response: Any, kwargs: dict[str, Any]) -> Any:
        if response.status_code != 401 or not is_redirected(request):
            return response
        replayable = _is_replayable(response, kwargs)
        if replayable and self.auth.origins.allow(request.url):
            take_netrc_off(request)
        steps = self.auth.restore(request, response, self.token, _CALLER, replayable=replayable)
        return self._again(request, response, kwargs) if _run(steps, request) else response

    def _again(self, request: Any, response: Any, kwargs: dict[str, Any]) -> Any:
        if getattr(request, "_body_position", None) is not None:
            try:
                rewind_body(request)
            except requests.exceptions.UnrewindableBodyError:
                return response
        response.close()
        # The same request object goes out again: a redirect of the answer copies it, and is to
        # carry the new credential.
        follow(self.auth, self.token, request)
        started = time.perf_counter()
        again = response.connection.send(request, **kwargs)
        again.elapsed = timedelta(seconds=time.perf_counter() - started)
        return again


def _is_replayable(response: Any, sent_with: dict[str, Any]) -> bool:
    # niquests throws away what a hook returns for a multiplexed response; and not every adapter
    # tells what it is.
    if sent_with.get("multiplexed") or getattr(response, "connection", None) is None:
        return False
    request = response.request
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
    # With the first of them: most processes have none, or one.
    if isinstance(step, Exchange):
        from ._exchange_requests import exchange

        return exchange(step, request)
    if isinstance(step, Peek):
        from ._raw import peek

        return peek(step)
    return perform_blocking(step)
