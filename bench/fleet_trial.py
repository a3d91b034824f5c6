"""One trial of `fleet`: a policy, in a scenario, with a number of simulated processes."""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from unittest.mock import patch

import simpy
from fleet_calls import REQUESTS, Fleet, Tally
from fleet_policies import Policy
from fleet_workers import Worker
from fleet_world import LIFETIME, Outage, SimulatedClock, TokenEndpoint

from dtz_dastra_auth import _oauth
from dtz_dastra_auth._flow import Caller

# The first process has a token from the start, the others take it a second later.
WARM = 10.0
# Seconds from one early renewal to the next.
CYCLE = LIFETIME - 60.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens to a fleet.

    Attributes:
        name: How it is called on the command line.
        title: How it is called in the table.
        told: What is to be known of it.
        latency: How long the token endpoint takes, from and to, in seconds.
        cycles: How many renewals the run is long.
        outage: When the token endpoint fails; the fleet's token ends at 300.
        dying: How many of those that take the lease die at once, one after the other.
        odds: The chance of any later one to die so.
        is_cold: Whether all processes start at once, with nothing in the cache.
        caller: What the HTTP client can do.
    """

    name: str
    title: str
    told: str
    latency: tuple[float, float] = (0.15, 0.25)
    cycles: int = 1
    outage: Outage | None = None
    dying: int = 0
    odds: float = 0.0
    is_cold: bool = False
    caller: Caller = REQUESTS

    def concerns(self, policy: Policy) -> bool:
        """Tell whether it can happen under a policy: where there is no lease nobody holds it."""
        return policy.leases or not (self.dying or self.odds)

    @property
    def delta(self) -> float:
        """Give the mean time of the token endpoint."""
        return sum(self.latency) / 2

    @property
    def since(self) -> float:
        """Give the second from which calls are counted."""
        return 0.0 if self.is_cold else WARM

    @property
    def horizon(self) -> float:
        """Give the end of the run."""
        return self.since + (
            60.0 if self.is_cold else max(self.cycles * CYCLE, 420.0 * (self.cycles == 1))
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a trial.

    Attributes:
        scenario: What happened.
        policy: How tokens were renewed.
        workers: How many processes there were.
        sent: When token requests were sent, in seconds.
        tally: What became of the calls.
        questions: How many questions the cache was asked.
        peak_questions: How many of them within one second.
    """

    scenario: Scenario
    policy: Policy
    workers: int
    sent: list[float]
    tally: Tally
    questions: int
    peak_questions: int

    @property
    def peak(self) -> int:
        """Give the most token requests within one second."""
        most, first = 0, 0
        for number, sent in enumerate(self.sent):
            while sent - self.sent[first] >= 1:
                first += 1
            most = max(most, number + 1 - first)
        return most


@contextmanager
def _undisturbed() -> Iterator[None]:
    # Each token request that fails is a warning.
    logger = logging.getLogger("dtz_dastra_auth")
    before = logger.level
    logger.setLevel(logging.ERROR)
    # Little becomes garbage here that is not found at once, and looking through what ten thousand
    # processes hold takes as long as the simulation itself.
    gc.disable()
    # The same for all, and a fifth of the time that a token request takes here.
    written = lru_cache(_oauth.client_credentials)
    try:
        with patch.object(_oauth, "client_credentials", written):
            yield
    finally:
        gc.enable()
        logger.setLevel(before)


def _deaths(env: simpy.Environment, scenario: Scenario, chance: Random) -> Callable[[], bool]:
    left = scenario.dying

    def dies() -> bool:
        nonlocal left
        if env.now < scenario.since:
            return False
        left -= 1
        return left >= 0 or chance.random() < scenario.odds

    return dies


def run(
    policy: Policy, scenario: Scenario, workers: int, seed: int = 1, *, every: bool = False
) -> Result:
    """Simulate a fleet.

    Args:
        policy: How its tokens are renewed.
        scenario: What happens to it.
        workers: How many processes it has.
        seed: What all chance comes from.
        every: Whether calls are run in which nothing happens.
    """
    env, chance = simpy.Environment(), Random(seed)
    cache = policy.make_cache(env) if policy.make_cache else None
    endpoint = TokenEndpoint(env, scenario.latency, scenario.outage, Random(seed + 1))
    dies = _deaths(env, scenario, Random(seed + 2))
    fleet = Fleet(
        env,
        SimulatedClock(env),
        policy,
        scenario.delta,
        scenario.caller,
        cache,
        endpoint,
        chance,
        Tally(scenario.since),
        scenario.horizon,
        dies,
        every,
    )
    waits = cache is not None and not scenario.is_cold
    for number in range(workers):
        phase = 0.0 if waits and not number else chance.random()
        Worker(fleet, seed * 2**20 + number, phase, int(waits and number > 0))
    with _undisturbed():
        env.run()
    for finish in fleet.at_end:
        finish()
    sent = [at for at in endpoint.sent if at >= scenario.since]
    asked = cache.asked if cache else {}
    counted = {second: count for second, count in asked.items() if second >= scenario.since}
    return Result(
        scenario,
        policy,
        workers,
        sent,
        fleet.tally,
        sum(counted.values()),
        max(counted.values(), default=0),
    )
