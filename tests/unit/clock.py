"""A clock that moves only when a test moves it."""

from dtz_dastra_auth._token import Instant


class FakeClock:
    """Two clocks, as a machine has them; each can be moved without the other."""

    def __init__(self, monotonic: float = 1_000.0, wall: float = 1_800_000_000.0) -> None:
        self.monotonic = monotonic
        self.wall = wall

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(self.monotonic, self.wall)

    def pass_(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self.monotonic += seconds
        self.wall += seconds

    def set_wall(self, seconds: float) -> None:
        """Have somebody set the machine's clock; no time passes."""
        self.wall = seconds

    def suspend(self, seconds: float) -> None:
        """Sleep as machines do whose monotonic clock stands still meanwhile."""
        self.wall += seconds
