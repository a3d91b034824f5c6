"""Tokens, and the clock that their age is read from."""

import math
import time
from typing import Any, Final, NamedTuple, Protocol

from ._hidden import Credential


class Instant(NamedTuple):
    """One moment on two clocks, in seconds.

    The wall clock can be set, and the monotonic one stands still while some machines are
    suspended. Time between two instants is the larger of what the two clocks say, so that
    neither can make a dead token look good.
    """

    monotonic: float
    wall: float

    def since(self, earlier: "Instant") -> float:
        """Tell the seconds that have passed since an earlier instant."""
        return max(self.monotonic - earlier.monotonic, self.wall - earlier.wall)


_BEGINNING = Instant(0.0, 0.0)
_NOTHING: tuple[str | None, Credential] = (None, Credential(""))


class Clock(Protocol):
    """Anything that tells the time; a store is given one, tests give it theirs."""

    def now(self) -> Instant:
        """Read both clocks."""
        ...


class SystemClock:
    """The clocks of the machine."""

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(time.monotonic(), time.time())


class Token:
    """A secret that may have an end.

    No dataclass, and without a dictionary: encoders for JSON write either out.

    Attributes:
        value: The secret itself.
        lifetime: How long it lives, in seconds, counted from `taken`; infinite for a secret
            that has no end.
        taken: A moment before the token request was sent, so that the time the answer took is
            not added to the token's life.
        made: What a placement has made of the secret, once for all requests, behind what tells
            it from the texts of others.
    """

    __slots__ = ("__weakref__", "lifetime", "made", "taken", "value")

    def __init__(self, value: str, lifetime: float = math.inf, taken: Instant = _BEGINNING) -> None:
        self.value: Final = value
        self.lifetime: Final = lifetime
        self.taken: Final = taken
        self.made = _NOTHING

    def __reduce__(self) -> tuple[Any, ...]:
        # The oldest pickles know no slots.
        return Token, (self.value, self.lifetime, self.taken)

    def keep(self, name: str, text: str) -> Credential:
        """Keep what a placement has made of the secret.

        Args:
            name: What tells it from the texts of other placements.
            text: The text; it is given back as one that does not show itself.
        """
        hidden = Credential(text)
        self.made = name, hidden
        return hidden

    def __repr__(self) -> str:
        return f"Token(lifetime={self.lifetime!r}, taken={self.taken!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and (
            (self.value, self.lifetime, self.taken) == (other.value, other.lifetime, other.taken)
        )

    def __hash__(self) -> int:
        return hash((self.value, self.lifetime, self.taken))

    @property
    def expires_at(self) -> float:
        """Tell when it ends, in seconds since the epoch of the wall clock."""
        return self.taken.wall + self.lifetime

    def left(self, now: Instant) -> float:
        """Tell the seconds of life that are left, negative when there are none."""
        return self.lifetime - now.since(self.taken)


class Deadline(NamedTuple):
    """A moment on a monotonic clock after which nobody waits any more.

    Attributes:
        clock: Where the time is read.
        at: The moment, in seconds of that clock.
    """

    clock: Clock
    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> "Deadline":
        """Set a deadline this many seconds from now."""
        return cls(clock, clock.now().monotonic + seconds)

    def left(self) -> float:
        """Tell the seconds that are left, negative when it has passed."""
        return self.at - self.clock.now().monotonic
