"""A server in the place of every host that nothing may be sent to.

Names that are not the stand-ins' are resolved to it, so that nothing that a test sends leaves the
machine. One port takes both TLS, with a certificate for whatever name is asked for, and plain http.
It runs in threads and not on an event loop, since under gevent all threads would share one.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from canary.watch import current
from canary.wire import Arrival, normal
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, _serve

_HANDSHAKE = b"\x16"
# Bytes of a line, and seconds for one.
_LONGEST, _PATIENCE = 2**20, 10.0
_STAND_INS = frozenset((*DastraStandIn.hosts, *DtzStandIn.hosts))
_USUAL_PORTS = (80, 443, 8443)


class Recorder(ThreadingHTTPServer):
    """The server.

    Attributes:
        port: Its port.
        foreign_host: Where it is for clients that resolve names, or have a proxy to do so.
        foreign_port: Where it is on this machine.
        plain: Where it is in plain http.
        authority: Who signed its certificates, and those of all stand-ins.
    """

    daemon_threads = True
    request_queue_size = 512
    foreign_host = "https://recorder.example"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.authority = trustme.CA()
        self.port: int = self.server_address[1]
        self.foreign_port = f"https://127.0.0.1:{self.port}"
        self.plain = f"http://127.0.0.1:{self.port}"
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.secure = self._context("127.0.0.1")
        self.secure.sni_callback = self._certify

    def _context(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.authority.issue_cert(name).configure_cert(context)
            self._contexts[name] = context
        return self._contexts[name]

    def _certify(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name:
            connection.context = self._context(name)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS if the client does: its first byte says so, and is left for who reads it."""
        request.settimeout(_PATIENCE)
        if request.recv(1, socket.MSG_PEEK) != _HANDSHAKE:
            super().finish_request(request, client_address)
            return
        with self.secure.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave it: a client may end its connection when it likes."""


class _Handler(BaseHTTPRequestHandler):
    """One connection, for one request of whatever method."""

    def handle_one_request(self) -> None:
        """Write a request down and answer it."""
        self.raw_requestline = self.rfile.readline(_LONGEST)
        if not self.raw_requestline or not self.parse_request():
            return
        body = b"".join(self._body())
        watch = current()
        if watch is not None:
            scheme = "https" if isinstance(self.request, ssl.SSLSocket) else "http"
            origin = normal(f"{scheme}://{self.headers.get('Host', '')}")
            headers = tuple(self.headers.items())
            watch.arrivals.append(Arrival("", frozenset(), origin, self.path, headers, body))
        self.close_connection = True
        answer = b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else answer)

    def _body(self) -> Iterator[bytes]:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline(_LONGEST).partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline(_LONGEST)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        """Say nothing on standard error."""


@contextmanager
def recording() -> Iterator[Recorder]:
    """Run the recorder, and lead to it what would go elsewhere."""
    with pytest.MonkeyPatch.context() as patched, Recorder() as recorder:
        thread = threading.Thread(target=recorder.serve_forever, name="recorder", daemon=True)
        thread.start()
        _lead_names(patched, recorder.port)
        # Whoever trusts the stand-ins is to trust the recorder as well: nothing is to be kept
        # from it by its certificate.
        shared = SimpleNamespace(CA=lambda: recorder.authority)
        patched.setattr(_serve, "trustme", shared)
        yield recorder
        recorder.shutdown()
        thread.join()


def _lead_names(patched: pytest.MonkeyPatch, port: int) -> None:
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, asked: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_elsewhere(host, asked):
            return resolve("127.0.0.1", port, *args, **kwargs)
        return resolve(host, asked, *args, **kwargs)

    patched.setattr(socket, "getaddrinfo", getaddrinfo)
    _lead_anyio(patched, port)


def _lead_anyio(patched: pytest.MonkeyPatch, port: int) -> None:
    # On asyncio, anyio takes the address that a name resolves to and not the port.
    from anyio._backends._asyncio import AsyncIOBackend

    connect = AsyncIOBackend.connect_tcp

    async def connect_tcp(host: str, asked: int, *args: Any, **kwargs: Any) -> Any:
        led = host == "127.0.0.1" and asked in _USUAL_PORTS
        return await connect(host, port if led else asked, *args, **kwargs)

    patched.setattr(AsyncIOBackend, "connect_tcp", connect_tcp)


def _is_elsewhere(host: Any, port: Any) -> bool:
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if not name or name.rstrip(".").lower().endswith("localhost"):
        return False
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return False
    # Without a proxy, the services themselves are not to be had in a test.
    return name.lower() not in _STAND_INS or port in (80, "80", "http")
