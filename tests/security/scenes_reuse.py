"""Requests, headers and auth objects that are used once more, and servers in plain http."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import httpx
import httpx2
import requests

from dtz_dastra_auth import (
    DastraApiKey,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzQueryKey,
)

BLOCKING = ("httpx.Client", "httpx2.Client")
ASYNC = (
    "httpx.AsyncClient-asyncio",
    "httpx.AsyncClient-trio",
    "httpx2.AsyncClient-asyncio",
    "httpx2.AsyncClient-trio",
)

# Every placement, of a secret of the test's own and for origins of its own.
MAKERS: dict[str, Callable[[str, list[str]], Any]] = {
    "dastra-api-key": lambda secret, origins: DastraApiKey(secret, origins=origins),
    "dtz-api-key": lambda secret, origins: DtzApiKey(f"apikey-{secret}", origins=origins),
    "dtz-bearer": lambda secret, origins: DtzBearer(secret, origins=origins),
    "dtz-basic": lambda secret, origins: DtzBasic("bearer", secret, origins=origins),
    "dtz-cookie": lambda secret, origins: DtzCookie(secret, origins=origins),
    "dtz-query": lambda secret, origins: DtzQueryKey(f"apikey-{secret}", origins=origins),
}

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived: its target, its headers by their names in lower case, its body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return f"{self.target}\n{self.headers}\n{self.body!r}"


class PlainServer(ThreadingHTTPServer):
    """A server in plain http, on loopback.

    Attributes:
        url: Its origin.
        seen: What has arrived.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[Seen], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.seen: list[Seen] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def text(self) -> str:
        return "\n".join(each.text for each in self.seen)


class _Handler(BaseHTTPRequestHandler):
    """Writes each request down and answers it as the server was told."""

    protocol_version = "HTTP/1.1"
    # Else the body of an answer waits 40 ms for its head to be acknowledged.
    disable_nagle_algorithm = True
    # Seconds that a connection may lie idle.
    timeout = 10

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, body)
        server: Any = self.server
        server.seen.append(seen)
        status, answered, content = server.answer(seen)
        self.send_response(status)
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_CONNECT = _serve  # noqa: N815  # the base's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        """Say nothing on standard error."""


def fine(_: Seen) -> Answer:
    """Answer that all is well."""
    return 200, {}, b"{}"


@contextmanager
def plain(answer: Callable[[Seen], Answer] = fine) -> Iterator[PlainServer]:
    """Run a server in plain http."""
    with PlainServer(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def hooks(kind: str, hook: Callable[[Any], None]) -> dict[str, Any]:
    """Give the option of a client that calls a hook with each request."""

    async def awaited(request: Any) -> None:
        hook(request)

    return {"event_hooks": {"request": [awaited if "Async" in kind else hook]}}


def library_of(kind: str) -> ModuleType:
    """Give the library of a kind of client."""
    return httpx2 if kind.startswith("httpx2") else httpx


def shows(text: object, secret: str) -> bool:
    """Tell whether a text has a secret, percent-encoded up to three times or not."""
    forms = [str(text)]
    for _ in range(3):
        forms.append(unquote(forms[-1]))
    return any(secret in form for form in forms)


def aimed_at(request: Any, url: str, auth: Any) -> Any:
    """Have a request that was sent go elsewhere, and in requests authenticate it once more."""
    if isinstance(request, requests.PreparedRequest):
        request.prepare_url(url, None)
        request.prepare_auth(auth)
    else:
        request.url = type(request)("GET", url).url
        request.headers["Host"] = request.url.host
    return request
