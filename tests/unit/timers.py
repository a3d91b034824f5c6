"""Timers that end when a test says so."""

from collections.abc import Callable
from typing import ClassVar


class FakeTimer:
    """In the place of `threading.Timer`.

    Attributes:
        started: All that were started and have not ended.
    """

    started: ClassVar[list["FakeTimer"]] = []

    def __init__(self, seconds: float, function: Callable[[], None]) -> None:
        self.seconds = seconds
        self.daemon = False
        self._function = function

    def start(self) -> None:
        """Begin."""
        self.started.append(self)

    def end(self) -> None:
        """Let its time pass."""
        self.started.remove(self)
        self._function()
