"""A CONNECT proxy that leads the services' host names to their stand-ins.

It is how code with the default URLs gets here: every client honours ``HTTPS_PROXY``, and with
CONNECT the client itself checks the certificate against the real name. Other hosts are tunnelled on
to where they were going, from here directly.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

import h11

from ._loop import reset
from ._messages import HeaderPairs, Headers, pairs

_CHUNK = 64 * 1024
_CONNECT_TIMEOUT = 30.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Refused(Exception):
    """A tunnel that is not opened, and the answer that says so."""

    def __init__(self, response: h11.Response) -> None:
        self.response = response


@dataclass(frozen=True)
class Tunnel:
    """One CONNECT request as it arrived at the proxy.

    Attributes:
        host: The host asked for, as sent.
        port: The port asked for.
        headers: The name and value pairs as sent.
        status: What the proxy answered: 200 for an open tunnel.
    """

    host: str
    port: int
    headers: HeaderPairs = field(repr=False)
    status: int


class Proxy:
    """The proxy that the environment names.

    Every port of a stand-in's host name leads to the stand-in: nothing that a test sends to such
    a name leaves the machine.

    Attributes:
        url: Its address, for clients that are told their proxy.
    """

    def __init__(self) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self._log: list[Tunnel] = []
        self._routes: dict[str, tuple[str, int]] = {}
        self._added: dict[str, tuple[str, int]] = {}
        self._refusals: list[tuple[h11.Response, int | None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def tunnels(self) -> list[Tunnel]:
        """The tunnels asked for since the log was cleared, granted or not."""
        with self._lock:
            return list(self._log)

    def clear_log(self) -> None:
        """Forget the tunnels asked for so far."""
        with self._lock:
            self._log.clear()

    def reset(self) -> None:
        """Forget the log, refusals, and the routes that were added."""
        with self._lock:
            self._log.clear()
            self._added.clear()
            self._refusals.clear()

    def route(self, host: str, address: str, port: int) -> None:
        """Lead a host name, whatever the port asked for, to an address until `reset`.

        A test can thus put a server of its own, with a certificate that is wrong or no listener
        at all, in the place of a stand-in.
        """
        with self._lock:
            self._added[_canonical(host)] = (address, port)

    def refuse(
        self, status: int = 407, *, headers: Headers | None = None, times: int | None = 1
    ) -> None:
        """Refuse the next tunnels.

        Args:
            status: The status to answer.
            headers: Headers of that answer; None means a Basic challenge for a 407.
            times: How many; None means until `reset`.
        """
        if headers is None and status == 407:
            headers = {"Proxy-Authenticate": 'Basic realm="stand-in"'}
        closing = [*pairs(headers), ("Connection", "close"), ("Content-Length", "0")]
        with self._lock:
            self._refusals.append((h11.Response(status_code=status, headers=closing), times))

    def serve_at(self, hosts: tuple[str, ...], port: int) -> None:
        """Lead host names to a port of this machine for good."""
        with self._lock:
            self._routes.update((host, ("127.0.0.1", port)) for host in hosts)

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.CancelledError):
            # Cancelled only by the end of the proxy, and this is the task's outermost frame.
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            request = await _read_request(http, reader)
            if request is None:
                return
            upstream = await self._connect(request)
        except h11.RemoteProtocolError as error:
            await _refuse(http, writer, _plain(error.error_status_hint))
            return
        except _Refused as refused:
            await _refuse(http, writer, refused.response)
            return
        opened = h11.Response(status_code=200, headers=[], reason=b"Connection established")
        try:
            writer.write(http.send(opened) or b"")
            # A client may have sent its first TLS bytes without waiting for our answer.
            upstream[1].write(http.trailing_data[0])
            await _join((reader, writer), upstream)
        except asyncio.CancelledError:
            # An end that does not read would keep an orderly close waiting.
            upstream[1].transport.abort()
            raise
        finally:
            upstream[1].close()

    async def _connect(self, request: h11.Request) -> Streams:
        """Open a connection to the place asked for, and log what became of it."""
        host, port = _authority(request)
        status = 200
        try:
            refusal = self._refusal()
            if refusal is not None:
                raise _Refused(refusal)
            with self._lock:
                address = {**self._routes, **self._added}.get(_canonical(host), (host, port))
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT):
                    return await asyncio.open_connection(*address)
            except (OSError, UnicodeError) as error:
                raise _Refused(_plain(502)) from error
        except _Refused as refused:
            status = refused.response.status_code
            raise
        finally:
            headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers)
            with self._lock:
                self._log.append(Tunnel(host, port, headers, status))

    def _refusal(self) -> h11.Response | None:
        with self._lock:
            if not self._refusals:
                return None
            response, left = self._refusals[0]
            if left is not None and left <= 1:
                del self._refusals[0]
            elif left is not None:
                self._refusals[0] = (response, left - 1)
            return response


def _canonical(host: str) -> str:
    return host.lower().strip("[]").rstrip(".")


def _plain(status: int) -> h11.Response:
    return h11.Response(
        status_code=status, headers=[("Connection", "close"), ("Content-Length", "0")]
    )


def _authority(request: h11.Request) -> tuple[str, int]:
    """Return the host and port asked for."""
    if request.method != b"CONNECT":
        raise _Refused(_plain(405))
    host, _, port = request.target.decode("latin-1").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _Refused(_plain(400))
    return host.strip("[]"), int(port)


async def _read_request(http: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """Return the next request's head, None if the client left without one."""
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Request):
            if event.method == b"CONNECT":
                # Behind a CONNECT head there is nothing of HTTP: this only moves the state on.
                http.next_event()
            return event
        else:
            return None


async def _refuse(
    http: h11.Connection, writer: asyncio.StreamWriter, response: h11.Response
) -> None:
    writer.write(http.send(response) or b"")
    writer.write(http.send(h11.EndOfMessage()) or b"")
    await writer.drain()


async def _join(one: Streams, other: Streams) -> None:
    """Carry bytes both ways until both ends are done; a reset of one is a reset of the other."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_carry(one[0], other[1]))
            group.create_task(_carry(other[0], one[1]))
    except* OSError:
        reset(one[1].transport)
        reset(other[1].transport)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()
