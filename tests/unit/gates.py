"""What is done inside a gate, and who goes through it: threads, and tasks of any event loop."""

import threading
from collections.abc import Callable
from typing import Any

import anyio

from dtz_dastra_auth._drivers import perform_blocking
from dtz_dastra_auth._flow import Await, Caller, Pause, Steps
from dtz_dastra_auth._gate import Gate
from dtz_dastra_auth._token import Deadline, SystemClock

BLOCKING, TASK = Caller(blocks=True), Caller(blocks=False)
LABEL = "a person"
# Seconds. Who waits in vain fails instead of hanging.
PATIENCE = 30.0


def a_gate() -> Gate:
    return Gate("token request", shares_errors=True)


class Inside:
    """Counts who is inside.

    Attributes:
        runs: How often somebody went in.
        most: How many were inside at the same time, at most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.runs = self.most = 0

    def steps(self) -> Steps[str]:
        with self._lock:
            self.runs += 1
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            yield Pause(0.005)
        finally:
            with self._lock:
                self._now -= 1
        return "done"


def blocking(steps: Steps[Any]) -> Any:
    """Run steps to their end on this thread."""
    try:
        step = next(steps)
        while True:
            step = steps.send(perform_blocking(step))
    except StopIteration as end:
        return end.value


async def in_task(steps: Steps[Any]) -> Any:
    """Run steps to their end in this task; what ends the task closes them."""
    outcome: Any = None
    try:
        while True:
            step = steps.send(outcome)
            if isinstance(step, Await):
                outcome = await step.flight.join_async(step.deadline.left())
            else:
                assert isinstance(step, Pause)
                outcome = None
                await anyio.sleep(step.seconds)
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


def through(gate: Gate, steps: Callable[[], Steps[Any]], caller: Caller = BLOCKING) -> Steps[Any]:
    return gate.through(steps, caller, Deadline.after(SystemClock(), PATIENCE), LABEL)
