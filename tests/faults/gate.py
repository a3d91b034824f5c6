"""A port in front of the token endpoint that a test opens, leaves silent, or shuts.

Clients get to it directly, without the proxy: what they meet is then the fault itself, and not a
proxy's word for it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from dtz_dastra_auth.testing._loop import in_thread
from dtz_dastra_auth.testing._proxy import _join


class Gate:
    """One port of the loopback interface.

    Attributes:
        port: Its number, the same all the time.
    """

    def __init__(self, target: int) -> None:
        """Take a port, on which nobody listens yet.

        Args:
            target: The port behind it.
        """
        self._target = target
        self._stack = ExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._bind(0)
        self.port = int(self._socket.getsockname()[1])

    def _bind(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Bound, nobody else can take it; without `listen`, connections to it are refused.
        self._socket.bind(("127.0.0.1", port))

    def shut(self) -> None:
        """Refuse every connection."""
        self._stack.close()
        self._socket.close()
        self._bind(self.port)

    def silence(self) -> None:
        """Accept every connection and say nothing on it."""
        self.shut()
        self._socket.listen(64)

    def open(self) -> None:
        """Lead every connection to the target."""
        self.shut()
        self._stack.enter_context(in_thread(self._relaying()))

    def close(self) -> None:
        """Give the port back."""
        self._stack.close()
        self._socket.close()

    @asynccontextmanager
    async def _relaying(self) -> AsyncIterator[None]:
        listener = await asyncio.start_server(self._relay, sock=self._socket)
        yield
        # Its own end would wait for every connection: from Python 3.12.1 on, until clients go.
        listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Once the client has said its last, asyncio has nothing but weak references to the task:
        # without one of ours the garbage collector takes it in the middle of its work.
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        writers = [writer]
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self._target)
            writers.append(upstream[1])
            await _join((reader, writer), upstream)
        except asyncio.CancelledError:
            # The gate is being shut, and this is the task's outermost frame.
            for each in writers:
                each.transport.abort()
        finally:
            self._tasks.discard(task)
            for each in writers:
                each.close()
