"""Time contenders in turns, so that what else the machine does meets all of them."""

import asyncio
import gc
import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter
from typing import Any, TypeAlias

# No more in one timing: a clock that stands still must not make it endless.
MOST_CALLS = 1 << 24


@dataclass(frozen=True, slots=True)
class Repeated:
    """A contender that repeats its calls itself, as those on an event loop have to.

    Attributes:
        seconds: Makes this many calls and tells how long they took.
    """

    seconds: Callable[[int], float]


Case: TypeAlias = Callable[[], object] | Repeated


def on_loop(runner: asyncio.Runner, call: Callable[[], Coroutine[Any, Any, object]]) -> Repeated:
    """Make a case of an asynchronous call.

    Args:
        runner: Has the event loop.
        call: The call.
    """

    async def timed(calls: int) -> float:
        began = perf_counter()
        for _ in repeat(None, calls):
            await call()
        return perf_counter() - began

    # The clock runs inside, so that what the loop does around it is not counted.
    return Repeated(lambda calls: runner.run(timed(calls)))


def in_turns(
    cases: Mapping[str, Case], *, rounds: int, seconds: float, seed: int = 1
) -> dict[str, tuple[float, ...]]:
    """Time every contender once in each round, in an order of the round's own.

    Args:
        cases: The contenders; each is called once before anything is timed.
        rounds: How many times each is timed.
        seconds: How long one timing takes, about; more calls in it make it longer.
        seed: What the orders come from.

    Returns:
        The seconds of one call, a value for each round: the n-th values of all contenders were
        taken one after the other.
    """
    timers = {name: _timer(case) for name, case in cases.items()}
    orders = random.Random(seed)
    values: dict[str, list[float]] = {name: [] for name in cases}
    was_enabled = gc.isenabled()
    gc.collect()
    # What is there already is not looked through again before each timing.
    gc.freeze()
    gc.disable()
    try:
        calls = {name: _calibrated(timer, seconds) for name, timer in timers.items()}
        for _ in range(rounds):
            for name in orders.sample(sorted(cases), len(cases)):
                gc.collect()
                values[name].append(timers[name](calls[name]) / calls[name])
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
    return {name: tuple(each) for name, each in values.items()}


def _timer(case: Case) -> Callable[[int], float]:
    if isinstance(case, Repeated):
        return case.seconds
    call = case

    def timed(calls: int) -> float:
        began = perf_counter()
        for _ in repeat(None, calls):
            call()
        return perf_counter() - began

    return timed


def _calibrated(timer: Callable[[int], float], seconds: float) -> int:
    # The first call imports and fills caches, and would be taken for the usual one.
    timer(1)
    calls = 1
    while (took := timer(calls)) < seconds / 2 and calls < MOST_CALLS:
        # Not at once to where a single slow call would have it.
        calls *= min(max(round(seconds / max(took, 1e-9)), 2), 10)
    return min(max(round(calls * seconds / max(took, 1e-9)), 1), MOST_CALLS)
