"""The renewal policies that `fleet` compares; all of them run on the package's own code."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import simpy
from fleet_world import LeaselessCache, SimulatedCache

from dtz_dastra_auth import MemoryTokenStore, SharedTokenStore
from dtz_dastra_auth._slot import Slot
from dtz_dastra_auth._token import Clock, Deadline, Instant, Token
from dtz_dastra_auth._turns import Lead

Jitter: TypeAlias = Callable[[], float]
# In mean times of the token endpoint: with more life left, the chance of an early renewal in
# XFetch is below 1 in 10^8, and nobody looks.
_RELEVANT = 20.0
_MASK = 2**64 - 1


class AtExpirySlot(Slot):
    """Renew when the token has died, and not before."""

    def _is_due(self, token: Token, now: Instant, *, at_risk: bool) -> bool:
        return False


class XFetchSlot(Slot):
    """Renew early by chance, the likelier the less life is left (Vattani et al. 2015, beta = 1).

    The chance of a call is a function of its time, so that looking at a call beforehand is no
    second throw of the dice.
    """

    def __init__(self, clock: Clock, jitter: Jitter, delta: float) -> None:
        self._delta = delta
        self._salt = int(jitter() * _MASK)
        super().__init__(clock, jitter)

    def first_due(self, token: Token, calls: range, began: Instant) -> int:
        """Tell the next call that renews early, or the end of these, all of them a second apart.

        Args:
            token: What they are to renew.
            calls: Their numbers.
            began: When the first of them is made.
        """
        left = token.left(began)
        # Those before have no chance that would be worth a throw.
        first = max(math.ceil(left - _RELEVANT * self._delta), 0)
        for number in range(first, len(calls)):
            if self._is_thrown(began.monotonic + number, left - number):
                return calls[number]
        return calls.stop

    def _is_thrown(self, moment: float, left: float) -> bool:
        return -self._delta * math.log(self._throw(moment)) >= left

    def _is_due(self, token: Token, now: Instant, *, at_risk: bool) -> bool:
        return self._is_thrown(now.monotonic, token.left(now))

    def _throw(self, moment: float) -> float:
        # The finalizer of splitmix64, over whole microseconds.
        mixed = (round(1e6 * moment) * 0x9E3779B97F4A7C15 + self._salt) & _MASK
        mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _MASK
        return ((mixed ^ mixed >> 31) + 1) / 2**64

    def _take_off(
        self,
        now: Instant,
        deadline: Deadline,
        mark: object,
        token: Token | None = None,
        after: float = 0.0,
    ) -> Lead:
        # Who recomputes in XFetch does so to the end: there is no shorter limit for early ones.
        return super()._take_off(now, deadline, mark, None, after)._replace(token=token)


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to renew a token.

    Attributes:
        name: How it is called on the command line.
        title: How it is called in the table.
        make_slot: Makes the state of a process, given the mean time of the token endpoint too.
        make_cache: Makes the cache that all share; None when nothing is shared.
        leases: Whether one process at a time may ask.
    """

    name: str
    title: str
    make_slot: Callable[[Clock, Jitter, float], Slot]
    make_cache: Callable[[simpy.Environment], SimulatedCache] | None = SimulatedCache
    leases: bool = False

    def store(
        self, cache: SimulatedCache | None, clock: Clock, jitter: Jitter
    ) -> tuple[MemoryTokenStore | SharedTokenStore, MemoryTokenStore]:
        """Make the store of one process; gives its memory as well, which the slot is put into."""
        if cache is None:
            memory = MemoryTokenStore(clock=clock, jitter=jitter)
            return memory, memory
        # Sealing changes no decision, and thousands of processes would share one core for it.
        shared = SharedTokenStore(cache, encrypt=False, clock=clock, jitter=jitter)
        return shared, shared._memory


OURS = Policy("ours", "this package", lambda clock, jitter, _: Slot(clock, jitter), leases=True)
POLICIES = (
    replace(OURS, name="none", title="no sharing", make_cache=None, leases=False),
    replace(
        OURS,
        name="no-lease",
        title="shared without lease",
        make_cache=LeaselessCache,
        leases=False,
    ),
    replace(
        OURS,
        name="at-expiry",
        title="lease at expiry",
        make_slot=lambda clock, jitter, _: AtExpirySlot(clock, jitter),
    ),
    Policy("xfetch", "XFetch", XFetchSlot, LeaselessCache),
    OURS,
)
