"""How long calls take while a token is renewed, and while none is.

A stretch of calls, by threads or tasks that call one after the other, begins a little before the
token may be renewed and ends after that; another, of the same length, is far from it. What is
reported is the time that one call in a thousand exceeds. One call is left out of each stretch with
a renewal: that which made the token request, the longest of them where more than one did.

Tokens that live for seconds have to be waited for: all contenders take a token and make their calls
far from its end one after the other, and then in the same order those across it.
"""

import gc
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from compared.actors import THREADS, Actor, Taken, acting
from compared.getters import REQUESTS_AUTH, Get
from compared.series import OURS, Options, Series, Verdict, ratio
from compared.services import Services, running

MEASURE = "renewal"
ACROSS, FAR = "across a renewal", "far from one"
AT_MOST = 1.2
# Three quarters of a minute each.
ROUNDS = 4
# Ours renews with between a fifth and 15 % of the lifetime left, and peers are told to do alike:
# their own half a minute or more is longer than these tokens live.
EARLY, LATEST = 0.2, 0.15
# In seconds: what the token's arrival may be off, and what a stretch may be begun too early.
MARGIN = 0.1
# Its threads wait for one token request after the other.
WAITS_LONG = REQUESTS_AUTH


@dataclass(frozen=True, slots=True)
class Timing:
    """When things happen, all in seconds.

    Attributes:
        delay: How long the token endpoint takes.
        lifetime: How long tokens live.
        age: How old a token is when the stretch across its renewal begins.
        stretch: How long the shortest stretches are.
    """

    delay: float
    lifetime: int
    age: float
    stretch: float

    def slot(self, actor: Actor) -> float:
        """Tell how long an actor has for a stretch, and a token request before it."""
        waits = THREADS * self.delay if actor.name == WAITS_LONG else 0.0
        return self.stretch + actor.longer + waits + self.delay + MARGIN

    @classmethod
    def of(cls, count: int, delay: float, longer: float = 0.0) -> "Timing":
        """Find the shortest lifetime that leaves this many actors their turns.

        Args:
            count: How many there are.
            delay: How long the token endpoint takes.
            longer: How much longer the stretches of some are than the shortest, added up.
        """
        lifetime = 8
        while True:
            stretch = (EARLY - LATEST) * lifetime + delay + 3 * MARGIN
            age = (1 - EARLY) * lifetime - MARGIN
            # The one that waits long has its extra time as well.
            if count * (stretch + delay + MARGIN) + longer + THREADS * delay <= age:
                return cls(delay, lifetime, age, stretch)
            lifetime += 1


# Here in httpx and httpx2 tokens are not renewed before their end; one contender after the other.
QUICK = Timing(0.02, 2, 1.5, 0.7)


def measure(options: Options) -> list[Series]:
    """Measure all contenders, in turns.

    Args:
        options: How thoroughly.
    """
    found: dict[tuple[str, str], list[float]] = {}
    with running({}) as services, acting(services) as actors:
        if options.quick:
            for actor in [each for each in actors if each.name == OURS][::4]:
                _round([actor], services, QUICK, found)
        else:
            timing = Timing.of(len(actors), 0.2, sum(actor.longer for actor in actors))
            orders = random.Random(1)
            for _ in range(ROUNDS):
                _round(orders.sample(actors, len(actors)), services, timing, found)
    return [Series(MEASURE, *which, tuple(values)) for which, values in sorted(found.items())]


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge ours in every client.

    Args:
        series: What `measure` gave.
    """
    ours = {each.setting: each for each in series if each.contender == OURS}
    return [
        Verdict(
            MEASURE,
            setting,
            f"99.9th percentile at most {AT_MOST} × that {FAR}",
            f"{(found := ratio(across, ours[setting.replace(ACROSS, FAR)]).median):.3f} ×",
            found <= AT_MOST,
        )
        for setting, across in ours.items()
        if setting.endswith(ACROSS)
    ]


def one_in_a_thousand(seconds: Sequence[float]) -> float:
    """Give the 99.9th percentile: the shortest time that so many calls do not exceed."""
    return sorted(seconds)[math.ceil(0.999 * len(seconds)) - 1]


def without_the_renewing_call(taken: Taken) -> list[float]:
    """Leave out one call: the longest of those that made a token request."""
    longest = max(range(len(taken)), key=lambda number: (taken[number][1], taken[number][0]))
    return [seconds for number, (seconds, _) in enumerate(taken) if number != longest]


def _round(
    actors: Sequence[Actor],
    services: Services,
    timing: Timing,
    found: dict[tuple[str, str], list[float]],
) -> None:
    begun: list[tuple[Actor, Get, str, float]] = []
    for actor in actors:
        token_url = services.token_url(delay=timing.delay, lifetime=timing.lifetime)
        get = actor.fresh(token_url, (EARLY + LATEST) / 2 * timing.lifetime)
        began = perf_counter()
        actor.first(get)
        far = [seconds for seconds, _ in _undisturbed(actor, get, timing)]
        _keep(found, actor, FAR, far)
        begun.append((actor, get, token_url, began))
        _sleep_until(began + timing.slot(actor))
    for actor, get, token_url, began in begun:
        before = services.requests_at(token_url)
        _sleep_until(began + timing.age)
        across = _undisturbed(actor, get, timing)
        if services.requests_at(token_url) == before:
            raise RuntimeError(f"{actor.client}, {actor.name}: there was no renewal")
        _keep(found, actor, ACROSS, without_the_renewing_call(across))


def _keep(
    found: dict[tuple[str, str], list[float]], actor: Actor, what: str, seconds: list[float]
) -> None:
    values = found.setdefault((f"{actor.client}, {what}", actor.name), [])
    values.append(one_in_a_thousand(seconds))


def _undisturbed(actor: Actor, get: Get, timing: Timing) -> Taken:
    gc.collect()
    gc.disable()
    try:
        return actor.stretch(get, timing.stretch + actor.longer)
    finally:
        gc.enable()


def _sleep_until(when: float) -> None:
    time.sleep(max(when - perf_counter(), 0))
