"""Whether a process uses its shared cache, after what it has met there."""

import logging

from ._token import Clock

logger = logging.getLogger("dtz_dastra_auth")

# Seconds.
RESPITE = 30.0


class Health:
    """Whether a process uses its cache, after what it has met there."""

    def __init__(self, clock: Clock) -> None:
        """Begin with trust.

        Args:
            clock: Where the time is read.
        """
        self._clock = clock
        self._rests_until = float("-inf")

    def rests(self) -> bool:
        """Tell whether the cache is left alone."""
        return self._clock.now().monotonic < self._rests_until

    def rest(self, why: str) -> None:
        """Leave the cache alone for a while.

        Args:
            why: What it did, in words that are not secret.
        """
        self._rests_until = self._clock.now().monotonic + RESPITE
        logger.warning("the shared token store %s; it is left alone for %.0f s", why, RESPITE)
