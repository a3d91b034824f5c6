"""How a token is renewed, as steps: by one caller, for all.

Rules
    Any number of callers cause one token request. Nobody waits while the old token serves,
    except the one that renews it early. A failure is shared by all who waited for it, and is
    followed by a pause. What was cancelled is nobody's failure.

Implementation
    `Slot.turn` says what a caller does; `renewed` does it. An early renewal that fails harms
    nobody, not even its own caller, where the driver lets the call live.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

from ._errors import TokenError, is_answer, retold
from ._flight import Landing
from ._flow import Await, Caller, Pause, Steps
from ._need import Attempt, Later, Need, Obtain
from ._slot import SPACING, Slot
from ._token import Deadline, Token
from ._turns import Failure, Lead

logger = logging.getLogger("dtz_dastra_auth")

# What a server says that has a passing trouble, and the longest it may ask a second try to wait.
_PASSING = frozenset({500, 502, 503, 504})
_PATIENCE = 5.0

_alone: ContextVar[bool] = ContextVar("dtz_dastra_auth_alone", default=False)


@dataclass(slots=True, eq=False, repr=False)
class Renewal:
    """One caller's need of a token.

    Attributes:
        slot: The identity's state.
        obtain: Makes one token request, given the deadline and the token to be replaced, if any;
            gives the new token's value and lifetime in seconds.
        label: The identity in words that are not secret, for logs and errors.
        caller: What the driver can do.
        renew: Gets a new token from elsewhere, or makes the attempt it is given.
        is_careful: Whether a token request spends what made it: then it is not cut off when it is
            early, and nobody makes one while another's is under way.
    """

    slot: Slot
    obtain: Obtain
    label: str
    caller: Caller
    renew: Callable[[Need, Attempt], Steps[Token | Later]] = field(
        default=lambda need, attempt: attempt()
    )
    is_careful: bool = False

    def token(
        self, rejected: Token | None, deadline: Deadline, lead_by: Deadline | None = None
    ) -> Steps[Token]:
        """Give the identity's token, renewed when that is due.

        Args:
            rejected: The token that the caller's request has just come back with a 401 for.
            deadline: When the token has to be there.
            lead_by: The same where this caller makes the token request, if that has more time.

        Raises:
            TokenError: No token could be had.
        """
        mark = object()
        try:
            return (yield from self._token(mark, rejected, deadline, lead_by or deadline))
        finally:
            # However this caller ended, by a signal between two lines even: what it leads and
            # has not ended goes to one of those who wait.
            self.slot.release(mark)

    def _token(
        self, mark: object, rejected: Token | None, deadline: Deadline, lead_by: Deadline
    ) -> Steps[Token]:
        while True:
            turn = self.slot.turn(
                rejected,
                lead_by,
                mark,
                at_risk=not self.caller.survives,
                is_patient=self.is_careful,
            )
            if isinstance(turn, Token):
                return turn
            if isinstance(turn, Failure):
                raise retold(turn.error, self.label)
            if isinstance(turn, Lead):
                token = yield from self._lead(turn, turn.previous or rejected)
                if token is not None:
                    return token
                continue
            if turn.is_mine() or (self.caller.blocks and turn.thread == threading.get_ident()):
                return (yield from self._go_alone(deadline, rejected))
            try:
                landing: Landing | None = yield Await(turn, deadline)
            except TimeoutError:
                message = f"waited too long for the token request for {self.label}"
                raise TokenError(message) from None
            if landing is not None and landing.token is not None:
                return landing.token
            if landing is not None and landing.error is not None:
                raise retold(landing.error, self.label)

    def _lead(self, lead: Lead, previous: Token | None) -> Steps[Token | None]:
        """Get a new token for all; None when there is none yet and the old one has died."""
        began = self.slot.clock.now().monotonic
        need = Need(self.label, lead.deadline, lead.token, previous, self.caller.survives)
        with lead.flight.led():
            try:
                if lead.after:
                    yield Pause(lead.after)
                outcome = yield from self.renew(need, partial(self._attempt, lead, previous))
            except Exception as error:
                self.slot.fail(lead.flight, retold(error, self.label), early=lead.is_early)
                if not lead.is_early or not (self.caller.survives or is_answer(error)):
                    raise
                return self._old(lead)
        if isinstance(outcome, Token):
            self.slot.land(lead.flight, outcome, began)
            return outcome
        if lead.is_early:
            self.slot.put_off(lead.flight, outcome.seconds)
            return self._old(lead)
        told = retold(outcome.error or TokenError("there is no token now"), self.label)
        self.slot.fail(lead.flight, told, early=False, pause=outcome.seconds)
        raise retold(told, self.label)

    def _attempt(self, lead: Lead, previous: Token | None) -> Steps[Token]:
        token = yield from self._try(lead.deadline, previous, again=not lead.is_early)
        # Nobody in this process waits while it is shared with others.
        self.slot.land(lead.flight, token)
        return token

    def _old(self, lead: Lead) -> Token | None:
        token = lead.token
        return token if token and token.left(self.slot.clock.now()) > 0 else None

    def _go_alone(self, deadline: Deadline, rejected: Token | None) -> Steps[Token]:
        # Whoever has to wait for itself (a hook that calls while its own call is renewing, a
        # blocking call on the thread of the loop that leads) makes a token request of its own.
        if _alone.get() or self.is_careful:
            raise TokenError(f"the token request for {self.label} called back into itself")
        failure = self.slot.pausing()
        if failure is not None:
            raise retold(failure.error, self.label)
        reset = _alone.set(True)
        try:
            token = yield from self._try(deadline, rejected, again=False)
        except Exception as error:
            self.slot.note(retold(error, self.label), early=False)
            raise
        else:
            self.slot.keep(token)
            return token
        finally:
            with suppress(ValueError):
                _alone.reset(reset)

    def _try(self, deadline: Deadline, previous: Token | None, *, again: bool) -> Steps[Token]:
        before, had = self.slot.clock.now(), deadline.left()
        try:
            granted = yield from self.obtain(deadline, previous)
        except Exception as error:
            logger.warning("token request for %s failed: %s", self.label, _named(error))
            delay = self._second_try_after(error)
            # An answer to the second one would be lost where there is too little time for it.
            least = had / 2 if self.is_careful else 0.0
            if not again or delay is None or deadline.left() - delay <= least:
                raise
            # Should this caller be cancelled meanwhile, the next one keeps the spacing.
            self.slot.note(retold(error, self.label), early=True)
        else:
            took = self.slot.clock.now().since(before)
            logger.info(
                "token request for %s took %.3f s, the token lives %.0f s",
                self.label,
                took,
                granted.lifetime,
            )
            return Token(granted.value, granted.lifetime, before)
        yield Pause(delay)
        return (yield from self._try(deadline, previous, again=False))

    def _second_try_after(self, error: Exception) -> float | None:
        if isinstance(error, TokenError) and error.status_code in _PASSING:
            asked = error.retry_after or 0.0
            return max(asked, SPACING) if asked <= _PATIENCE else None
        return SPACING if self.caller.survives and self.caller.was_reset(error) else None


def _named(error: Exception) -> str:
    # Only our own texts are known to hold nothing secret.
    return str(error) if isinstance(error, TokenError) else type(error).__qualname__
