"""Have a credential follow redirects in httpx and httpx2 where it may, and nowhere else.

Both libraries follow redirects below the auth flow. They copy every header but ``Authorization`` to
any host, and lose that one and cookies on the way to another origin of ours. Two things travel with
a redirected request, and between them decide anew for each:

The request's headers are of a kind that looks, when it is copied for a redirect, at where that
leads, and leaves the credential out (`_kept_headers`). That holds in every transport, and for
``Response.next_request`` too.

`Guard`, a callback in the request's ``trace`` extension, is called right before the headers are
written, and sees where to. Only transports made of httpcore call it; mocks and others do not. It
is not shown to them while a request is what it was when it got its credential: to call it for
each of a dozen events takes more time than all else that is done for a request.
"""

import inspect
import sys
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ._clients import HTTPX_LIBRARIES
from ._flow import Scheme
from ._kept_headers import Keeper
from ._token import Token

BEFORE_HEADERS = "send_request_headers.started"


class Extensions(dict[str, Any]):
    """Extensions whose guard is shown to a transport when there is something to guard.

    Copies, and with them each redirect, are plain ones.
    """

    def get(self, key: str, default: Any = None) -> Any:
        """Give what is under a key; transports ask for ``trace`` before each event."""
        value = self[key] if key in self else default  # noqa: SIM401  # `super` takes longer
        if key == "trace" and isinstance(value, Guard) and not value.is_needed():
            return default if value.theirs is None else value.theirs
        return value


class Guard(Keeper):
    """The trace callback of a blocking client; the caller's own is called after it.

    Attributes:
        token: What has been put on the request.
        carried: Whether the request that was sent last had the credential; None as long as the
            transport has not called.
        theirs: The caller's own callback, or None.
    """

    # Here and not in each object, since most are never asked.
    carried: bool | None = None
    theirs: Callable[..., Any] | None = None
    _is_first = True
    _is_over = False
    _first = ""
    _url: Any = None
    _request: Callable[[], Any] | None = None

    def __init__(self, scheme: Scheme, token: Token) -> None:
        """Guard the credential of an auth object, during one call."""
        self.origins = scheme.origins
        self._scheme = scheme
        self.token = token

    def stand_by(self, request: Any) -> None:
        """Guard a request that goes to an https origin of ours, while it is what it is now.

        Args:
            request: The request that is about to be sent.
        """
        self.keep(request)
        self._request, self._url = weakref.ref(request), request.url
        request.extensions = extensions = Extensions(request.extensions)
        if "trace" in extensions:
            self._note_theirs(request)
        extensions["trace"] = self

    def is_needed(self) -> bool:
        """Tell whether a request is not what it was, or not the one that `stand_by` was given."""
        request = None if self._request is None else self._request()
        if request is None or request.url is not self._url:
            return True
        return getattr(request.headers, "keeper", None) is not self

    def watch(self, request: Any, token: Token) -> None:
        """Guard a request, and all that it is redirected to.

        Args:
            request: The request that is about to be sent.
            token: What has been put on it.
        """
        self.keep(request)
        self.carried, self.token, self._request = None, token, None
        self._is_first, self._is_over = True, False
        self._note_theirs(request)
        request.extensions = {**request.extensions, "trace": self}

    def on_redirect(self, request: Any) -> None:
        """Guard what a redirect is about to make of a request that was not watched."""
        if self._is_first:
            self._is_first = False
            self._first = _text_of(request.url)
            # Something else was put in its place after we had been asked: not ours to follow.
            self._is_over = self._is_over or not self._scheme.carries(request, self.token)

    def _note_theirs(self, request: Any) -> None:
        theirs = dict.get(request.extensions, "trace")
        # What an earlier call has left; its credential is off the request by now.
        while isinstance(theirs, Guard):
            theirs = theirs.theirs
        self.theirs = theirs

    def end(self, response: Any) -> None:
        """Put nothing on any more; what the call has left behind is still taken off.

        Args:
            response: What the call has come to, or None.
        """
        self._is_over = True
        request = getattr(response, "next_request", None)
        if request is None:
            return
        # It may be sent by anybody, by a client of another kind too.
        request.extensions = dict(request.extensions)
        if self.theirs is None:
            request.extensions.pop("trace", None)
        else:
            request.extensions["trace"] = self.theirs
        if not self._scheme.origins.allow(request.url):
            self._scheme.follow(request, request.url, self.token)

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport, before the caller's own callback does."""
        self._see(event, info)
        called = self.theirs(event, info) if self.theirs is not None else None
        # Somebody's own flow may have taken ours for blocking clients into an async one.
        is_async = sys._getframe(1).f_code.co_name == "atrace"
        return _as_coroutine(called) if is_async and not inspect.isawaitable(called) else called

    def _see(self, event: str, info: dict[str, Any]) -> None:
        # The way to a proxy's tunnel is no place for a credential.
        if not event.endswith(BEFORE_HEADERS) or info["request"].method == b"CONNECT":
            return
        sent = info["request"]
        url = _url(sent)
        wire = SimpleNamespace(headers=HTTPX_LIBRARIES[0].Headers(sent.headers), url=url)
        # Where it may go the first request has it already, unless the caller took it off.
        is_redirected = not self._is_first and not self._is_over
        if self._is_first:
            self._first = url
        elif url == self._first and not self._scheme.follows:
            # No redirect, since the key is in the URL: a transport that sends a request again.
            is_redirected = False
        # Plain http is for loopback hosts, whose requests do not leave the machine.
        target = None if is_forwarded(sent) else url
        if is_redirected or not self._scheme.origins.allow(target):
            self._scheme.follow(wire, target, self.token)
            sent.headers = wire.headers.raw
            if wire.url != url:
                sent.url.target = wire.url.removeprefix(_origin(sent)).encode("latin-1")
        carried = self._scheme.carries(wire, self.token)
        if self._is_first and not carried:
            # Something else was put in its place after we had been asked: it is not ours to follow.
            self._is_over = True
        self.carried, self._is_first = carried, False


class AsyncGuard(Guard):
    """The trace callback of an async client; the caller's own is called after it."""

    async def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport, before the caller's own callback does."""
        called = super().__call__(event, info)
        # One that was left here by a blocking client is no coroutine function.
        return await called if inspect.isawaitable(called) else called


async def _as_coroutine(called: Any) -> Any:
    return called


def is_forwarded(request: Any) -> bool:
    """Tell whether a request of httpcore goes to a forward proxy, in plain http."""
    # A plain http request is sent to a forward proxy with its whole URL as the target; unless that
    # is what the caller has asked for.
    absolute: bool = request.url.target.startswith((b"http://", b"https://"))
    return absolute and "target" not in request.extensions


def _text_of(url: Any) -> str:
    # As `_url` gives that of the same request in httpcore.
    host = url.raw_host.decode("latin-1")
    host = f"[{host}]" if ":" in host else host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{host}{port}{url.raw_path.decode('latin-1')}"


def _url(request: Any) -> str:
    target: bytes = request.url.target
    return _origin(request) + target.decode("latin-1")


def _origin(request: Any) -> str:
    url = request.url
    host = url.host.decode("latin-1")
    host = f"[{host}]" if ":" in host else host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme.decode('latin-1')}://{host}{port}"
