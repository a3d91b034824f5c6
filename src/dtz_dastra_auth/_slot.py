"""The state of one identity's token in this process, and what a caller is to do about it.

A slot's lock guards assignments only; it is never held across a step, a callback or a log line.
"""

import random
import threading
from collections.abc import Callable

from ._errors import TokenError
from ._flight import Flight, Landing
from ._token import Clock, Deadline, Instant, Token
from ._turns import Failure, Lead

# All in seconds. A long-lived token is renewed a minute before its end, a short-lived one with a
# fifth of its life left; a try that nobody waits for may hold its own caller up for 5 s at most.
EARLY_AT_MOST = 60.0
EARLY_TIMEOUT = 5.0
# With less life left no answer would come in time; and where that ends the call, as in httpx,
# nothing is risked that a busy machine can break.
LEAST_LEFT = 0.2
LEAST_LEFT_AT_RISK = 1.0
YOUNG = 1.0
SPACING = 1.0
PAUSE_AT_MOST = 30.0
RETRY_AFTER_CAP = 60.0
REFUSED_PAUSE = 30.0
# What a server says that will not have it otherwise in a second.
REFUSALS = frozenset({400, 401, 403})


def early_window(token: Token) -> float:
    """Tell how many seconds before its end a token is renewed at the earliest."""
    return min(EARLY_AT_MOST, token.lifetime / 5)


class Slot:
    """What is known of one identity's token in this process.

    Attributes:
        clock: Where the time is read.
        is_in_use: Whether a token was asked for since a store has last set this to False.
        is_dropped: Whether its store has forgotten it; what holds it is to ask for another.
    """

    __slots__ = (
        "__weakref__",
        "_arrived",
        "_asked",
        "_failure",
        "_flight",
        "_fresh",
        "_jitter",
        "_lock",
        "_put_off_until",
        "_refused",
        "_renew_below",
        "_token",
        "clock",
        "is_dropped",
        "is_in_use",
    )

    def __init__(self, clock: Clock, jitter: Callable[[], float] = random.random) -> None:
        """Start with nothing known.

        Args:
            clock: Where the time is read.
            jitter: Gives a number from 0 up to 1, for spreading renewals and pauses.
        """
        self.clock = clock
        self._jitter = jitter
        self.is_in_use = self.is_dropped = False
        self.forget_flight()
        self.forget()

    def forget(self) -> None:
        """Drop the token and the last failure; a flight under way goes on."""
        with self._lock:
            self._token: Token | None = None
            self._refused: Token | None = None
            self._fresh: tuple[Token, float, float] | None = None
            self._renew_below = 0.0
            self._arrived = self._asked = self._put_off_until = float("-inf")
            self._failure: Failure | None = None

    def forget_flight(self) -> None:
        """Start as a forked child: with the token, without the lock and flight of the parent."""
        # Reentrant, since a signal handler may make a call while its thread is in here.
        self._lock = threading.RLock()
        self._flight: Flight | None = None

    def ready(self) -> Token | None:
        """Give a token about which there is nothing to decide, None when there is.

        What a call asks first, without a lock: nearly always it is all.
        """
        fresh = self._fresh
        if fresh is None:
            return None
        token, monotonic, wall = fresh
        now = self.clock.now()
        return token if now.monotonic < monotonic and now.wall < wall else None

    def turn(
        self,
        rejected: Token | None,
        deadline: Deadline,
        mark: object = None,
        *,
        at_risk: bool = False,
        is_patient: bool = False,
    ) -> Token | Lead | Flight | Failure:
        """Decide what a caller does now.

        Args:
            rejected: The token that the caller's request has just come back with a 401 for.
            deadline: When the caller has to have its token.
            mark: What `release` will know the caller's lead by.
            at_risk: Whether a token request that fails ends the caller's own call.
            is_patient: Whether an early renewal has all the time that any other one has.

        Returns:
            A token to use, a lead to take, a flight to wait for, or the failure of the last
            token request, when the pause after it is not over.
        """
        now = self.clock.now()
        with self._lock:
            token, failure = self._token, self._failure
            under_way = self._under_way(now)
            if token is not None and self._serves(token, now, rejected):
                if (
                    under_way is None
                    and rejected is None
                    and self._is_due(token, now, at_risk=at_risk)
                ):
                    if not is_patient:
                        most = min(EARLY_TIMEOUT, token.left(now) / 2)
                        deadline = Deadline(self.clock, min(deadline.at, now.monotonic + most))
                    return self._take_off(now, deadline, mark, token)
                return token
            if under_way is not None:
                return under_way
            wait = failure.next_needed - now.monotonic if failure else 0.0
            if failure is None or wait <= 0:
                return self._take_off(now, deadline, mark)
            # Nobody was waiting for an early renewal, so its failure is not shared: whoever
            # comes first once the old token has died keeps the spacing and tries.
            if failure.early and wait <= SPACING:
                return self._take_off(now, deadline, mark, after=wait)
            return failure

    def reject(self, token: Token) -> None:
        """Have the next caller renew a token that was refused, unless it has a successor.

        Others go on with it meanwhile: it may still serve them.
        """
        now = self.clock.now()
        with self._lock:
            if self._token is not None and not self._serves(self._token, now, token):
                self._refused, self._fresh = token, None

    def keep(self, token: Token, asked: float | None = None) -> None:
        """Keep a new token.

        Args:
            token: The token.
            asked: When it was asked for, in monotonic seconds, if that was elsewhere and it had
                been there for a while; when it was taken, if None.
        """
        began = token.taken.monotonic if asked is None else asked
        with self._lock:
            # A leader that comes in overdue must not put its token over a newer one.
            if began < self._asked:
                return
            self._token = token
            self._refused = None
            self._asked = began
            # What has been elsewhere is as young as its request.
            now = self.clock.now().monotonic
            self._arrived = now if asked is None else token.taken.monotonic
            self._renew_below = early_window(token) * (1 - self._jitter() / 4)
            serves = token.lifetime - self._renew_below
            self._fresh = token, token.taken.monotonic + serves, token.taken.wall + serves
            self._put_off_until = float("-inf")
            self._failure = None

    def land(self, flight: Flight, token: Token, asked: float | None = None) -> None:
        """Keep a new token and hand it to all who wait for this flight.

        Args:
            flight: The flight.
            token: The token; as `keep` has it, unless it is kept already.
            asked: As `keep` has it.
        """
        with self._lock:
            if self._token is not token:
                self.keep(token, asked)
            self._clear(flight)
        flight.land(Landing(token=token))

    def put_off(self, flight: Flight, seconds: float) -> None:
        """End an early renewal without a token: somebody elsewhere is at it.

        Args:
            flight: The flight.
            seconds: How long no early renewal is tried.
        """
        with self._lock:
            if self._flight is flight:
                self._put_off_until = self.clock.now().monotonic + seconds
                self._flight = None
        flight.give_up()

    def note(self, error: TokenError, *, early: bool) -> None:
        """Keep a failure, so that the spacing between tries is kept."""
        now = self.clock.now()
        with self._lock:
            self._failure = self._failed(error, now, early=early)

    def pausing(self) -> Failure | None:
        """Give the last failure while nothing at all is to be tried after it."""
        failure = self._failure
        if failure is None or self.clock.now().monotonic >= failure.next_needed:
            return None
        return failure

    def fail(
        self, flight: Flight, error: TokenError, *, early: bool, pause: float | None = None
    ) -> None:
        """Keep a failure and hand it to all who wait for this flight.

        Who waits for an early renewal came when the old token had died, and has had no try of
        its own: the next flight is theirs.

        Args:
            flight: The flight.
            error: What its leader met.
            early: Whether it was an early renewal.
            pause: Seconds for which nothing is tried, where somebody else has said so.
        """
        with self._lock:
            # What a leader met that came in overdue is old news.
            if self._flight is flight:
                if pause is None:
                    self.note(error, early=early)
                else:
                    until = self.clock.now().monotonic + pause
                    self._failure = Failure(error, early, until, until)
                self._flight = None
        if early:
            flight.give_up()
        else:
            flight.land(Landing(error=error))

    def release(self, mark: object) -> None:
        """Let one of those who wait take the lead, if the caller with this mark still has it."""
        flight = self._flight
        if flight is not None and flight.mark is mark:
            with self._lock:
                self._clear(flight)
            flight.give_up()

    def _failed(self, error: TokenError, now: Instant, *, early: bool) -> Failure:
        left = self._token.left(now) if self._token else 0.0
        pause = min(max(left / 2, 1), PAUSE_AT_MOST) * (0.9 + self._jitter() / 5)
        pause, needed = max(pause, SPACING), SPACING
        if error.retry_after is not None:
            pause = needed = max(min(error.retry_after, RETRY_AFTER_CAP), SPACING)
        elif error.status_code in REFUSALS:
            pause = needed = REFUSED_PAUSE
        return Failure(error, early, now.monotonic + pause, now.monotonic + needed)

    def _under_way(self, now: Instant) -> Flight | None:
        flight = self._flight
        return flight if flight is not None and now.monotonic < flight.overdue else None

    def _serves(self, token: Token, now: Instant, rejected: Token | None) -> bool:
        if rejected is not None and token.value == rejected.value:
            # A server that counts in whole seconds may end a token a second early. One with so
            # little left is as old as its request: counted from its arrival, it could be dead
            # there and still be young here.
            is_ending = token.left(now) <= YOUNG
            since = token.taken.monotonic if is_ending else self._arrived
            return now.monotonic - since < YOUNG
        # One that arrives expired is used while it is young, else every call would fetch one.
        return now.monotonic - self._arrived < YOUNG or token.left(now) > 0

    def _is_due(self, token: Token, now: Instant, *, at_risk: bool) -> bool:
        left = token.left(now)
        least = LEAST_LEFT_AT_RISK if at_risk else LEAST_LEFT
        if left < least or (left > self._renew_below and not self._is_refused(token)):
            return False
        if now.monotonic < self._put_off_until:
            return False
        return self._failure is None or now.monotonic >= self._failure.next_early

    def _is_refused(self, token: Token) -> bool:
        return self._refused is not None and self._refused.value == token.value

    def _take_off(
        self,
        now: Instant,
        deadline: Deadline,
        mark: object,
        token: Token | None = None,
        after: float = 0.0,
    ) -> Lead:
        # Twice the time and a second: what a library may take beyond its deadline.
        overdue = now.monotonic + 2 * (deadline.at - now.monotonic) + 1
        self._flight = flight = Flight(overdue, mark)
        return Lead(flight, deadline, token, self._token, after)

    def _clear(self, flight: Flight) -> None:
        # A flight that came in overdue is no longer the one others wait for.
        if self._flight is flight:
            self._flight = None
