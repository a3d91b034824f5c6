"""Threads and tasks that call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TypeAlias

from compared.turns import Repeated

Call: TypeAlias = Callable[[], object]
AsyncCall: TypeAlias = Callable[[], Awaitable[object]]


def one_caller(call: Call) -> Repeated:
    """Make a case of this thread's own calls."""

    def seconds(calls: int) -> float:
        began = perf_counter()
        for _ in range(calls):
            call()
        return perf_counter() - began

    return Repeated(seconds)


def threads(pool: ThreadPoolExecutor, calls_of_each: Sequence[Call]) -> Repeated:
    """Make a case of calls that threads make at the same time, one after the other each.

    Args:
        pool: The threads.
        calls_of_each: What each of them calls.
    """

    def seconds(calls: int) -> float:
        # Whoever is done with a call takes the next one, so that none is left to the last.
        numbers = iter(range(calls))

        def work(call: Call) -> None:
            for _ in numbers:
                call()

        began = perf_counter()
        for _ in pool.map(work, calls_of_each):
            pass
        return perf_counter() - began

    return Repeated(seconds)


def tasks(runner: asyncio.Runner, call: AsyncCall, count: int) -> Repeated:
    """Make a case of calls that tasks make at the same time, one after the other each.

    Args:
        runner: Has the event loop.
        call: What they call.
        count: How many there are.
    """

    async def timed(calls: int) -> float:
        numbers = iter(range(calls))

        async def work() -> None:
            for _ in numbers:
                await call()

        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(work())
        return perf_counter() - began

    return Repeated(lambda calls: runner.run(timed(calls)))
