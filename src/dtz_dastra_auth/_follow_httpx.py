"""Have a credential follow redirects in httpx and httpx2 where it may, and nowhere else.

Both libraries follow redirects below the auth flow. They copy every header but ``Authorization`` to
any host, and lose that one and cookies on the way to another origin of ours. Two things travel with
a redirected request, and between them decide anew for each:

`Guard`, a callback in the request's ``trace`` extension, is called right before the headers are
written, and sees where to. Only transports made of httpcore call it; mocks and others do not.

The request's headers are of a kind that looks, when it is copied for a redirect, at where that
leads, and leaves the credential out (`_kind`). That holds in every transport, and for
``Response.next_request`` too.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import FrameType, SimpleNamespace
from typing import Any

from ._clients import HTTPX_LIBRARIES
from ._flow import Scheme
from ._hidden import Credential, is_ours, values
from ._origins import Origins
from ._token import Token

BEFORE_HEADERS = "send_request_headers.started"


def guard_for(scheme: Scheme, *, blocks: bool) -> "Guard":
    """Make the guard of one call, in a blocking client or an async one."""
    return (Guard if blocks else AsyncGuard)(scheme)


def keep_inside(
    origins: Origins | None, request: Any, on_redirect: Callable[[], None] | None = None
) -> None:
    """Have no header with a credential copied for a redirect away from origins.

    Args:
        origins: Where it may go; None for nowhere at all.
        request: The request whose headers hold the credential.
        on_redirect: Called when a redirect copies the request.
    """
    library = next(each for each in HTTPX_LIBRARIES if isinstance(request, each.Request))
    headers = _kept(library.Headers, list(request.headers.raw), origins)
    headers.on_redirect = on_redirect
    request.headers = headers


class Guard:
    """The trace callback of a blocking client; the caller's own is called after it.

    Attributes:
        carried: Whether the request that was sent last had the credential; None as long as the
            transport has not called.
    """

    def __init__(self, scheme: Scheme) -> None:
        """Guard the credential of an auth object, during one call."""
        self.carried: bool | None = None
        self._scheme = scheme
        self._token: Token | None = None
        self._is_over = False
        self._first = ""
        self._theirs: Callable[..., Any] | None = None

    def watch(self, request: Any, token: Token) -> None:
        """Guard a request, and all that it is redirected to.

        Args:
            request: The request that is about to be sent.
            token: What has been put on it.
        """
        keep_inside(self._scheme.origins, request)
        self.carried, self._token, self._is_over = None, token, False
        theirs = request.extensions.get("trace")
        # What an earlier call has left; its credential is off the request by now.
        while isinstance(theirs, Guard):
            theirs = theirs._theirs
        self._theirs = theirs
        request.extensions = {**request.extensions, "trace": self}

    def end(self, response: Any) -> None:
        """Put nothing on any more; what the call has left behind is still taken off.

        Args:
            response: What the call has come to, or None.
        """
        self._is_over = True
        request = getattr(response, "next_request", None)
        if request is None or self._token is None:
            return
        # It may be sent by anybody, by a client of another kind too.
        request.extensions = dict(request.extensions)
        if self._theirs is None:
            request.extensions.pop("trace", None)
        else:
            request.extensions["trace"] = self._theirs
        if not self._scheme.origins.allow(request.url):
            self._scheme.follow(request, request.url, self._token)

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport, before the caller's own callback does."""
        self._see(event, info)
        called = self._theirs(event, info) if self._theirs is not None else None
        # Somebody's own flow may have taken ours for blocking clients into an async one.
        is_async = sys._getframe(1).f_code.co_name == "atrace"
        return _as_coroutine(called) if is_async and not inspect.isawaitable(called) else called

    def _see(self, event: str, info: dict[str, Any]) -> None:
        # The way to a proxy's tunnel is no place for a credential.
        if not event.endswith(BEFORE_HEADERS) or info["request"].method == b"CONNECT":
            return
        sent = info["request"]
        assert self._token is not None
        url = _url(sent)
        wire = SimpleNamespace(headers=HTTPX_LIBRARIES[0].Headers(sent.headers), url=url)
        # Where it may go the first request has it already, unless the caller took it off.
        is_redirected = self.carried is not None and not self._is_over
        if self.carried is None:
            self._first = url
        elif url == self._first and not self._scheme.follows:
            # No redirect, since the key is in the URL: a transport that sends a request again.
            is_redirected = False
        # Plain http is for loopback hosts, whose requests do not leave the machine.
        target = None if is_forwarded(sent) else url
        if is_redirected or not self._scheme.origins.allow(target):
            self._scheme.follow(wire, target, self._token)
            sent.headers = wire.headers.raw
            if wire.url != url:
                sent.url.target = wire.url.removeprefix(_origin(sent)).encode("latin-1")
        carried = self._scheme.carries(wire, self._token)
        if self.carried is None and not carried:
            # Something else was put in its place after we had been asked: it is not ours to follow.
            self._is_over = True
        self.carried = carried


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


def _url(request: Any) -> str:
    target: bytes = request.url.target
    return _origin(request) + target.decode("latin-1")


def _origin(request: Any) -> str:
    url = request.url
    host = url.host.decode("latin-1")
    host = f"[{host}]" if ":" in host else host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme.decode('latin-1')}://{host}{port}"


def _kept(headers_class: Any, raw: Any, origins: Origins | None) -> Any:
    headers = _kind(headers_class)(raw)
    headers.origins = origins
    return headers


def _redirect_of(frame: FrameType) -> Mapping[str, Any] | None:
    # The constructor may be wrapped by whoever watches a library at work.
    for _ in range(6):
        if frame.f_code.co_name == "_redirect_headers":
            return frame.f_locals
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None


def _may_go_along(copied_for: Mapping[str, Any], origins: Origins) -> bool:
    url, request = copied_for.get("url"), copied_for.get("request")
    if url is None or not origins.allow(url):
        return False
    # A request that loses its body has its headers written anew, as plain ones that would take
    # the credential on from there to anywhere. Where there is a guard, it puts it on again.
    return request is not None and copied_for.get("method") == request.method


@cache
def _kind(headers_class: Any) -> Any:
    """Make the headers of a library that look where a redirect leads before they are copied.

    Copies are made by the constructor, which reads a private list. Who calls it tells a redirect
    from every other copy: those are complete, and of the same kind.
    """

    class Headers(headers_class):  # type: ignore[misc]  # a base known at run time only
        origins: Origins | None = None
        on_redirect: Callable[[], None] | None = None

        @property
        def _list(self) -> Any:
            frame = sys._getframe(1)
            copy: Any = frame.f_locals.get("self") if frame.f_code.co_name == "__init__" else self
            if copy is self:
                return self._whole
            if type(copy) is headers_class:
                copy.__class__ = Headers
                copy.origins, copy.on_redirect = self.origins, self.on_redirect
            redirect = _redirect_of(frame)
            if redirect is None:
                return self._whole
            if self.on_redirect is not None:
                self.on_redirect()
            if self.origins is not None and _may_go_along(redirect, self.origins):
                return self._whole
            return [entry for entry in self._whole if not is_ours(entry[2])]

        @_list.setter
        def _list(self, entries: Any) -> None:
            self._whole = entries

        def __getitem__(self, name: str) -> str:
            value: str = super().__getitem__(name)
            # Joined with others of the same name, it is a text like any other.
            return Credential(value) if any(map(is_ours, values(self, name))) else value

        def __reduce__(self) -> tuple[Any, ...]:
            return _kept, (headers_class, self.raw, self.origins)

    return Headers
