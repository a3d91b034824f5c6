"""Clocks that jump, and machines that sleep."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from clients import Client
from clock import FakeClock
from lifecycle.accounts import (
    CLIENT_CREDENTIALS,
    REFRESH_TOKEN,
    Account,
    methods,
)

Connect = Callable[..., Client]

# What a clock says is read before any method is asked: one that only asks, and one that goes on
# with what it has.
pytestmark = methods(CLIENT_CREDENTIALS, REFRESH_TOKEN)


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
    account: Account,
    clock: FakeClock,
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    jump.happen(clock)
    clock.advance(2)
    # The token dies at the API, whatever the clocks here say.
    account.service.expire_tokens()
    account.service.clear_log()
    for _ in range(3):
        assert client.get(account.url).status_code == 200
        clock.advance(2)
    refused = [call.status for call in account.service.calls].count(401)
    # Who sees the time that has passed does not even send it.
    assert refused == (0 if jump.wall is not None and jump.wall > 0 else 1)
    assert len(account.service.token_requests) == 1


@JUMPS
def test_a_token_that_ages_after_a_jump_is_renewed_in_time(
    jump: Jump,
    connect: Connect,
    account: Account,
    clock: FakeClock,
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    jump.happen(clock)
    clock.advance(account.service.lifetime - 1)
    account.service.expire_tokens()
    account.service.clear_log()
    assert client.get(account.url).status_code == 200
    assert [request.is_token_request for request in account.service.requests] == [True, False]


@JUMPS
def test_a_jump_while_a_token_is_asked_for_starts_no_storm(
    jump: Jump,
    connect: Connect,
    account: Account,
    clock: FakeClock,
) -> None:
    client = connect(account.auth)
    # The first request is the one for a token; it has arrived, and is not yet answered.
    first = iter([True])

    def jumps(request: object) -> bool:
        if next(first, False):
            jump.happen(clock)
        return False

    account.service.delay(0, on=jumps)
    for _ in range(10):
        assert client.get(account.url).status_code == 200
        clock.advance(2)
    assert len(account.service.token_requests) <= 2


@JUMPS
def test_no_jump_starts_a_storm(
    jump: Jump,
    connect: Connect,
    account: Account,
    clock: FakeClock,
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    for _ in range(3):
        clock.advance(2)
        jump.happen(clock)
        for _ in range(4):
            assert client.get(account.url).status_code == 200
            clock.advance(0.5)
    # One for the beginning, and one for each jump at most.
    assert len(account.service.token_requests) <= 4
