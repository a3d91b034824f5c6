"""A clock that tests set."""

from dtz_dastra_auth._token import Instant


class FakeClock:
    """Both clocks of a machine, moved by hand.

    Attributes:
        monotonic: Seconds on the monotonic clock.
        wall: Seconds on the wall clock.
    """

    def __init__(self) -> None:
        self.monotonic = 1_000.0
        self.wall = 1_800_000_000.0

    def now(self) -> Instant:
        return Instant(self.monotonic, self.wall)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.monotonic += seconds
        self.wall += seconds
