"""The stand-ins over HTTP/2, behind Hypercorn."""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import hypercorn.asyncio
import trustme

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from dtz_dastra_auth.testing._loop import in_thread
from dtz_dastra_auth.testing._messages import Reply


class _App:
    """Gives what arrives to the stand-in that has the host; knows commands that answer at once."""

    def __init__(self, services: StandIns) -> None:
        self._services = services

    async def __call__(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        body = b""
        while (message := await receive()).get("more_body", False):
            body += message["body"]
        reply = self._answered(scope, body + message["body"])
        headers = [(name.lower().encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _answered(self, scope: Any, body: bytes) -> Reply:
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"])
        service = self._service(dict(headers)["host"])
        query: bytes = scope["query_string"]
        target: bytes = scope["raw_path"] + (b"?" + query if query else b"")
        request = service.arrived(scope["method"], target.decode("latin-1"), headers, body, 0)
        try:
            pause = next(service.exchange(request))
        except StopIteration as end:
            reply = end.value
            assert isinstance(reply, Reply), reply
            return reply
        raise AssertionError(pause)

    def _service(self, host: str) -> DastraStandIn | DtzStandIn:
        dastra, dtz = self._services.dastra, self._services.dtz
        return dastra if host in dastra.hosts else dtz


@contextmanager
def over_http2(services: StandIns) -> Iterator[ssl.SSLContext]:
    """Lead the stand-ins' host names to a server that speaks HTTP/2 alone.

    Yields:
        What a client needs to trust it.
    """
    authority, hosts = trustme.CA(), (*services.dastra.hosts, *services.dtz.hosts)
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="dtz-dastra-auth-") as directory:
        own = Path(directory, "own.pem")
        authority.issue_cert(*hosts).private_key_and_cert_chain_pem.write_to_path(own)
        config = hypercorn.Config()
        # A connection that Hypercorn takes over by its number is Hypercorn's to close.
        config.bind = [f"fd://{listener.detach()}"]
        config.certfile = config.keyfile = str(own)
        config.alpn_protocols = ["h2"]
        config.errorlog = None
        config.graceful_timeout = 1
        with in_thread(_running(_App(services), config)):
            for host in hosts:
                services.proxy.route(host, "127.0.0.1", port)
            trust = ssl.create_default_context()
            authority.configure_trust(trust)
            yield trust


@asynccontextmanager
async def _running(app: _App, config: hypercorn.Config) -> AsyncIterator[None]:
    stop = asyncio.Event()
    serving = asyncio.ensure_future(
        hypercorn.asyncio.serve(_http_only(app), config, shutdown_trigger=stop.wait, mode="asgi")
    )
    try:
        yield
    finally:
        stop.set()
        await serving


def _http_only(app: _App) -> Any:
    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    return asgi
