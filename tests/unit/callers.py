"""Callers that share one identity, each run by hand, step by step."""

from contextvars import copy_context
from typing import Any

from dtz_dastra_auth._flow import Await, Caller, Exchange, Step, Steps
from dtz_dastra_auth._need import Granted
from dtz_dastra_auth._renewal import Renewal
from dtz_dastra_auth._slot import Slot
from dtz_dastra_auth._token import Deadline, Token
from unit.clock import FakeClock

TOKEN_URL = "https://account.dastra.eu/connect/token"


class Running:
    """One caller's steps, run in a context of their own, as those of a task or thread are."""

    def __init__(self, steps: Steps[Any]) -> None:
        self._steps = steps
        self.context = copy_context()

    def send(self, outcome: object) -> Step:
        """Hand in the outcome of a step, and get the next one."""
        return self.context.run(self._steps.send, outcome)

    def next(self) -> Step:
        """Get the first step."""
        return self.send(None)

    def throw(self, error: BaseException) -> Step:
        """Have a step meet an error, and get the next one."""
        return self.context.run(self._steps.throw, error)

    def close(self) -> None:
        """Give the call up, as the cancellation of its task does."""
        self.context.run(self._steps.close)

    def result(self, outcome: object = None) -> Any:
        """Hand in the outcome of the last step, and get what the caller gets."""
        try:
            step = self.send(outcome)
        except StopIteration as end:
            return end.value
        raise AssertionError(f"not the end: {step}")

    def result_after(self, error: BaseException) -> Any:
        """Have the last step meet an error, and get what the caller gets all the same."""
        try:
            step = self.throw(error)
        except StopIteration as end:
            return end.value
        raise AssertionError(f"not the end: {step}")

    def join(self, step: Step) -> Any:
        """Wait as the step says, for a flight that has landed by now; get what the caller gets."""
        assert isinstance(step, Await)
        return self.result(step.flight.join(0))

    def rejoin(self, step: Step) -> Step:
        """Wait as the step says, for a flight that has ended without an outcome for this one."""
        assert isinstance(step, Await)
        return self.send(step.flight.join(0))


class House:
    """One identity's token in one process, and its callers.

    Attributes:
        clock: The clock that all of them read.
        slot: What they share.
        requests: How many token requests were made.
        previous: Which token each of them was to replace.
        held: All callers, none of which is garbage before this list is cleared.
    """

    def __init__(self, jitter: float = 0.5) -> None:
        self.clock = FakeClock()
        self.slot = Slot(self.clock, lambda: jitter)
        self.requests = 0
        self.previous: list[Token | None] = []
        # A caller that nobody holds is garbage, and its steps are closed.
        self.held: list[Running] = []

    def caller(
        self,
        rejected: Token | None = None,
        *,
        survives: bool = False,
        blocks: bool = False,
        timeout: float = 30.0,
        was_reset: bool = False,
    ) -> Running:
        """Add a caller; by default a task of an async client."""
        caller = Caller(blocks=blocks, survives=survives, was_reset=lambda error: was_reset)
        renewal = Renewal(self.slot, self._obtain, "Dastra public key 'shop'", caller)
        running = Running(renewal.token(rejected, Deadline.after(self.clock, timeout)))
        self.held.append(running)
        return running

    def renewed(self, value: str = "old", lifetime: float = 3600.0) -> Token:
        """Have a caller get a new token, the last one having been rejected or dead."""
        leader = self.caller()
        assert isinstance(leader.next(), Exchange)
        token: Token = leader.result((value, lifetime))
        return token

    def renewed_for(self, rejected: Token, value: str, lifetime: float = 3600.0) -> Token:
        """Have a caller renew a token that it got a 401 for."""
        leader = self.caller(rejected)
        assert isinstance(leader.next(), Exchange)
        token: Token = leader.result((value, lifetime))
        return token

    def caller_after_a_second(self) -> Running:
        """Add a caller that comes when nothing is young any more."""
        self.clock.pass_(1.001)
        return self.caller()

    def _obtain(self, deadline: Deadline, previous: Token | None) -> Steps[Granted]:
        self.requests += 1
        self.previous.append(previous)
        answer: tuple[str, float] = yield Exchange(TOKEN_URL, {}, b"", deadline)
        return Granted(*answer)
