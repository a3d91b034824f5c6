"""Keep token requests where they are addressed, in httpx and httpx2."""

from typing import Any

from ._drivers import REDIRECTS
from ._errors import TokenError
from ._follow_httpx import BEFORE_HEADERS, is_forwarded

_AFTER_HEADERS = "receive_response_headers.complete"


class NoRedirect:
    """The trace callback of a token request in a blocking client: it goes to its own URL only.

    A client that follows redirects would carry the client's secret on inside the origin.
    """

    def __init__(self, request: Any) -> None:
        """Bind a token request to where it was addressed.

        Args:
            request: The token request.
        """
        url = request.url
        method = request.method.encode("ascii")
        self._target = (method, url.raw_scheme, url.raw_host, url.port, url.raw_path)

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport.

        Raises:
            TokenError: The headers of another request are about to be written.
        """
        self._see(event, info)

    def _see(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(_AFTER_HEADERS):
            _drop_cookies(info["return_value"])
        # The way to a proxy's tunnel is no request of ours.
        if not event.endswith(BEFORE_HEADERS) or info["request"].method == b"CONNECT":
            return
        request, url = info["request"], info["request"].url
        if is_forwarded(request):
            raise TokenError("the token request would go to a proxy by plain http")
        target = (request.method, url.scheme, url.host, url.port, url.target)
        if target != self._target:
            raise TokenError(REDIRECTS)


class AsyncNoRedirect(NoRedirect):
    """The trace callback of a token request in an async client."""

    async def __call__(self, event: str, info: dict[str, Any]) -> Any:
        """See an event of the transport.

        Raises:
            TokenError: The headers of another request are about to be written.
        """
        self._see(event, info)


def _drop_cookies(head: Any) -> None:
    # The client would keep them and send them to the API, and to hosts beside it.
    for part in head:
        if isinstance(part, list):
            part[:] = [(name, value) for name, value in part if name.lower() != b"set-cookie"]
