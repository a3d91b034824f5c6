"""Machines whose clocks disagree share tokens and failures all the same."""

import pytest

from dtz_dastra_auth import TokenError
from unit.caches import HOUR
from unit.fleet import Fleet
from unit.renewals import answered

DAY = 86_400.0
EACH_SKEW = pytest.mark.parametrize(
    "skew", [-DAY, -HOUR, -60.0, 60.0, HOUR, DAY], ids=lambda skew: f"{skew:+.0f}"
)
EACH_SIDE = pytest.mark.parametrize("is_writer", [True, False], ids=["writer", "reader"])


def two(skew: float, *, is_writer: bool) -> Fleet:
    """Give a fleet of a writer and a reader, the clock of one of which is wrong."""
    fleet = Fleet()
    fleet.process(skew=skew if is_writer else 0.0)
    fleet.process(skew=0.0 if is_writer else skew)
    return fleet


# Tokens


@EACH_SKEW
@EACH_SIDE
@pytest.mark.parametrize("lifetime", [300.0, HOUR, 2 * DAY])
def test_no_token_lives_longer_than_its_lifetime(
    skew: float, is_writer: bool, lifetime: float
) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    writer.obtain("new", lifetime)
    fleet.pass_(lifetime / 2)

    token = reader.obtain("own", lifetime)

    assert 0 < reader.left(token) <= lifetime
    assert token.lifetime <= lifetime


@pytest.mark.parametrize(("skew", "is_writer"), [(HOUR, False), (-HOUR, True)])
def test_a_clock_that_is_ahead_makes_a_token_older(skew: float, is_writer: bool) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    writer.obtain("new", DAY)

    assert reader.left(reader.obtain()) == DAY - HOUR


@pytest.mark.parametrize(("skew", "is_writer"), [(-HOUR, False), (HOUR, True)])
def test_a_token_from_the_future_is_fresh(skew: float, is_writer: bool) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    writer.obtain("new", DAY)
    fleet.pass_(HOUR / 2)

    assert reader.left(reader.obtain()) == DAY
    assert reader.requests == 0


@EACH_SKEW
@EACH_SIDE
def test_two_machines_make_two_token_requests_a_lifetime_at_most(
    skew: float, is_writer: bool
) -> None:
    fleet = two(skew, is_writer=is_writer)
    for minute in range(10 * 60):
        for process in fleet.processes:
            process.obtain(f"token-{minute}-{fleet.requests}", HOUR)
        fleet.pass_(60)

    assert max(process.requests for process in fleet.processes) <= 10 + 1


@EACH_SKEW
def test_a_machine_whose_clock_is_wrong_costs_the_others_nothing(skew: float) -> None:
    fleet = Fleet()
    right, wrong = fleet.some(5), fleet.process(skew=skew)
    for minute in range(10 * 60):
        for process in (*right, wrong):
            process.obtain(f"token-{minute}-{process is wrong}", HOUR)
        fleet.pass_(60)

    assert fleet.requests <= 2 * (10 + 1)


@EACH_SKEW
@EACH_SIDE
def test_a_rejected_token_is_renewed_for_both(skew: float, is_writer: bool) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    old = writer.obtain("old", 2 * DAY)
    reader.obtain("own", 2 * DAY)
    fleet.pass_(10)
    writer.obtain("new", 2 * DAY, rejected=old)

    assert reader.obtain(rejected=old).value == "new"
    assert reader.requests == 0


# Leases


@EACH_SKEW
@EACH_SIDE
def test_a_holder_that_is_too_late_overwrites_no_newer_token(skew: float, is_writer: bool) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    late = reader.call()
    fleet.pass_(10)
    writer.obtain("newer", 2 * DAY)

    assert late.answer("late", 2 * DAY).got() == "late"
    assert fleet.process().obtain().value == "newer"


@EACH_SKEW
def test_a_lease_that_is_anothers_ends_by_no_wall_clock(skew: float) -> None:
    fleet = Fleet()
    fleet.process().call()
    loser = fleet.process(skew=skew).call()
    fleet.world.set_wall(fleet.world.wall + skew)

    assert loser.wake().waits > 0


@pytest.mark.parametrize("skew", [-60, -3600, -86400])
def test_a_wall_clock_that_is_set_back_leaves_a_holder_its_lease(skew: float) -> None:
    fleet = Fleet()
    holder = fleet.process().call()
    fleet.world.set_wall(fleet.world.wall + skew)

    assert fleet.asked(lambda: holder.answer("new", 2 * DAY)) == ["set token", "delete lease"]


def test_a_holder_that_was_suspended_does_not_rely_on_its_lease() -> None:
    fleet = Fleet()
    holder = fleet.process().call()
    # The monotonic clock stands still meanwhile.
    fleet.world.set_wall(fleet.world.wall + 60)

    assert fleet.asked(lambda: holder.answer("new", 2 * DAY)) == ["get token", "set token"]


# Failures


@EACH_SKEW
@EACH_SIDE
@pytest.mark.parametrize("pause", [7.0, 30.0, 60.0])
def test_nobody_asks_before_the_pause_is_over(skew: float, is_writer: bool, pause: float) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    writer.call().fail(answered(429, retry_after=pause))
    for _ in range(int(pause)):
        assert isinstance(reader.call().error, TokenError)
        fleet.pass_(1)

    assert reader.requests == 0


@EACH_SKEW
@EACH_SIDE
@pytest.mark.parametrize("pause", [7.0, 30.0, 60.0])
def test_nobody_waits_for_longer_than_the_pause(skew: float, is_writer: bool, pause: float) -> None:
    fleet = two(skew, is_writer=is_writer)
    writer, reader = fleet.processes
    writer.call().fail(answered(429, retry_after=pause))
    assert reader.call().met().status_code == 429
    fleet.pass_(pause)

    assert reader.call().requests
