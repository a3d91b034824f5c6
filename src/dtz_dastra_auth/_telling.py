"""One call of what is told of a new refresh token."""

from collections.abc import Callable
from typing import Any


class Telling:
    """One call of the function that is told of a new refresh token.

    Attributes:
        is_running: Whether it has begun and not ended, on whatever thread.
    """

    __slots__ = ("_refresh_token", "_tell", "is_running")

    def __init__(self, tell: Callable[[str], object], refresh_token: str) -> None:
        """Be about to call.

        Args:
            tell: The function.
            refresh_token: The refresh token.
        """
        self._tell = tell
        self._refresh_token = refresh_token
        self.is_running = False

    def __call__(self) -> object:
        """Call the function."""
        self.is_running = True
        try:
            # An exact str: what keeps it may take no subclass.
            return self._tell(str(self._refresh_token))
        finally:
            self.is_running = False

    async def awaited(self) -> None:
        """Call the function, which is a coroutine function."""
        called: Any = self()
        await called
