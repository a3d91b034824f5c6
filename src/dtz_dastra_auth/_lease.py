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
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import Timer
from typing import Any, TypeVar

from ._beliefs import Beliefs, is_same
from ._errors import is_answer
from ._flow import Ask, Pause, Steps
from ._health import SLOW, Health, TroubleError
from ._need import Attempt, Later, Need
from ._pauses import failure
from ._shelf import Failed, Shelf
from ._slot import SPACING, early_window
from ._token import Clock, Token

T = TypeVar("T")

logger = logging.getLogger("dtz_dastra_auth")

# All in seconds.
# Enough for the lease of a holder that died, and the token request of the next.
LONGEST_WAIT = 15.0
LOOK_AGAIN = 2.0
FIRST_POLL, LAST_POLL = 0.05, 1.0
# Times that a lease was not to be had, and was nobody's.
_RACES = 3
# What questions may take of the time there is.
_FOR_QUESTIONS = 0.25
# For one of a cancelled call's own process to take over.
_GRACE = 0.2


class _LateError(TroubleError):
    """What is left of the time is for a token request."""


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
        self._beliefs = Beliefs(health, clock)
        # Seconds that the cache has taken of one need's time, and may take.
        self._spent = self._allowed = 0.0
        self._under_way = 0
        self._is_claiming = False

    def renew(self, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Take the fleet's token, or make the token request for all.

        Args:
            need: What for.
            attempt: Makes the token request.
        """
        seen, self._spent, self._is_claiming = None, 0.0, False
        self._beliefs.begin(need)
        had = need.deadline.left()
        self._allowed = had * _FOR_QUESTIONS
        self._under_way += 1
        try:
            try:
                yield from self._tell_at_last()
                outcome, seen = yield from self._find(need)
            except _LateError:
                # Who has a token that serves does not ask without the lease, nor with little time.
                outcome = Later(SPACING) if need.token else self._without_lease(need)
            except TroubleError:
                outcome = self._without_lease(need)
            if outcome is None and need.token is not None and need.deadline.left() < had / 2:
                outcome = Later(SPACING)
            if outcome is None:
                return (yield from self._make(need, attempt, seen))
        except GeneratorExit:
            self._let_go()
            raise
        finally:
            self._under_way -= 1
        if isinstance(outcome, Later):
            self._let_go()
        return outcome

    def _make(self, need: Need, attempt: Attempt, seen: Any) -> Steps[Token]:
        """Make the token request for all."""
        had = need.deadline.left()
        try:
            token = yield from attempt()
        except Exception as error:
            failed = failure(error, need, had, self._clock)
            if not (need.survives or is_answer(error)):
                # The client ends this call, and with it these steps, which then must not wait.
                self._untold = self._now() + failed.seconds, failed
                raise
            token_of_another = yield from self._tell(failed, need)
            if token_of_another is None:
                raise
            return token_of_another
        yield from self._keep(need, token, seen)
        return token

    def _let_go(self) -> None:
        """Give the lease back when a cancelled call was the last one of this process.

        Not at once: one of those who waited for it takes over, and the lease with it. Not here:
        this may be an event loop.
        """
        # A thread that nobody waits for goes on taking it.
        if not (self._shelf.holds() or self._is_claiming):
            return
        self._is_claiming, hold = False, self._shelf.hold

        def let_go() -> None:
            if not self._under_way:
                with suppress(TroubleError):
                    self._health.ask(partial(self._settle, hold))

        timer = Timer(_GRACE, let_go)
        timer.daemon = True
        # At the end of the interpreter no thread can be started any more.
        with suppress(RuntimeError):
            timer.start()

    def _settle(self, hold: object) -> None:
        self._shelf.release(hold)

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
            lease, failed = yield from self._ask_in_time(self._shelf.standing)
            if lease is None and (yield from self._claim()):
                return (yield from self._look_again(need))
            if lease is None or self._beliefs.is_overdue(lease, failed, self._shelf.lasts):
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
                return self._without_lease(need), value
            self._spent = 0.0
            yield Pause(wait)
            if failed:
                yield from self._ask_in_time(partial(self._shelf.remove, lease))

    def _without_lease(self, need: Need) -> Later | None:
        """Tell who cannot get the lease what to do: to ask on its own."""
        return None

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
            raise self._health.trouble("keeps nothing")
        # Once that is a race: it has been given back between the two questions.
        if lease is not None or races > 1:
            yield from self._ask_in_time(partial(self._shelf.remove, lease))

    def _claim(self) -> Steps[bool]:
        self._is_claiming = True
        has_won = yield from self._ask_in_time(self._shelf.claim)
        self._is_claiming = False
        return has_won

    def _look_again(self, need: Need) -> Steps[tuple[Token | None, Any]]:
        # With the lease: another's token can have come, and its lease gone, since the first look.
        value, found = yield from self._look(need)
        if found is not None:
            yield from self._give_back()
        return found, value

    def _give_back(self) -> Steps[None]:
        yield from self._ask(self._shelf.release)

    def _look(self, need: Need) -> Steps[tuple[Any, Token | None]]:
        """Look at what is kept for all: its value, and the token if it is the one needed."""
        value, token = yield from self._read()
        now = self._clock.now()
        if token is None or self._beliefs.is_old(token, need):
            return value, None
        if need.token is not None and token.left(now) <= early_window(token):
            # It is to be renewed itself.
            return value, None
        logger.info(
            "token for %s came from the shared store, it lives %.0f s", need.label, token.left(now)
        )
        return value, token

    def _read(self) -> Steps[tuple[Any, Token | None]]:
        value, token, is_garbage = yield from self._ask_in_time(self._shelf.get)
        if is_garbage:
            self._beliefs.doubt(value)
        return value, token

    def _keep(self, need: Need, token: Token, seen: Any) -> Steps[None]:
        is_good = token.left(self._clock.now()) >= 1
        try:
            if is_good and not self._shelf.holds():
                # Another has asked meanwhile; what was not there before is newer.
                value, theirs, _ = yield from self._ask(self._shelf.get)
                is_good = (
                    theirs is None or self._beliefs.is_old(theirs, need) or is_same(value, seen)
                )
            if is_good:
                yield from self._ask(partial(self._shelf.put, token))
            yield from self._give_back()
        except TroubleError:
            return

    def _tell(self, failed: Failed, need: Need | None = None) -> Steps[Token | None]:
        """Tell all of a failure, unless another process has a token by now, which is given."""
        try:
            if need is not None and not self._shelf.holds():
                _, token = yield from self._look(need)
                if token is not None:
                    return token
            yield from self._ask(partial(self._shelf.tell, failed))
        except TroubleError:
            pass
        return None

    def _tell_at_last(self) -> Steps[None]:
        if self._untold is not None:
            (until, failed), self._untold = self._untold, None
            if until - self._now() >= 1:
                left = replace(failed, seconds=until - self._now())
                yield from self._tell(left)

    def _ask(self, question: Callable[[], T]) -> Steps[T]:
        if self._health.rests():
            raise TroubleError
        before, counts = self._now(), self._health.is_warm
        outcome: T = yield Ask(partial(self._health.ask, question), is_ours=True)
        if counts:
            self._spent += self._now() - before
        return outcome

    def _ask_in_time(self, question: Callable[[], T]) -> Steps[T]:
        """Ask while there is time enough left for a token request."""
        if self._spent > max(self._allowed, SLOW):
            raise self._health.trouble("takes too long to answer")
        if self._spent > self._allowed:
            raise _LateError
        return (yield from self._ask(question))

    def _now(self) -> float:
        return self._clock.now().monotonic
