"""One at a time, among threads and tasks of any event loop.

A flight (`_flight`) that nobody gets a token from: those who wait for it try to be the next.
"""

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from ._errors import TokenError, retold
from ._flight import Flight, Landing
from ._flow import Await, Caller, Steps
from ._token import Deadline

T = TypeVar("T")


class Gate:
    """What one caller at a time goes through."""

    def __init__(self, what: str, *, shares_errors: bool) -> None:
        """Let the first caller in.

        Args:
            what: What is done inside, in the words of errors.
            shares_errors: Whether who has waited for somebody's steps gets what they met.
        """
        self._what = what
        self._shares_errors = shares_errors
        # Of each process its own, since a fork copies it; set and taken out in one step each.
        self._inside: dict[int, Flight] = {}

    @property
    def is_taken(self) -> bool:
        """Tell whether somebody is inside."""
        return os.getpid() in self._inside

    def is_mine(self) -> bool:
        """Tell whether this very call tree is inside, and would wait for itself."""
        flight = self._inside.get(os.getpid())
        return flight is not None and flight.is_mine()

    def through(
        self,
        steps: Callable[[], Steps[T]],
        caller: Caller,
        deadline: Deadline,
        label: str,
    ) -> Steps[T]:
        """Run steps when nobody else does.

        Args:
            steps: The steps.
            caller: What the driver can do.
            deadline: When who waits gives up.
            label: Whom it is done for, in words that are not secret.

        Raises:
            TokenError: Somebody else's steps failed while this caller waited, or took too long.
        """
        done = f"the {self._what} for {label}"
        process = os.getpid()
        while True:
            # However long it takes: two inside at once is what must not be.
            mine = Flight(float("inf"))
            inside = self._inside.setdefault(process, mine)
            if inside is mine:
                return (yield from self._inside_with(mine, steps, done))
            if inside.is_mine() or (caller.blocks and inside.thread == threading.get_ident()):
                raise TokenError(f"{done} called back into itself")
            try:
                landing: Landing | None = yield Await(inside, deadline)
            except TimeoutError:
                raise TokenError(f"waited too long for {done}") from None
            if landing is not None and landing.error is not None:
                raise retold(landing.error, label)

    def _inside_with(self, mine: Flight, steps: Callable[[], Steps[T]], done: str) -> Steps[T]:
        with mine.led():
            try:
                return (yield from steps())
            except Exception as error:
                if self._shares_errors:
                    mine.land(Landing(error=_named(error, done)))
                raise
            finally:
                self._leave(mine)
                mine.give_up()

    def _leave(self, flight: Flight) -> None:
        process = os.getpid()
        if self._inside.get(process) is flight:
            self._inside.pop(process, None)


def _named(error: Exception, done: str) -> TokenError:
    # Of others' errors the name alone: the text may hold what is secret.
    if isinstance(error, TokenError):
        return retold(error, done)
    return TokenError(f"{done} met {type(error).__module__}.{type(error).__qualname__}")
