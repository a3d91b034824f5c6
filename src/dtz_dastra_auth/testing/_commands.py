"""What a test asks a stand-in to do in place of its ordinary answer.

Holds and commands are two things. A hold only makes answers wait, and what is answered is decided
after it is released: so a test can gather forty requests, expire their token, and let go. Commands
replace the answer, or put it off, and each matching request uses up one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Self

from ._messages import Outcome, Recorded

On = Literal["api", "token", "any"] | Callable[[Recorded], bool]


def matches(on: On, request: Recorded) -> bool:
    if callable(on):
        return on(request)
    return on == "any" or (on == "token") == request.is_token_request


@dataclass(frozen=True)
class Delay:
    """Seconds to let pass before the ordinary answer."""

    seconds: float


class Command:
    """One thing to do for some of the next requests.

    The service's lock guards the counters.
    """

    def __init__(
        self,
        action: Callable[[], Outcome | Delay],
        *,
        times: int | None,
        on: On,
        every: int,
    ) -> None:
        if times is not None and times < 1:
            raise ValueError("times must be at least 1, or None for until reset")
        if every < 1:
            raise ValueError("every must be at least 1")
        if isinstance(on, str) and on not in ("api", "token", "any"):
            raise ValueError("on must be 'api', 'token', 'any', or a function of the request")
        self.action = action
        self.left = times
        self._on: On = on
        self._every = every
        self._seen = 0

    def takes(self, request: Recorded) -> bool:
        """Count a request that reached this command, and say whether it is this one's turn."""
        if not matches(self._on, request):
            return False
        self._seen += 1
        if self._seen % self._every:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Hold:
    """Answers that wait until the test lets go.

    Use it as a context manager, so that a failing test lets go as well. `wait_for` blocks the
    calling thread: in async code call it through a worker thread.
    """

    def __init__(self, on: On) -> None:
        """Begin to hold; a stand-in's ``hold`` makes these.

        Args:
            on: Which requests wait, as in `DastraStandIn.fail`.
        """
        self._on: On = on
        self._arrivals = threading.Condition()
        self._arrived = 0
        self.gate: Future[None] = Future()

    @property
    def arrived(self) -> int:
        """How many requests have come to wait since the hold began."""
        with self._arrivals:
            return self._arrived

    def wait_for(self, n: int = 1, *, timeout: float = 10.0) -> None:
        """Block until requests have come to wait.

        Args:
            n: How many, counted from the beginning of the hold.
            timeout: Seconds after which to give up.

        Raises:
            TimeoutError: Fewer came in time; the message says how many.
        """
        with self._arrivals:
            if not self._arrivals.wait_for(lambda: self._arrived >= n, timeout):
                raise TimeoutError(
                    f"{self._arrived} of {n} requests arrived within {timeout} seconds"
                )

    def release(self) -> None:
        """Let all waiting answers go, in order of arrival, and hold no further ones."""
        with self._arrivals:
            if not self.gate.done():
                self.gate.set_result(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def takes(self, request: Recorded) -> bool:
        """Count a request that is to wait here, unless the hold is over."""
        if self.gate.done() or not matches(self._on, request):
            return False
        with self._arrivals:
            self._arrived += 1
            self._arrivals.notify_all()
        return True
