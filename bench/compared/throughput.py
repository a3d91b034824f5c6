"""How many calls a second there are over connections that stay open, with threads and tasks.

All contenders of a setting call over the same connections, in turns. The services run beside them,
on the same processors.
"""

import asyncio
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any

from compared.callers import one_caller, tasks, threads
from compared.connections import LIBRARIES, SHARED, Pool, async_client, checked, clients, sessions
from compared.contenders import (
    CACHED_TOKEN,
    KEY_HEADER,
    Contender,
    Method,
    contenders,
)
from compared.series import BY_HAND, OURS, WITHOUT, Options, Series, Verdict, ratio
from compared.services import Services, running
from compared.turns import Case, in_turns

MEASURE = "throughput"
# The header written by hand has a second series, so that its spread against itself is known.
AGAIN = f"{BY_HAND}, again"
AT_LEAST = 0.97
METHODS = (CACHED_TOKEN, KEY_HEADER)
ACCEPTED = {name: value for method in METHODS for name, value in method.headers.items()}


def measure(options: Options) -> list[Series]:
    """Measure every setting, one after the other.

    Args:
        options: How thoroughly.
    """
    rounds, seconds = (2, 0.001) if options.quick else (42, 0.05)
    many_threads, many_tasks = (2, 3) if options.quick else (16, 100)
    with running(ACCEPTED) as services:
        return [
            Series(MEASURE, setting, name, values)
            for setting, cases in _settings(services, many_threads, many_tasks)
            for name, values in in_turns(cases, rounds=rounds, seconds=seconds).items()
        ]


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge every setting: calls per second, ours to those by hand, round by round.

    The spread of the header by hand against itself is that between the 5th and the 95th percentile
    of the ratios of its two series, slice by slice.

    Args:
        series: What `measure` gave.
    """
    return [
        _judged(setting, {each.contender: each for each in group})
        for setting, group in groupby(series, lambda each: each.setting)
    ]


def _judged(setting: str, by: dict[str, Series]) -> Verdict:
    found = ratio(by[BY_HAND], by[OURS]).median
    low, high = spread(by[BY_HAND].values, by[AGAIN].values)
    asked = f"at least {AT_LEAST} × {BY_HAND}, or within its spread against itself"
    told = f"{found:.3f} ×; {BY_HAND} against itself {low:.3f} to {high:.3f}"
    return Verdict(MEASURE, setting, asked, told, found >= min(AT_LEAST, low))


def spread(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Give the 5th and the 95th percentile of the ratios of two series, round by round."""
    ratios = [one / other for one, other in zip(first, second, strict=True)]
    cuts = statistics.quantiles(ratios, n=20, method="inclusive")
    return cuts[0], cuts[-1]


def _settings(
    services: Services, many_threads: int, many_tasks: int
) -> Iterator[tuple[str, dict[str, Case]]]:
    for count in (1, many_threads):
        with sessions(services, count) as made:
            yield from _in_threads("requests", f"{_several(count, 'thread')}", made, services)
    one = [Pool(services, many_threads).session()] * many_threads
    yield from _in_threads("requests", f"{many_threads} threads on one session", one, services)
    for name, library in LIBRARIES.items():
        for count in (1, many_threads):
            with clients(library, services, count) as opened:
                client = f"{name}.Client"
                yield from _in_threads(client, _several(count, "thread"), opened, services)
        for count in (1, many_tasks):
            with async_client(library, services, min(count, SHARED)) as (runner, client):
                yield from _in_tasks(f"{name}.AsyncClient", count, runner, client, services)


def _in_threads(
    client: str, callers: str, made: Sequence[Any], services: Services
) -> Iterator[tuple[str, dict[str, Case]]]:
    with _pool(len(made)) as pool:
        for method in METHODS:
            cases: dict[str, Case] = {}
            for each in _compared(client, method, services):
                calls = [_call(one, services.url, each) for one in made]
                cases[each.name] = threads(pool, calls) if pool else one_caller(calls[0])
            yield f"{client}, {callers}, {method.name}", cases


def _in_tasks(
    name: str, count: int, runner: asyncio.Runner, client: Any, services: Services
) -> Iterator[tuple[str, dict[str, Case]]]:
    for method in METHODS:
        cases: dict[str, Case] = {
            each.name: tasks(runner, _async_call(client, services.url, each), count)
            for each in _compared(name, method, services)
        }
        yield f"{name}, {_several(count, 'task')}, {method.name}", cases


def _compared(client: str, method: Method, services: Services) -> list[Contender]:
    made = [
        each
        for each in contenders(client, method, services.origin)
        # Without a credential nobody is let in.
        if each.name != WITHOUT
    ]
    (by_hand,) = (each for each in made if each.name == BY_HAND)
    return [*made, replace(by_hand, name=AGAIN)]


def _call(client: Any, url: str, contender: Contender) -> Callable[[], None]:
    given = contender.given
    return lambda: checked(client.get(url, **given))


def _async_call(client: Any, url: str, contender: Contender) -> Callable[[], Any]:
    given = contender.given

    async def call() -> None:
        checked(await client.get(url, **given))

    return call


@contextmanager
def _pool(count: int) -> Iterator[ThreadPoolExecutor | None]:
    if count == 1:
        yield None
        return
    with ThreadPoolExecutor(count) as pool:
        yield pool


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count > 1)}"
