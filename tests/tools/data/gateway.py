"""What the tests of tools that talk to a server of their own have in common."""

from collections.abc import Callable

import pytest

from dtz_dastra_auth._token import Instant, SystemClock
from dtz_dastra_auth.testing import DastraStandIn, Recorded


def admitted(dastra: DastraStandIn, path: str) -> Callable[[Recorded], bool]:
    """Pick the calls of a path that bear a token in force; the others get the stand-in's 401.

    With it the stand-in, at its own address, is a gateway before a server of another kind.
    """

    def is_admitted(call: Recorded) -> bool:
        scheme, _, token = (call.header("Authorization") or "").partition(" ")
        return call.path == path and scheme == "Bearer" and token in dastra.tokens_in_force

    return is_admitted


def let_a_minute_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all tokens older; one less than a second old is not renewed for a 401."""
    read = SystemClock.now

    def now(clock: SystemClock) -> Instant:
        instant = read(clock)
        return Instant(instant.monotonic + 60, instant.wall + 60)

    monkeypatch.setattr(SystemClock, "now", now)
