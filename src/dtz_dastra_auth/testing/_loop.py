"""One event loop in one daemon thread, and how a connection on it is reset."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager

# SO_LINGER with no time left makes closing a socket send RST where it would have sent FIN.
_NO_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@contextmanager
def in_thread(context: AbstractAsyncContextManager[object]) -> Iterator[None]:
    """Keep an asynchronous context open on a loop in a thread of its own.

    An error of opening it is raised here. At the end the loop's tasks are cancelled, the loop is
    closed and the thread has ended.
    """
    started: Future[Callable[[], object]] = Future()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        async with context:
            started.set_result(lambda: loop.call_soon_threadsafe(stop.set))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="dtz-dastra-auth stand-ins", daemon=True)
    thread.start()
    stop = started.result()
    try:
        yield
    finally:
        stop()
        thread.join()


def reset(transport: asyncio.BaseTransport) -> None:
    """Cut a connection so that the other end sees a reset and not an orderly end."""
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
