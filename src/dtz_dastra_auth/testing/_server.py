"""A stand-in behind aiohttp's HTTP/1.1 server, with TLS, on loopback."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from typing import Self

from aiohttp import web

from ._commands import Delay
from ._loop import reset
from ._messages import Drop, Outcome, Raw, Recorded, Reply
from ._service import Service

# Far above what any real server takes, so that what a test sends is judged by the rules alone.
_HEADER_LIMIT = 1 << 20
# A client that vanished never answers our close_notify; nobody is to wait for it.
_TLS_END = 1.0


class Server:
    """Listens for one service; an asynchronous context manager."""

    def __init__(self, service: Service, tls: ssl.SSLContext) -> None:
        self._service = service
        self._tls = tls
        self._connections: dict[object, int] = {}
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._http = web.Server(
            self._handle,
            handler_cancellation=True,
            access_log=None,
            auto_decompress=False,
            max_line_size=_HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
        )
        self._listener = await asyncio.get_running_loop().create_server(
            self._http,
            "127.0.0.1",
            0,
            ssl=self._tls,
            backlog=512,
            ssl_shutdown_timeout=_TLS_END,
        )
        self.port = int(self._listener.sockets[0].getsockname()[1])
        self._service.origin = f"https://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._listener.close()
        for connection in self._http.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await self._http.shutdown(timeout=1.0)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The stream itself, since request.read() refuses bodies above a limit.
        body = await request.content.read()
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
        )
        arrived = self._service.arrived(
            request.method, request.raw_path, headers, body, self._number(request)
        )
        outcome = await self._outcome(arrived)
        if isinstance(outcome, Reply):
            response = web.Response(status=outcome.status, body=outcome.body)
            for name, value in (("Server", "stand-in"), *outcome.headers):
                response.headers.add(name, value)
            return response
        await _send_raw(request, outcome)
        # The connection is closing: aiohttp finds it so and sends nothing of this.
        return web.Response(status=500)

    async def _outcome(self, request: Recorded) -> Outcome:
        exchange = self._service.exchange(request)
        while True:
            try:
                pause = next(exchange)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                return outcome
            if isinstance(pause, Delay):
                await asyncio.sleep(pause.seconds)
            else:
                # Shielded: one client that gives up must not open the gate for the others.
                await asyncio.shield(asyncio.wrap_future(pause.gate))

    def _number(self, request: web.BaseRequest) -> int:
        protocol = request.protocol
        if protocol not in self._connections:
            open_now = set(self._http.connections)
            for gone in [each for each in self._connections if each not in open_now]:
                del self._connections[gone]
            self._connections[protocol] = next(self._numbers)
        return self._connections[protocol]


async def _send_raw(request: web.BaseRequest, outcome: Drop | Raw) -> None:
    transport = request.transport
    if transport is None:
        return
    if isinstance(outcome, Raw):
        for index, part in enumerate(outcome.parts):
            if index and outcome.pause:
                await asyncio.sleep(outcome.pause)
            await request.writer.write(part)
    if isinstance(outcome, Raw) and outcome.end == "close":
        transport.close()
    else:
        reset(transport)
