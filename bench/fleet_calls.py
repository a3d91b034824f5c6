"""The calls of the simulated processes of `fleet`, and what all of them share."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests
import simpy
from fleet_policies import Policy
from fleet_world import SimulatedCache, SimulatedClock, TokenEndpoint

from dtz_dastra_auth import _drive_requests
from dtz_dastra_auth._flow import Caller, Step, Steps

# A flight tells a thread that waits for itself by the thread's number, and here all are one.
REQUESTS = _drive_requests._CALLER._replace(blocks=False)
# httpx's own limit; and the error of a token request is that of the call (`Caller.survives`).
HTTPX = Caller(timeout=5.0, blocks=False)


@dataclass
class Tally:
    """What became of the calls.

    Attributes:
        since: Seconds of the simulation from which calls are counted.
        calls: How many there were.
        failed: When those that failed were made.
        waits: How long those were held up that had no token that served, in seconds.
        renewing: How long those were held up that renewed early, in seconds.
        killed: Those that ended with their process, held to the end of the run: a flow that is
            closed tidies up, and a process that dies does not.
        under_way: How many have not ended.
        deaths: How many processes died.
        complaints: How many processes left the cache alone, which has no fault.
    """

    since: float
    calls: int = 0
    failed: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    renewing: list[float] = field(default_factory=list)
    killed: list["Running"] = field(default_factory=list)
    under_way: int = 0
    deaths: int = 0
    complaints: int = 0

    def fail(self, began: float) -> None:
        """Count a call that failed."""
        if began >= self.since:
            self.failed.append(began)

    def wait(self, began: float, seconds: float, *, served: bool) -> None:
        """Count a call that was held up, and may have had a token that served."""
        if began >= self.since and seconds:
            (self.renewing if served else self.waits).append(seconds)


@dataclass
class Running:
    """A call that has come to its first step.

    Attributes:
        steps: Its flow.
        context: What its flow runs in, as that of a thread or task.
        step: What it waits for.
        began: When it was made, in seconds.
        served: Whether it had a token that served when it began.
    """

    steps: Steps[Any]
    context: Context
    step: Step
    began: float
    served: bool

    def go_on(self, outcome: Any, error: Exception | None, caller: Caller) -> bool:
        """Hand in what became of the step; tells whether there is another one.

        Raises:
            Exception: The call has failed.
        """
        goes_on = True
        try:
            if error is None:
                self.step = self.context.run(self.steps.send, outcome)
            else:
                self.step = self.context.run(self.steps.throw, error)
        except StopIteration:
            goes_on = False
        if isinstance(error, requests.RequestException) and not caller.survives:
            self.context.run(self.steps.close)
            raise error
        return goes_on


@dataclass
class Fleet:
    """What all processes share.

    Attributes:
        env: The simulation.
        clock: Its time.
        policy: How they renew.
        delta: The mean time of the token endpoint, in seconds.
        caller: What the HTTP client can do.
        cache: The cache, where anything is shared.
        endpoint: The token endpoint.
        chance: Where the delays come from.
        tally: What became of the calls.
        horizon: The end of the run, in seconds.
        dies: Tells whether a process that has just taken the lease dies.
        every: Whether each call is run, one in which nothing happens too.
        at_end: What is to be done after the run.
    """

    env: simpy.Environment
    clock: SimulatedClock
    policy: Policy
    delta: float
    caller: Caller
    cache: SimulatedCache | None
    endpoint: TokenEndpoint
    chance: Random
    tally: Tally
    horizon: float
    dies: Callable[[], bool]
    every: bool
    at_end: list[Callable[[], None]] = field(default_factory=list)
