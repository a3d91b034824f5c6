"""Transports that do nothing, so that what is timed is what happens before and after them."""

import io
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

# Told the URL and the headers of each request that would have been sent.
Note: TypeAlias = Callable[[str, Mapping[str, str | bytes]], object]


class Adapter(BaseAdapter):
    """Answers the requests of a `requests.Session` with nothing."""

    def __init__(self, note: Note | None = None) -> None:
        super().__init__()
        self._note = note

    def send(self, request: requests.PreparedRequest, *args: object, **more: object) -> Any:
        """Answer."""
        if self._note is not None:
            self._note(plain(request.url), request.headers.copy())
        response = answer(request, self.status(request), self.body(request))
        # Where an auth object's hook sends a request again.
        response.connection = self  # type: ignore[assignment]  # as requests' own adapter does
        return response

    def close(self) -> None:
        """Have nothing to close."""

    def status(self, request: Any) -> int:
        """Give the status of the answer to a request."""
        return 200

    def body(self, request: Any) -> bytes:
        """Give the body of the answer to a request."""
        return b""


class Transport:
    """Answers the requests of httpx's or httpx2's clients with nothing."""

    def __init__(self, library: Any, note: Note | None = None) -> None:
        self._answer = library.Response
        self._note = note

    def handle_request(self, request: Any) -> Any:
        """Answer."""
        if self._note is not None:
            self._note(wire_url(request.url), request.headers.copy())
        return self._answer(self.status(request), content=self.body(request))

    async def handle_async_request(self, request: Any) -> Any:
        """Answer."""
        return self.handle_request(request)

    def status(self, request: Any) -> int:
        """Give the status of the answer to a request."""
        return 200

    def body(self, request: Any) -> bytes | None:
        """Give the body of the answer to a request."""
        return None


def answer(request: requests.PreparedRequest, status: int, body: bytes) -> requests.Response:
    """Make the response that requests' own adapter makes of an answer without headers."""
    response = requests.Response()
    response.status_code = status
    response.raw = HTTPResponse(io.BytesIO(body), status=status, preload_content=False)
    response.request = request
    response.url = request.url or ""
    return response


def plain(url: object) -> str:
    """Give a URL of requests as it goes over the wire, where its text may hide a parameter."""
    return "".join(str.__iter__(url)) if isinstance(url, str) else ""


def wire_url(url: Any) -> str:
    """Give a URL of httpx or httpx2 as it goes over the wire."""
    path: bytes = url.raw_path
    return f"{url.scheme}://{url.host}{path.decode('ascii')}"
