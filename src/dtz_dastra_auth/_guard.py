"""Take a credential off a request that httpx or httpx2 redirects away from our origins.

Redirects are followed below the auth flow, and both libraries copy every header but
``Authorization`` to any host. The request's ``trace`` extension travels with a redirect and is
called right before the headers are written.
"""

from collections.abc import Callable
from typing import Any

from ._drivers import REDIRECTS
from ._errors import TokenError
from ._origins import Origins

_BEFORE_HEADERS = "send_request_headers.started"


class Guard:
    """The trace callback of a blocking client; the caller's own is called after it."""

    def __init__(self, origins: Origins, header: tuple[str, str], request: Any) -> None:
        """Guard a request, and all that it is redirected to.

        Args:
            origins: Where the header may go.
            header: The name and value of the header that holds the credential.
            request: The request it was put on.
        """
        name, value = header
        self._origins = origins
        self._header = (name.lower().encode("ascii"), value.encode("ascii"))
        theirs = request.extensions.get("trace")
        # A request that is sent twice is guarded anew, by its latest credential.
        self._theirs: Callable[..., Any] | None = (
            theirs._theirs if isinstance(theirs, Guard) else theirs
        )
        request.extensions = {**request.extensions, "trace": self}

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport, before the caller's own callback does."""
        self._see(event, info)
        return self._theirs(event, info) if self._theirs is not None else None

    def _see(self, event: str, info: dict[str, Any]) -> None:
        if not event.endswith(_BEFORE_HEADERS):
            return
        request = info["request"]
        if not self._origins.allow(_url(request)):
            request.headers = [
                (name, value)
                for name, value in request.headers
                if (name.lower(), value) != self._header
            ]


class AsyncGuard(Guard):
    """The trace callback of an async client; the caller's own is called after it."""

    async def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport, before the caller's own callback does."""
        self._see(event, info)
        return await self._theirs(event, info) if self._theirs is not None else None


class NoRedirect:
    """The trace callback of a token request in a blocking client: it goes to its own URL only.

    A client that follows redirects would carry the client's secret on inside the origin.
    """

    def __init__(self, request: Any) -> None:
        """Bind a token request to where it was addressed.

        Args:
            request: The token request.
        """
        self._target = (request.method.encode("ascii"), request.url.raw_path)

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport.

        Raises:
            TokenError: The headers of another request are about to be written.
        """
        self._see(event, info)

    def _see(self, event: str, info: dict[str, Any]) -> None:
        if not event.endswith(_BEFORE_HEADERS):
            return
        request = info["request"]
        # The way to a proxy's tunnel, and the whole URL that a forward proxy is given.
        target = request.url.target
        if request.method == b"CONNECT" or target.startswith((b"http://", b"https://")):
            return
        if (request.method, target) != self._target:
            raise TokenError(REDIRECTS)


class AsyncNoRedirect(NoRedirect):
    """The trace callback of a token request in an async client."""

    async def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport.

        Raises:
            TokenError: The headers of another request are about to be written.
        """
        self._see(event, info)


def _url(request: Any) -> str:
    url = request.url
    target: bytes = url.target
    # A plain http request is sent to a forward proxy with its whole URL as the target.
    if target.startswith((b"http://", b"https://")):
        return target.decode("latin-1")
    host = url.host.decode("latin-1")
    host = f"[{host}]" if ":" in host else host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme.decode('latin-1')}://{host}{port}/"
