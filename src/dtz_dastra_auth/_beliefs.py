"""What a process believes of what it finds in a shared cache.

Whoever can write there can put back what was true once, or something else altogether.
"""

import logging
from collections import deque
from typing import Any

from ._health import RESPITE, Health
from ._need import Need
from ._shelf import LEASE, Failed
from ._slot import SPACING
from ._token import Clock, Token

logger = logging.getLogger("dtz_dastra_auth")

# Tokens that were replaced.
_REMEMBERED = 16


class Beliefs:
    """One process's judgement on one identity's values."""

    def __init__(self, health: Health, clock: Clock) -> None:
        """Start with nothing seen.

        Args:
            health: Whether the cache is asked.
            clock: Where the time is read.
        """
        self._health = health
        self._clock = clock
        self._is_told = False
        self._garbage: Any = None
        self._garbage_since = float("-inf")
        self._lease: Any = None
        self._lease_since = float("-inf")
        self._replaced: deque[str] = deque(maxlen=_REMEMBERED)

    def begin(self, need: Need) -> None:
        """Begin another renewal.

        Args:
            need: What for; the token that it replaces is never taken back.
        """
        self._is_told = False
        previous = need.previous
        if previous is not None and previous.value not in self._replaced:
            self._replaced.append(previous.value)

    def doubt(self, value: Any) -> None:
        """Overlook what is not to be believed once: the next token takes its place.

        Args:
            value: What stands where the token should.

        Raises:
            TroubleError: It is not the first in a while, so that the cache is left alone.
        """
        if self._is_told:
            return
        self._is_told, now = True, self._clock.now().monotonic
        # Another process has found it too, and is asking.
        if now < self._garbage_since + LEASE and is_same(value, self._garbage):
            return
        if now < self._garbage_since + RESPITE:
            raise self._health.trouble("goes on holding what is not to be believed")
        self._garbage, self._garbage_since = value, now
        logger.warning("the shared token store holds what is not to be believed, it is ignored")

    def is_old(self, token: Token, need: Need) -> bool:
        """Tell a token that is to be replaced, or was.

        Some servers hand the same one out again until it ends, with what is left of its life.

        Args:
            token: What was found.
            need: What for.
        """
        previous = need.previous
        if previous is None or token.value != previous.value:
            return token.value in self._replaced
        return need.token is None or token.lifetime == previous.lifetime

    def is_overdue(self, lease: Any, failed: Failed | None, lasts: float) -> bool:
        """Tell a lease, or a failure, that does not end in its time.

        Some caches add in two steps, of which the second gives the key its end; and some take
        a key that has ended for one that is there.

        Args:
            lease: The value that stands where a lease does.
            failed: What it says, if it is a failure.
            lasts: How long a lease lasts, in seconds.
        """
        now = self._clock.now().monotonic
        if not is_same(lease, self._lease):
            self._lease, self._lease_since = lease, now
        lasts = failed.seconds if failed else lasts
        return now > self._lease_since + lasts + SPACING


def is_same(one: Any, other: Any) -> bool:
    """Compare two values of a cache, of whatever class."""
    try:
        return bool(one == other)
    except Exception:
        # What a cache unpickles may be of any class.
        return False
