"""How much memory a million calls leave behind, and how much each auth object takes.

Every value is one of a process of its own. A million calls are made where a token is kept, in
requests and in httpx, and a tenth of that in all other settings: what a call leaves behind would be
seen there as well, and is besides counted to the byte.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product

from compared.contenders import CACHED_TOKEN, KEY_HEADER, QUERY
from compared.series import BY_HAND, OURS, Options, Series, Verdict
from compared.sizes import CLASSES, STATES, elsewhere, here

RESIDENT = "memory after calls"
COUNTED = "memory after calls, counted by Python"
OBJECTS = "objects after calls, counted by Python"
EACH = "memory per auth object"

CLIENTS = ("requests", "httpx.Client", "httpx.AsyncClient", "httpx2.Client", "httpx2.AsyncClient")
METHODS = tuple(method.name for method in (CACHED_TOKEN, KEY_HEADER, QUERY))
CONTENDERS = (OURS, BY_HAND)
MILLION = [("requests", CACHED_TOKEN.name), ("httpx.Client", CACHED_TOKEN.name)]
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
    return [_verdict(each) for each in series if each.contender == OURS and each.measure in _ASKED]


def settings(options: Options) -> dict[int, list[tuple[str, str]]]:
    """Give what is called how often: the client and the method, by the number of calls.

    Args:
        options: How thoroughly.
    """
    everywhere = list(product(CLIENTS, METHODS))
    if options.quick:
        return {20: MILLION}
    # The longest first, so that none is left running alone.
    rest = [setting for setting in everywhere if setting not in MILLION]
    return {1_000_000: MILLION, 100_000: rest}


# By measure: the bound, in words, and how a value is shown.
_ASKED = {
    RESIDENT: (MOST_MORE, "below 1 MB more", "{:,.0f} B more"),
    COUNTED: (MOST_MORE_PER_CALL, "below 1 byte more a call", "{:.3f} B more a call"),
    EACH: (MOST_EACH, "below 2,000 bytes", "{:,.0f} B"),
}


def _verdict(series: Series) -> Verdict:
    bound, asked, shown = _ASKED[series.measure]
    found = shown.format(series.median)
    return Verdict(series.measure, series.setting, asked, found, series.median < bound)


def _resident(options: Options, run: _Runner, pool: ThreadPoolExecutor) -> Iterator[Series]:
    rounds, warm_up = (1, 5) if options.quick else (3, 5_000)
    for calls, where in settings(options).items():
        cases = list(product(where, CONTENDERS))
        jobs = [
            ("resident", *setting, contender, warm_up, calls)
            for (setting, contender) in cases
            for _ in range(rounds)
        ]
        values = [_positive(found[0]) for found in pool.map(lambda job: run(*job), jobs)]
        for number, ((client, method), contender) in enumerate(cases):
            of_case = values[number * rounds : (number + 1) * rounds]
            setting = f"{client}, {method}, {calls:,} calls"
            yield Series(RESIDENT, setting, contender, tuple(of_case), "byte")


def _counted(options: Options, run: _Runner, pool: ThreadPoolExecutor) -> Iterator[Series]:
    warm_up, calls = (5, 20) if options.quick else (5_000, 20_000)
    everywhere = [setting for some in settings(options).values() for setting in some]
    cases = [(*setting, contender) for setting in everywhere for contender in CONTENDERS]
    found = pool.map(lambda case: run("counted", *case, warm_up, calls), cases)
    for (client, method, contender), (size, objects) in zip(cases, found, strict=True):
        setting = f"{client}, {method}, {calls:,} calls"
        per_call = (_positive(size) / calls,)
        yield Series(COUNTED, setting, contender, per_call, "byte")
        yield Series(OBJECTS, setting, contender, (_positive(objects),), "integer")


def _each(options: Options, run: _Runner, pool: ThreadPoolExecutor) -> Iterator[Series]:
    objects, rounds = (20, 1) if options.quick else (10_000, 3)
    cases = [
        (name, state)
        for name, state in product(list(CLASSES)[: 1 if options.quick else None], STATES)
        # The others know nothing more after a call than before.
        if state != "after its first call" or name == "DastraClientCredentials"
    ]
    jobs = [("each", *case, objects) for case in cases for _ in range(rounds)]
    values = [found[0] for found in pool.map(lambda job: run(*job), jobs)]
    for number, (name, state) in enumerate(cases):
        of_case = values[number * rounds : (number + 1) * rounds]
        yield Series(EACH, f"{name}, {state}", OURS, tuple(of_case), "byte")


def _positive(value: float) -> float:
    # Memory that was given back is shown as one byte more: pyperf takes no other numbers.
    return max(value, 1.0)
