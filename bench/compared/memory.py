"""How much memory a million calls leave behind, and how much each auth object takes.

Every value is one of a process of its own, and the median of some is judged. A million calls are
made where a token is kept, in requests and in httpx. In every client and with every method what
20,000 calls leave behind is counted to the byte.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product

from compared.contenders import CACHED_TOKEN, KEY_HEADER, QUERY
from compared.series import BY_HAND, OURS, Options, Series, Verdict
from compared.sizes import CLASSES, STATES, elsewhere, here
from compared.tables import shown

RESIDENT = "memory after calls"
COUNTED = "memory after calls, counted by Python"
OBJECTS = "objects after calls, counted by Python"
EACH = "memory per auth object"

CLIENTS: tuple[str, ...]
CLIENTS = ("requests", "httpx.Client", "httpx.AsyncClient", "httpx2.Client", "httpx2.AsyncClient")
METHODS = tuple(method.name for method in (CACHED_TOKEN, KEY_HEADER, QUERY))
CONTENDERS = (OURS, BY_HAND)
MILLION = [("requests", CACHED_TOKEN.name), ("httpx.Client", CACHED_TOKEN.name)]
# By hand leaves more than a megabyte there too, which a single process may have by chance.
PROCESSES = {"httpx.Client": 3}
MOST_MORE, MOST_MORE_PER_CALL, MOST_EACH = 1_000_000, 1.0, 2_000

# Nothing is timed here, so that processes may run beside one another.
_Runner = Callable[..., list[float]]


def measure(options: Options) -> list[Series]:
    """Measure the memory of calls and of objects.

    Args:
        options: How thoroughly.
    """
    run: _Runner = here if options.quick else elsewhere
    # One after the other where they share a process.
    with ThreadPoolExecutor(1 if options.quick else os.cpu_count()) as pool:
        return [
            *_resident(options, run, pool),
            *_counted(options, run, pool),
            *_each(options, run, pool),
        ]


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge by the medians whether memory stays where it is, and objects are small.

    Args:
        series: What `measure` gave.
    """
    by_hand = {(e.measure, e.setting): e for e in series if e.contender == BY_HAND}
    return [
        _verdict(each, by_hand.get((each.measure, each.setting)))
        for each in series
        if each.contender == OURS and each.measure in _ASKED
    ]


def counted(options: Options) -> list[tuple[str, str, str]]:
    """Give what is counted to the byte: the client, the method and who calls.

    Args:
        options: How thoroughly.
    """
    where = MILLION if options.quick else product(CLIENTS, METHODS)
    # What a client leaves behind by itself is seen with one header as well as with another.
    return [
        (*setting, contender)
        for setting in where
        for contender in (CONTENDERS if setting[1] == CACHED_TOKEN.name else (OURS,))
    ]


# By measure: the bound, in words, and how a value is shown.
_ASKED = {
    RESIDENT: (MOST_MORE, "below 1 MB more", "{} more"),
    COUNTED: (MOST_MORE_PER_CALL, "below 1 byte more a call", "{} more a call"),
    EACH: (MOST_EACH, "below 2,000 bytes", "{}"),
}


def _verdict(series: Series, by_hand: Series | None) -> Verdict:
    bound, asked, text = _ASKED[series.measure]
    found = text.format(shown(series.median, series.unit)) if series.median else "none"
    if by_hand is not None:
        # Told beside it, and not judged.
        found += f"; {BY_HAND} {shown(by_hand.median, series.unit)}"
    return Verdict(series.measure, series.setting, asked, found, series.median < bound)


def _resident(options: Options, run: _Runner, pool: ThreadPoolExecutor) -> Iterator[Series]:
    warm_up, calls = (5, 20) if options.quick else (50_000, 1_000_000)
    cases = [(*setting, contender) for setting in MILLION for contender in CONTENDERS]
    every = [case for case in cases for _ in range(PROCESSES.get(case[0], 1))]
    sizes: dict[tuple[str, ...], list[float]] = {case: [] for case in cases}
    found = pool.map(lambda case: run("resident", *case, warm_up, calls), every)
    for case, (size,) in zip(every, found, strict=True):
        sizes[case].append(max(size, 0.0))
    for client, method, contender in cases:
        setting = f"{client}, {method}, {calls:,} calls"
        values = tuple(sizes[client, method, contender])
        yield Series(RESIDENT, setting, contender, values, "byte")


def _counted(options: Options, run: _Runner, pool: ThreadPoolExecutor) -> Iterator[Series]:
    warm_up, calls = (5, 20) if options.quick else (1_000, 20_000)
    cases = counted(options)
    found = pool.map(lambda case: run("counted", *case, warm_up, calls), cases)
    series = []
    for (client, method, contender), (size, objects) in zip(cases, found, strict=True):
        setting = f"{client}, {method}, {calls:,} calls"
        series.append(Series(COUNTED, setting, contender, (max(size / calls, 0.0),), "byte"))
        series.append(Series(OBJECTS, setting, contender, (max(objects, 0.0),), "integer"))
    # One table each.
    yield from sorted(series, key=lambda each: (COUNTED, OBJECTS).index(each.measure))


def _each(options: Options, run: _Runner, pool: ThreadPoolExecutor) -> Iterator[Series]:
    objects = 20 if options.quick else 10_000
    cases = [
        (name, state)
        for name, state in product(list(CLASSES)[: 1 if options.quick else None], STATES)
        # The others know nothing more after a call than before.
        if state != "after its first call" or name == "DastraClientCredentials"
    ]
    found = pool.map(lambda case: run("each", *case, objects), cases)
    for (name, state), (size,) in zip(cases, found, strict=True):
        yield Series(EACH, f"{name}, {state}", OURS, (size,), "byte")
