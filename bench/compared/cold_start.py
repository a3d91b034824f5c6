"""How long first calls take that come all at once, and how many token requests they make.

Each round has a new auth object and a token endpoint of its own. Connections are open, those for
the token request too where a contender can be given its client: no TLS handshake is measured.
"""

import asyncio
import math
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from time import perf_counter
from types import ModuleType
from typing import TypeAlias

import httpx
import httpx2
from compared.connections import SHARED, Pool, async_client, checked, clients
from compared.contenders import CACHED_TOKEN
from compared.getters import (
    REQUESTS_AUTH,
    Fresh,
    Get,
    in_async_httpx,
    in_httpx,
    in_requests,
)
from compared.series import BY_HAND, OURS, Options, Series, Verdict, ratio
from compared.served import allow_connections
from compared.services import Services, running

MEASURE = "cold start"
WALL, ASKED = "wall time", "token requests"
LIFETIME = 3600
# Of a token request and a call, which is what one cold caller takes.
SOME = 20
AT_MOST = 1.1
# It asks for one token after the other: a thousand of them would take more than three minutes.
ONE_BY_ONE = REQUESTS_AUTH
HOPELESS = 100
# The most connections that clients of httpx2 open if they are not told otherwise: whoever makes a
# token request for each call is not to wait for connections. Nobody here does so in httpx.
DEFAULT = 100
# A thousand threads need not have room for eight megabytes each.
STACK = 512 * 1024

# Makes this many first calls at once, each given its number; tells the seconds until the last.
Crowd: TypeAlias = Callable[[Get, int], float]
# Opens connections for so many callers, and gives what makes their calls and the contenders.
Makers: TypeAlias = Callable[
    [Services, int], AbstractContextManager[tuple[Crowd, dict[str, Fresh]]]
]


def measure(options: Options) -> list[Series]:
    """Measure every setting, one after the other.

    Args:
        options: How thoroughly.
    """
    allow_connections()
    delay, some, many = (0.02, 3, 5) if options.quick else (0.2, SOME, 1000)
    # A few callers, and a crowd in fewer rounds.
    plan = {(1, some): 2 if options.quick else 5, (many,): 1 if options.quick else 3}
    with running(CACHED_TOKEN.headers) as services:
        return [
            each
            for counts, rounds in plan.items()
            for client, makers in CLIENTS.items()
            # Blocking clients of httpx cannot be shared, and nobody has a thousand of them.
            if max(counts) < many or not client.endswith(".Client")
            for each in _measured(
                client, makers, services, counts=counts, rounds=rounds, delay=delay
            )
        ]


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge our token requests everywhere, and the wall time of twenty callers.

    Args:
        series: What `measure` gave.
    """
    by = {(each.setting, each.contender): each for each in series}
    return [verdict for each in series if each.contender == OURS for verdict in _judged(each, by)]


def _judged(ours: Series, by: Mapping[tuple[str, str], Series]) -> Iterator[Verdict]:
    client, callers, what = ours.setting.split(", ")
    if what == ASKED:
        most = max(ours.values)
        yield Verdict(MEASURE, ours.setting, "1 token request", f"{most:.0f} at most", most == 1)
    elif callers == f"{SOME} callers":
        one = by[f"{client}, 1 caller, {WALL}", OURS]
        wall, calls = ratio(ours, one).median, ratio(by[ours.setting, BY_HAND], one).median
        asked = f"at most {AT_MOST} × a token request and one call"
        # What the calls take alone, which no auth object can do anything about.
        found = f"{wall:.3f} ×; the calls by hand, without a token request, {calls:.3f} ×"
        yield Verdict(MEASURE, ours.setting, asked, found, wall <= AT_MOST)


def _measured(
    client: str,
    makers: Makers,
    services: Services,
    *,
    counts: Sequence[int],
    rounds: int,
    delay: float,
) -> Iterator[Series]:
    with makers(services, max(counts)) as (crowd, contenders):
        trials = {
            (count, name): (fresh, crowd)
            for count in counts
            for name, fresh in contenders.items()
            if count < HOPELESS or name != ONE_BY_ONE
        }
        found = _in_turns(trials, services, rounds, delay)
    for (count, name), values in found.items():
        setting = f"{client}, {count} caller{'s' * (count > 1)}"
        walls, asked = zip(*values, strict=True)
        yield Series(MEASURE, f"{setting}, {WALL}", name, walls)
        if name != BY_HAND:
            yield Series(MEASURE, f"{setting}, {ASKED}", name, asked, unit="integer")


def _in_turns(
    trials: Mapping[tuple[int, str], tuple[Fresh, Crowd]],
    services: Services,
    rounds: int,
    delay: float,
) -> dict[tuple[int, str], list[tuple[float, int]]]:
    orders = random.Random(1)
    found: dict[tuple[int, str], list[tuple[float, int]]] = {trial: [] for trial in trials}
    is_first = any(count == 1 for count, _ in trials)
    # A first round imports and fills caches; the crowds come when that is done.
    for number in range(0 if is_first else 1, rounds + 1):
        for count, name in orders.sample(list(trials), len(trials)):
            fresh, crowd = trials[count, name]
            token_url = services.token_url(delay=delay, lifetime=LIFETIME)
            wall = crowd(fresh(token_url, None), count)
            if number:
                found[count, name].append((wall, services.requests_at(token_url)))
    return found


@contextmanager
def _requests(services: Services, count: int) -> Iterator[tuple[Crowd, dict[str, Fresh]]]:
    pool = Pool(services, count)
    sessions = [pool.session() for _ in range(count)]

    def by_hand(caller: int) -> None:
        checked(sessions[caller].get(services.url, headers=CACHED_TOKEN.headers))

    compared = in_requests(services, pool, count)
    yield _threads, {BY_HAND: lambda token_url, early: by_hand, **compared}
    pool.adapter.close()


@contextmanager
def _httpx(
    library: ModuleType, services: Services, count: int
) -> Iterator[tuple[Crowd, dict[str, Fresh]]]:
    with clients(library, services, count + 1) as made:

        def by_hand(caller: int) -> None:
            checked(made[caller].get(services.url, headers=CACHED_TOKEN.headers))

        compared = in_httpx(library, services, made)
        yield _threads, {BY_HAND: lambda token_url, early: by_hand, **compared}


@contextmanager
def _async_httpx(
    library: ModuleType, limit: int, services: Services, count: int
) -> Iterator[tuple[Crowd, dict[str, Fresh]]]:
    with ExitStack() as stack:
        runner, opened = stack.enter_context(async_client(library, services, min(count, limit)))
        (spare,) = stack.enter_context(clients(library, services, 1))

        async def by_hand(_: int) -> None:
            checked(await opened.get(services.url, headers=CACHED_TOKEN.headers))

        def crowd(get: Get, count: int) -> float:
            return runner.run(_tasks(get, count))

        compared = in_async_httpx(library, services, [opened], spare)
        yield crowd, {BY_HAND: lambda token_url, early: by_hand, **compared}


# The header by hand has its token already: the calls alone.
CLIENTS: dict[str, Makers] = {
    "requests": _requests,
    "httpx.Client": partial(_httpx, httpx),
    "httpx.AsyncClient": partial(_async_httpx, httpx, SHARED),
    "httpx2.Client": partial(_httpx, httpx2),
    "httpx2.AsyncClient": partial(_async_httpx, httpx2, DEFAULT),
}


def _threads(get: Get, count: int) -> float:
    began = [math.inf]
    ended: list[float] = []
    barrier = threading.Barrier(count, lambda: began.insert(0, perf_counter()))

    def call(caller: int) -> None:
        barrier.wait()
        get(caller)
        ended.append(perf_counter())

    before = threading.stack_size(STACK)
    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(count)]
    for thread in threads:
        thread.start()
    threading.stack_size(before)
    for thread in threads:
        thread.join()
    if len(ended) < count:
        raise RuntimeError(f"{count - len(ended)} of {count} calls failed")
    return max(ended) - began[0]


async def _tasks(get: Get, count: int) -> float:
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for caller in range(count):
            group.create_task(get(caller))
    return perf_counter() - began
