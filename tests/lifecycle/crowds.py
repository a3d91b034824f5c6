"""Many callers at once, none of which can hang a test: whoever takes a minute has failed."""

import os
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import httpx
import httpx2

from clients import Client

T = TypeVar("T")

# Seconds. No test waits as long as this, however slow the machine is, unless something hangs.
HANGS = 60.0


def start(call: Callable[[], T]) -> "Future[T]":
    """Run a call on a thread of its own; one that hangs does not keep the tests from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def finished(future: "Future[Any]") -> Any:
    """Wait for a call, and give its result, or its error as a result."""
    error = future.exception(HANGS)
    return future.result() if error is None else error


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """Make a call in this many threads at the same time; errors come as results."""
    barrier = threading.Barrier(count)

    def one() -> Any:
        barrier.wait(HANGS)
        return call()

    return [finished(each) for each in [start(one) for _ in range(count)]]


async def gather(count: int, call: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Make a call in this many tasks of the running event loop; errors come as results."""
    results: list[Any] = []

    async def one() -> None:
        try:
            results.append(await call())
        except Exception as error:
            results.append(error)

    with anyio.fail_after(HANGS):
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(one)
    return results


async def arrival(hold: Any, count: int = 1) -> None:
    """Wait in a task until requests have come to wait at a hold."""
    await anyio.to_thread.run_sync(partial(hold.wait_for, count, timeout=HANGS))


def statuses(results: Iterable[Any]) -> list[Any]:
    """Give the status of each response, and each error as it is: a failing test is to show it."""
    # Some of ours have the status of the token endpoint's answer.
    return [each if isinstance(each, Exception) else each.status_code for each in results]


def over_sockets(client: Client, auth: Any, count: int, url: str, times: int = 1) -> list[Any]:
    """Make calls in this many threads or tasks of a client, each of them a number of times.

    Threads of httpx and httpx2 each have a client of their own: in one that they share, httpcore
    at times closes a connection that a thread has just been given (encode/httpcore#1110).
    """
    library = {"httpx": httpx, "httpx2": httpx2}.get(type(client.native).__module__)
    if library is None or not isinstance(client.native, library.Client):
        return [each for _ in range(times) for each in client.together(count, url)]
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])

    def calls() -> list[Any]:
        with library.Client(auth=auth, timeout=HANGS, verify=context) as own:
            return [own.get(url) for _ in range(times)]

    crowd = in_threads(count, calls)
    return [each for calls in crowd for each in (calls if isinstance(calls, list) else [calls])]
