"""Single flight: of all who need a token, one asks and the others wait for its answer.

A flight is a `concurrent.futures.Future`, the one primitive that threads, asyncio tasks and trio
tasks can all wait for (an `anyio.Lock` belongs to one event loop). Threads wait in
`Flight.join`, tasks on an `anyio.Event` that the future's callback sets through their own loop.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

from ._errors import TokenError
from ._token import Token


class Landing(NamedTuple):
    """How a flight ended: with a token or with an error, one of them None."""

    token: Token | None = None
    error: TokenError | None = None


class Flight:
    """One token request under way, and those who wait for it."""

    __slots__ = ("_future", "mark", "overdue", "thread")

    def __init__(self, overdue: float, mark: object = None) -> None:
        """Take off.

        Args:
            overdue: The monotonic time in seconds after which nobody counts on it any more: its
                leader was abandoned without being closed.
            mark: What its leader is known by.
        """
        # With the first flight, as anyio below: not everybody has any.
        from concurrent.futures import Future

        self._future: Future[Landing] = Future()
        self.overdue = overdue
        self.mark = mark
        self.thread = threading.get_ident()

    def land(self, landing: Landing) -> None:
        """Hand the outcome to all who wait; only the first landing counts."""
        from concurrent.futures import InvalidStateError

        with suppress(InvalidStateError):
            self._future.set_result(landing)

    def give_up(self) -> None:
        """End without an outcome, so that one of those who wait takes the lead."""
        self._future.cancel()

    def join(self, seconds: float) -> Landing | None:
        """Block until it has ended.

        Args:
            seconds: How long to wait at most.

        Returns:
            The outcome, or None when the leader gave up.

        Raises:
            TimeoutError: It did not end in time.
        """
        from concurrent.futures import CancelledError

        try:
            return self._future.result(max(seconds, 0))
        except CancelledError:
            return None

    async def join_async(self, seconds: float) -> Landing | None:
        """Wait until it has ended, on asyncio or trio.

        Args:
            seconds: How long to wait at most.

        Returns:
            The outcome, or None when the leader gave up.

        Raises:
            TimeoutError: It did not end in time.
        """
        import anyio
        import anyio.lowlevel

        landed = anyio.Event()
        loop = anyio.lowlevel.current_token().native_token
        self._future.add_done_callback(partial(_wake, loop, landed))
        with anyio.fail_after(max(seconds, 0)):
            await landed.wait()
        return self.join(0)

    def is_mine(self) -> bool:
        """Tell whether this very call tree leads it, so that waiting would never end."""
        return self in _led.get()

    @contextmanager
    def led(self) -> Iterator[None]:
        """Mark what runs in this context (hooks of the client, say) as led by this flight."""
        reset = _led.set((*_led.get(), self))
        try:
            yield
        finally:
            # Closed by the garbage collector or another task: that context has no mark.
            with suppress(ValueError):
                _led.reset(reset)


_led: ContextVar[tuple[Flight, ...]] = ContextVar("dtz_dastra_auth_led", default=())


def _wake(loop: Any, event: Any, _future: object) -> None:
    # A loop that is gone raises (trio's RunFinishedError is a RuntimeError too), and with it has
    # gone whoever waited there.
    with suppress(RuntimeError):
        if hasattr(loop, "call_soon_threadsafe"):
            loop.call_soon_threadsafe(event.set)
        else:
            loop.run_sync_soon(event.set)
