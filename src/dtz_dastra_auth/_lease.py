"""Who in a fleet renews a token, decided without any I/O.

Rules
    Of all processes that share a cache one makes the token request, and the others take its
    token. Who has a token that serves waits for nobody. Who has none waits for the winner's with
    a bound, and then asks on its own. A failure is shared like a token. No failure of the cache
    reaches a caller.

Theory of operation
    Inside a process a flight (`_flight`) has one leader; these are its steps. It looks for a
    newer token in the cache, and for who has the lease. Where nobody has, it tries to take it with
    ``add``, which is atomic in the caches that can promise one renewal. The winner looks once more,
    since another's token may have come between two questions, asks, keeps the token for all, and
    gives the lease back. After a failure it leaves the failure where the lease was, for as long as
    nobody is to ask again.

    A holder that dies costs the rest of its lease. One that comes in late finds the token of
    who asked after it, and does not overwrite it. Clocks of other machines are not trusted with
    what is newer: that is what was not there when this process began.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from ._errors import TokenError, retold
from ._flow import Ask, Pause, Steps
from ._health import RESPITE, Health
from ._need import Attempt, Later, Need
from ._shelf import LEASE, Failed, GarbageError, Shelf
from ._slot import (
    PAUSE_AT_MOST,
    REFUSALS,
    REFUSED_PAUSE,
    RETRY_AFTER_CAP,
    SPACING,
    early_window,
)
from ._token import Clock, Token

T = TypeVar("T")

logger = logging.getLogger("dtz_dastra_auth")

# All in seconds.
DEAD_PAUSE = 3.0
# Enough for the lease of a holder that died, and the token request of the next.
LONGEST_WAIT = 15.0
LOOK_AGAIN = 2.0
FIRST_POLL, LAST_POLL = 0.05, 1.0
# Times that a lease was not to be had, and was nobody's.
_RACES = 3


class _TroubleError(Exception):
    """The cache is not to be asked now."""


class Share:
    """One process's share in one identity's token."""

    def __init__(
        self, shelf: Shelf, health: Health, clock: Clock, jitter: Callable[[], float]
    ) -> None:
        """Start with nothing known.

        Args:
            shelf: The identity's place in the cache.
            health: What is known of the cache.
            clock: Where the time is read.
            jitter: Gives a number from 0 up to 1, for spreading what processes do.
        """
        self._shelf = shelf
        self._health = health
        self._clock = clock
        self._jitter = jitter
        self._untold: tuple[float, Failed] | None = None
        self._doubts = False
        self._garbage: Any = None
        self._garbage_since = float("-inf")
        self._lease: Any = None
        self._lease_since = float("-inf")

    def renew(self, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Take the fleet's token, or make the token request for all.

        Args:
            need: What for.
            attempt: Makes the token request.
        """
        seen, self._doubts = None, False
        try:
            yield from self._tell_at_last()
            outcome, seen = yield from self._find(need)
        except _TroubleError:
            outcome = None
        if outcome is not None:
            return outcome
        try:
            token = yield from attempt()
        except Exception as error:
            failed = self._failed(error, need)
            if need.survives or (isinstance(error, TokenError) and error.status_code is not None):
                yield from self._tell(failed)
            else:
                # The client ends this call, and with it these steps, which then must not wait.
                self._untold = self._now() + failed.seconds, failed
            raise
        yield from self._keep(need, token, seen)
        return token

    def _find(self, need: Need) -> Steps[tuple[Token | Later | None, Any]]:
        """Look for a token; None when this process is to ask, and what was in the cache then."""
        began, races = self._now(), 0
        until = began + min(LONGEST_WAIT, need.deadline.left() / 2)
        while True:
            value, found = yield from self._look(need)
            if found is not None:
                return found, value
            # Asked first, also because Django's database cache adds atomically only where no row
            # is: reading removes one that has ended.
            lease, failed = yield from self._ask(self._shelf.standing)
            if lease is None and (yield from self._ask(self._shelf.claim)):
                return (yield from self._look_again(need))
            if lease is None or self._is_overdue(lease, failed.seconds if failed else LEASE):
                races += 1
                yield from self._clear(lease, races)
                continue
            races = 0
            later = self._later(need, failed)
            if later is not None:
                return later, value
            # Nobody was waiting for an early renewal: who waits now keeps the spacing and asks.
            wait = SPACING if failed else self._poll_after(self._now() - began)
            if self._now() + wait >= until:
                return None, value
            yield Pause(wait)
            if failed:
                yield from self._ask(partial(self._shelf.remove, lease))

    def _later(self, need: Need, failed: Failed | None) -> Later | None:
        """Tell who is not to wait for the one that asks, or for the end of a failure."""
        if failed is not None and (failed.for_all or need.token is not None):
            return Later(max(failed.left, SPACING), failed.error)
        if need.token is None:
            return None
        left = need.token.left(self._clock.now())
        return Later(min(LOOK_AGAIN, left / 4) * (0.5 + self._jitter()))

    def _poll_after(self, waited: float) -> float:
        return min(max(waited / 2, FIRST_POLL), LAST_POLL) * (0.75 + self._jitter() / 2)

    def _clear(self, lease: Any, races: int) -> Steps[None]:
        """Deal with a lease that cannot be taken and that nobody has."""
        if races == _RACES:
            raise self._trouble("keeps nothing")
        # Once that is a race: it has been given back between the two questions.
        if lease is not None or races > 1:
            yield from self._ask(partial(self._shelf.remove, lease))

    def _look_again(self, need: Need) -> Steps[tuple[Token | None, Any]]:
        # With the lease: another's token can have come, and its lease gone, since the first look.
        value, found = yield from self._look(need)
        if found is not None:
            yield from self._ask(self._shelf.release)
        return found, value

    def _look(self, need: Need) -> Steps[tuple[Any, Token | None]]:
        """Look at what is kept for all: its value, and the token if it is the one needed."""
        value, token = yield from self._read()
        now = self._clock.now()
        if token is None or _is_old(token, need):
            return value, None
        if need.token is not None and token.left(now) <= early_window(token):
            # It is to be renewed itself.
            return value, None
        logger.info(
            "token for %s came from the shared store, it lives %.0f s", need.label, token.left(now)
        )
        return value, token

    def _read(self) -> Steps[tuple[Any, Token | None]]:
        value, token, is_garbage = yield from self._ask(self._shelf.get)
        if is_garbage:
            self._doubt(value)
        return value, token

    def _doubt(self, value: Any) -> None:
        """Overlook what is not to be believed once: the next token takes its place."""
        if self._doubts:
            return
        self._doubts, now = True, self._now()
        # Another process has found it too, and is asking.
        if now < self._garbage_since + LEASE and _is_same(value, self._garbage):
            return
        if now < self._garbage_since + RESPITE:
            raise self._trouble("goes on holding what is not to be believed")
        self._garbage, self._garbage_since = value, now
        logger.warning("the shared token store holds what is not to be believed, it is ignored")

    def _is_overdue(self, lease: Any, seconds: float) -> bool:
        """Tell a lease, or a failure, that does not end in its time.

        Some caches add in two steps, of which the second gives the key its end; and some take
        a key that has ended for one that is there.
        """
        if not _is_same(lease, self._lease):
            self._lease, self._lease_since = lease, self._now()
        return self._now() > self._lease_since + seconds + SPACING

    def _keep(self, need: Need, token: Token, seen: Any) -> Steps[None]:
        is_good = token.left(self._clock.now()) >= 1
        try:
            if is_good and not self._shelf.holds():
                # Another has asked meanwhile; what was not there before is newer.
                value, theirs, _ = yield from self._ask(self._shelf.get)
                is_good = theirs is None or _is_old(theirs, need) or _is_same(value, seen)
            if is_good:
                yield from self._ask(partial(self._shelf.put, token))
            yield from self._ask(self._shelf.release)
        except _TroubleError:
            return

    def _tell(self, failed: Failed) -> Steps[None]:
        try:
            yield from self._ask(partial(self._shelf.tell, failed))
        except _TroubleError:
            return

    def _tell_at_last(self) -> Steps[None]:
        if self._untold is not None:
            (until, failed), self._untold = self._untold, None
            if until - self._now() >= 1:
                left = replace(failed, seconds=until - self._now())
                yield from self._tell(left)

    def _failed(self, error: Exception, need: Need) -> Failed:
        left = need.token.left(self._clock.now()) if need.token else 0.0
        pause = min(PAUSE_AT_MOST, left / 2) if left > 0 else DEAD_PAUSE
        for_all = need.token is None
        if isinstance(error, TokenError):
            if error.retry_after is not None:
                pause, for_all = min(error.retry_after, RETRY_AFTER_CAP), True
            elif error.status_code in REFUSALS:
                pause, for_all = pause if left > 0 else REFUSED_PAUSE, True
        return Failed(retold(error, need.label), max(pause, SPACING), for_all)

    def _ask(self, question: Callable[[], T]) -> Steps[T]:
        if self._health.rests():
            raise _TroubleError
        try:
            outcome: T = yield Ask(question)
        except GarbageError:
            raise self._trouble("holds what is no lease of ours") from None
        except Exception as error:
            # Its text may hold the cache's address and password.
            raise self._trouble(f"failed with {type(error).__qualname__}") from None
        return outcome

    def _trouble(self, what: str) -> _TroubleError:
        self._health.rest(what)
        return _TroubleError(what)

    def _now(self) -> float:
        return self._clock.now().monotonic


def _is_old(token: Token, need: Need) -> bool:
    """Tell the token that is to be replaced.

    Some servers hand the same one out again until it ends, with what is left of its life.
    """
    previous = need.previous
    if previous is None or token.value != previous.value:
        return False
    return need.token is None or token.lifetime == previous.lifetime


def _is_same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:
        # What a cache unpickles may be of any class.
        return False
