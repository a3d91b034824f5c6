"""What the simulated processes of `fleet` live in: the time, the cache and the token endpoint."""

import json
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

import requests
import simpy
from urllib3.exceptions import MaxRetryError, NewConnectionError

from dtz_dastra_auth._flow import Answer, Exchange
from dtz_dastra_auth._token import Instant

LIFETIME = 300.0
# Seconds a question to the cache takes, and those until a connection is refused.
QUESTION = (0.0005, 0.0015)
REFUSAL = 0.001

Waits: TypeAlias = Generator[simpy.Event, Any, Any]


class SimulatedClock:
    """Both clocks of every machine; they agree."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._read = Instant(env.now, env.now)

    def now(self) -> Instant:
        """Read both clocks."""
        now = self._env.now
        if now != self._read.monotonic:
            self._read = Instant(now, now)
        return self._read


class SimulatedCache:
    """A cache with an atomic ``add``, as Redis and Memcached have it.

    Attributes:
        asked: How many questions came in each second.
        added: How many times ``add`` has found its key free.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self.asked: Counter[int] = Counter()
        self.added = 0
        self._env = env
        self._held: dict[str, tuple[str, float]] = {}

    def get(self, key: str) -> Any:
        """Give what is kept, until its time is over."""
        self.asked[int(self._env.now)] += 1
        value, until = self._held.get(key, (None, 0.0))
        return value if self._env.now < until else None

    def set(self, key: str, value: str, timeout: Any = None) -> Any:
        """Keep a value for some seconds."""
        self.asked[int(self._env.now)] += 1
        self._held[key] = (value, self._env.now + timeout)
        return True

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        """Keep a value if none is kept."""
        self.asked[int(self._env.now)] += 1
        _, until = self._held.get(key, (None, 0.0))
        if self._env.now < until:
            return False
        self._held[key] = (value, self._env.now + timeout)
        self.added += 1
        return True

    def delete(self, key: str) -> Any:
        """Forget a value."""
        self.asked[int(self._env.now)] += 1
        return self._held.pop(key, None) is not None


class LeaselessCache(SimulatedCache):
    """A cache in which everybody gets the lease, and none is kept: what sharing is without one.

    What would be told in a lease's place, a failure, is not shared either.
    """

    def __init__(self, env: simpy.Environment) -> None:
        super().__init__(env)
        self._leases: set[str] = set()

    def set(self, key: str, value: str, timeout: Any = None) -> Any:
        """Keep a value, unless it is that of a lease."""
        if key not in self._leases:
            return super().set(key, value, timeout)
        self.asked[int(self._env.now)] += 1
        return True

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        """Keep nothing, and say that it was kept."""
        self.asked[int(self._env.now)] += 1
        self._leases.add(key)
        return True


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the token endpoint gives no token.

    Attributes:
        begins: Seconds of the simulation.
        ends: Likewise.
        refuses: Whether connections are refused; else every answer is a 503.
    """

    begins: float
    ends: float
    refuses: bool = False


class TokenEndpoint:
    """A token endpoint that serves any number at once, each after its latency.

    Attributes:
        sent: When token requests were sent.
    """

    def __init__(
        self,
        env: simpy.Environment,
        latency: tuple[float, float],
        outage: Outage | None,
        chance: Random,
    ) -> None:
        self.sent: list[float] = []
        self._env = env
        self._latency = latency
        self._outage = outage
        self._chance = chance

    def exchange(self, step: Exchange) -> Waits:
        """Answer a token request, as requests tells its outcome.

        Raises:
            requests.ConnectionError: The connection is refused.
            requests.ReadTimeout: The answer does not come before the deadline.
        """
        self.sent.append(self._env.now)
        number, latency = len(self.sent), self._chance.uniform(*self._latency)
        outage = self._outage
        if outage is None or not outage.begins <= self._env.now < outage.ends:
            outage = None
        if outage is not None and outage.refuses:
            yield self._env.timeout(REFUSAL)
            raise _refused(step.url)
        if latency > step.deadline.left():
            yield self._env.timeout(max(step.deadline.left(), 0))
            raise requests.ReadTimeout
        yield self._env.timeout(latency)
        if outage is not None:
            return Answer(503, {}, b"")
        content = {"access_token": f"token-{number}", "expires_in": LIFETIME}
        return Answer(200, {}, json.dumps(content).encode())


def _refused(url: str) -> requests.ConnectionError:
    # As requests has it: what could not be connected is told from what was cut off by its reason.
    nobody: Any = None
    reason = NewConnectionError(nobody, "Connection refused")
    return requests.ConnectionError(MaxRetryError(nobody, url, reason))
