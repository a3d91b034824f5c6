"""The places that a call is led to: one ASGI app on several ports, which writes down what arrives.

Hypercorn serves it over TLS with HTTP/1.1 and HTTP/2, and in plain http, where it also stands for
a forward proxy: that is sent the whole URL in place of a path, and has nothing else to do here.
"""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypercorn.asyncio
import pytest
import trustme

from dtz_dastra_auth.testing import Proxy
from dtz_dastra_auth.testing._loop import in_thread

HOSTS = ("a.example", "b.example", "evil.example", "worse.example")
SECURE_PORTS = ("a", "b", "foreign", "other")
PLAIN_PORT = "plain"

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class Arrival:
    """One request as it arrived.

    Attributes:
        port: Name of the port it came to.
        method: The method.
        authority: The ``Host`` header, or ``:authority``.
        target: Path and query, or a whole URL, as sent.
        headers: Names in lower case, and values, in the order sent.
        body: The body.
        version: ``"1.1"`` or ``"2"``.
    """

    port: str
    method: str
    authority: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    version: str

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    def header(self, name: str) -> tuple[str, ...]:
        return tuple(value for sent, value in self.headers if sent == name)


@dataclass(frozen=True)
class Answer:
    """A status, and where to go on."""

    status: int
    location: str | None = None


@dataclass
class HopServer:
    """What arrived at any port, and what is answered there.

    Attributes:
        ports: The numbers of the ports, by their names.
        ca_file: Path of the certificate that clients need to trust.
        proxy: A CONNECT proxy beside it.
        log: What arrived, in order.
    """

    ports: dict[str, int]
    ca_file: str
    proxy: Proxy = field(default_factory=Proxy)
    log: list[Arrival] = field(default_factory=list)
    _answers: dict[str, list[Answer]] = field(default_factory=dict)

    def begin(self, answers: dict[str, list[Answer]]) -> None:
        """Forget what arrived, and answer each path with these, the last of them for ever."""
        self._answers = answers
        self.log = []
        self.proxy.clear_log()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        arrival = self._arrived(scope, await _body_of(receive))
        self.log.append(arrival)
        answers = self._answers.get(arrival.path) or [Answer(404)]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        location = answer.location
        headers = [(b"content-length", b"0")]
        headers += [] if location is None else [(b"location", location.encode())]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _arrived(self, scope: Any, body: bytes) -> Arrival:
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"])
        query: bytes = scope["query_string"]
        target: bytes = scope["raw_path"] + (b"?" + query if query else b"")
        return Arrival(
            next(name for name, number in self.ports.items() if number == scope["server"][1]),
            scope["method"],
            next(value for name, value in headers if name == "host"),
            target.decode("latin-1"),
            headers,
            body,
            scope["http_version"],
        )


async def _live(receive: Receive, send: Send) -> None:
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


async def _body_of(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message: dict[str, Any] = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@contextmanager
def serve() -> Iterator[HopServer]:
    """Run the server and its proxy, both on one loop in a thread, and lead `HOSTS` there."""
    names = (*SECURE_PORTS, PLAIN_PORT)
    sockets = {name: socket.create_server(("127.0.0.1", 0), backlog=100) for name in names}
    authority = trustme.CA()
    with tempfile.TemporaryDirectory(prefix="dtz-dastra-auth-") as directory:
        ca_file, own = Path(directory, "ca.pem"), Path(directory, "own.pem")
        authority.cert_pem.write_to_path(ca_file)
        authority.issue_cert(*HOSTS).private_key_and_cert_chain_pem.write_to_path(own)
        ports = {name: each.getsockname()[1] for name, each in sockets.items()}
        server = HopServer(ports, str(ca_file))
        with in_thread(_running(server, _config(own, sockets))), _led_here():
            yield server


def _config(own: Path, sockets: dict[str, socket.socket]) -> hypercorn.Config:
    # A connection that Hypercorn takes over by its number is Hypercorn's to close.
    handed = {name: f"fd://{each.detach()}" for name, each in sockets.items()}
    config = hypercorn.Config()
    config.bind = [handed[name] for name in SECURE_PORTS]
    config.insecure_bind = [handed[PLAIN_PORT]]
    config.certfile = config.keyfile = str(own)
    config.errorlog = None
    # Clients keep their connections all through the matrix: nothing is to close one under them.
    config.keep_alive_timeout = 3600
    config.keep_alive_max_requests = 10**9
    config.graceful_timeout = 1
    return config


@asynccontextmanager
async def _running(server: HopServer, config: hypercorn.Config) -> AsyncIterator[None]:
    stop = asyncio.Event()
    serving = asyncio.ensure_future(
        hypercorn.asyncio.serve(server, config, shutdown_trigger=stop.wait, mode="asgi")
    )
    try:
        async with server.proxy:
            yield
    finally:
        stop.set()
        await serving


@contextmanager
def _led_here() -> Iterator[None]:
    """Resolve `HOSTS` to this machine in every client, and in the proxy."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if name in HOSTS else host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", getaddrinfo)
        yield
