"""Clocks that jump, and machines that sleep."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn

Connect = Callable[..., Client]


@dataclass(frozen=True)
class Jump:
    """What happens to a machine's clocks.

    Attributes:
        name: Its name in test ids.
        wall: Seconds by which the wall clock jumps; None sets it to 1970.
        asleep: Whether it jumps because the machine is suspended, whose monotonic clock stands
            still meanwhile.
    """

    name: str
    wall: float | None
    asleep: bool = False

    def happen(self, clock: FakeClock) -> None:
        clock.wall = 0.0 if self.wall is None else clock.wall + self.wall


JUMPS = pytest.mark.parametrize(
    "jump",
    [
        Jump("an hour forward", 3600.0),
        Jump("an hour back", -3600.0),
        Jump("to 1970", None),
        Jump("suspended for two hours", 7200.0, asleep=True),
    ],
    ids=lambda jump: jump.name,
)


@JUMPS
def test_a_dead_token_looks_good_for_one_401_at_most(
    jump: Jump,
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    jump.happen(clock)
    clock.advance(2)
    # The token dies at the API, whatever the clocks here say.
    dastra.expire_tokens()
    dastra.clear_log()
    for _ in range(3):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(2)
    refused = [call.status for call in dastra.calls].count(401)
    # Who sees the time that has passed does not even send it.
    assert refused == (0 if jump.wall is not None and jump.wall > 0 else 1)
    assert len(dastra.token_requests) == 1


@JUMPS
def test_a_token_that_ages_after_a_jump_is_renewed_in_time(
    jump: Jump,
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    jump.happen(clock)
    clock.advance(dastra.lifetime - 1)
    dastra.expire_tokens()
    dastra.clear_log()
    assert client.get(DASTRA_URL).status_code == 200
    assert [request.is_token_request for request in dastra.requests] == [True, False]


@JUMPS
def test_a_jump_while_a_token_is_asked_for_starts_no_storm(
    jump: Jump,
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth)
    # The first request is the one for a token; it has arrived, and is not yet answered.
    first = iter([True])

    def jumps(request: object) -> bool:
        if next(first, False):
            jump.happen(clock)
        return False

    dastra.delay(0, on=jumps)
    for _ in range(10):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(2)
    assert len(dastra.token_requests) <= 2


@JUMPS
def test_no_jump_starts_a_storm(
    jump: Jump,
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    for _ in range(3):
        clock.advance(2)
        jump.happen(clock)
        for _ in range(4):
            assert client.get(DASTRA_URL).status_code == 200
            clock.advance(0.5)
    # One for the beginning, and one for each jump at most.
    assert len(dastra.token_requests) <= 4
