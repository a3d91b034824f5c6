"""Whether a process uses its shared cache, after what it has met there."""

import itertools
import logging
import os
from collections.abc import Callable
from typing import TypeVar

from ._shelf import GarbageError
from ._token import Clock

T = TypeVar("T")

logger = logging.getLogger("dtz_dastra_auth")

# All in seconds.
RESPITE = 30.0
# Whoever asked may have been cancelled since: its question goes on in a thread that nobody waits
# for. While it is open for longer than that, no other one is asked.
HESITATION = 0.5
SLOW = 1.0
# For the first question of all: clients import what they need then, and connect.
FIRST = 5.0
# So many may wait for it meanwhile, or have been cancelled.
_MOST_FIRST = 8


class TroubleError(Exception):
    """The cache is not to be asked now; that has been told."""


class Health:
    """Whether a process uses its cache.

    Attributes:
        is_warm: Whether the cache has answered a question.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with trust.

        Args:
            clock: Where the time is read.
        """
        self._clock = clock
        self._rests_until = float("-inf")
        self._numbers = itertools.count()
        # When each question was asked that has not been answered, and in which process: a fork
        # copies it, and not the thread that asks. Changed in one step each time.
        self._open: dict[tuple[int, int], float] = {}
        self.is_warm = False

    def rests(self) -> bool:
        """Tell whether the cache is left alone."""
        now, begun = self._clock.now().monotonic, self._begun()
        longest = now - min([now, *begun])
        if longest > SLOW:
            self.rest("does not answer")
        is_crowded = not self.is_warm and len(begun) >= _MOST_FIRST
        return self.is_resting() or longest > HESITATION or is_crowded

    def is_resting(self) -> bool:
        """Tell whether the cache has failed, and is left alone for that."""
        return self._clock.now().monotonic < self._rests_until

    def _begun(self) -> list[float]:
        process = os.getpid()
        return [began for (mine, _), began in self._open.copy().items() if mine == process]

    def rest(self, why: str) -> None:
        """Leave the cache alone for a while.

        Args:
            why: What it did, in words that are not secret.
        """
        now = self._clock.now().monotonic
        if now >= self._rests_until:
            self._rests_until = now + RESPITE
            logger.warning("the shared token store %s; it is left alone for %.0f s", why, RESPITE)

    def trouble(self, why: str) -> TroubleError:
        """Leave the cache alone, and give what ends the questions to it.

        Args:
            why: As `rest` has it.
        """
        self.rest(why)
        return TroubleError(why)

    def ask(self, question: Callable[[], T], *, insists: bool = False) -> T:
        """Ask the cache, on whatever thread this is; nobody may wait for it any more.

        Args:
            question: The question.
            insists: Whether it is asked although it is left alone.

        Raises:
            TroubleError: The cache failed, or is left alone.
        """
        if not insists and self.rests():
            raise TroubleError
        number, began = (os.getpid(), next(self._numbers)), self._clock.now().monotonic
        if not self.is_warm:
            began += FIRST
        self._open[number] = began
        try:
            answer = question()
        except GarbageError:
            raise self.trouble("holds what is no lease of ours") from None
        except Exception as error:
            # Its text may hold the cache's address and password.
            raise self.trouble(f"failed with {type(error).__qualname__}") from None
        else:
            if self._clock.now().monotonic - began > SLOW:
                self.rest("takes too long to answer")
            self.is_warm = True
            return answer
        finally:
            del self._open[number]
