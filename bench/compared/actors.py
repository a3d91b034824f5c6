"""Who makes the calls of `renewal`: each contender in its clients, with threads or with tasks."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeAlias

from compared.connections import (
    LIBRARIES,
    SHARED,
    Pool,
    async_client,
    async_clients,
    clients,
)
from compared.getters import REQUESTS_AUTH, Fresh, Get, in_async_httpx, in_httpx, in_requests
from compared.series import OURS
from compared.services import Services

THREADS = 8
# In httpx each has a client of its own.
TASKS = {"httpx": 10, "httpx2": 50}
# In seconds: slower clients have longer stretches, for 3,000 calls in each.
LONGER = {"requests": 0.6, "httpx.AsyncClient": 0.6}

# The seconds of each call, and whether it made a token request.
Taken: TypeAlias = list[tuple[float, bool]]

_asked: ContextVar[bool] = ContextVar("asked", default=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """One contender in one client.

    Attributes:
        client: The client, and how many call.
        name: The contender.
        fresh: Makes its calls anew.
        first: Makes one call.
        stretch: Makes calls for so many seconds.
    """

    client: str
    name: str
    fresh: Fresh
    first: Callable[[Get], None]
    stretch: Callable[[Get, float], Taken]

    @property
    def longer(self) -> float:
        """How many seconds longer its stretches are than the shortest."""
        return LONGER.get(self.client.partition(", ")[0], 0.0)


@contextmanager
def acting(services: Services) -> Iterator[list[Actor]]:
    """Give them, with connections that are open.

    Args:
        services: What they call.
    """
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(THREADS))
        pool = Pool(services, THREADS, _note)
        actors = [
            _blocking("requests", name, fresh, threads)
            for name, fresh in in_requests(services, pool, THREADS).items()
            # Of the others one is enough, and azure-core renews with five minutes left.
            if name in {OURS, REQUESTS_AUTH} or "authlib" in name
        ]
        for name, library in LIBRARIES.items():
            made = stack.enter_context(clients(library, services, THREADS + 1))
            for client in made:
                client.event_hooks = {"request": [_note_request]}
            fresh = in_httpx(library, services, made)[OURS]
            actors.append(_blocking(f"{name}.Client", OURS, fresh, threads))
        for name, library in LIBRARIES.items():
            runner, opened = stack.enter_context(_async_clients(name, services))
            for client in opened:
                client.event_hooks = {"request": [_note_request_async]}
            actors += [
                _of_tasks(f"{name}.AsyncClient", who, fresh, runner, TASKS[name])
                for who, fresh in in_async_httpx(library, services, opened, None).items()
                # It holds up the event loop for every single token request.
                if "httpx_auth" not in who
            ]
        yield actors
        pool.adapter.close()


@contextmanager
def _async_clients(name: str, services: Services) -> Iterator[tuple[asyncio.Runner, list[Any]]]:
    if name == "httpx":
        with async_clients(LIBRARIES[name], services, TASKS[name]) as (runner, opened):
            yield runner, opened
        return
    with async_client(LIBRARIES[name], services, SHARED) as (runner, shared):
        yield runner, [shared]


def _blocking(client: str, name: str, fresh: Fresh, threads: ThreadPoolExecutor) -> Actor:
    def stretch(get: Get, seconds: float) -> Taken:
        until = perf_counter() + seconds

        def work(caller: int) -> Taken:
            taken = []
            while (began := perf_counter()) < until:
                _asked.set(False)
                get(caller)
                taken.append((perf_counter() - began, _asked.get()))
            return taken

        return [each for taken in threads.map(work, range(THREADS)) for each in taken]

    return Actor(f"{client}, {THREADS} threads", name, fresh, lambda get: get(0), stretch)


def _of_tasks(client: str, name: str, fresh: Fresh, runner: asyncio.Runner, tasks: int) -> Actor:
    async def work(caller: int, get: Get, until: float) -> Taken:
        taken = []
        while (began := perf_counter()) < until:
            _asked.set(False)
            await get(caller)
            taken.append((perf_counter() - began, _asked.get()))
        return taken

    async def all_of_them(get: Get, until: float) -> Taken:
        each = await asyncio.gather(*(work(caller, get, until) for caller in range(tasks)))
        return [one for taken in each for one in taken]

    def stretch(get: Get, seconds: float) -> Taken:
        return runner.run(all_of_them(get, perf_counter() + seconds))

    def first(get: Get) -> None:
        runner.run(get(0))

    return Actor(f"{client}, {tasks} tasks", name, fresh, first, stretch)


def _note(url: object) -> None:
    # Threads and tasks have a context of their own.
    if "/token/" in str(url):
        _asked.set(True)


def _note_request(request: Any) -> None:
    _note(request.url.path)


async def _note_request_async(request: Any) -> None:
    _note(request.url.path)
