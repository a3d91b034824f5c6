"""Lifetimes, and clocks that jump."""

import pytest

from dtz_dastra_auth._flow import Exchange
from unit.callers import House
from unit.renewals import HOUR, fail_for_good, network_error, tries

# Lifetimes


@pytest.mark.parametrize("lifetime", [0.0, 0.001, 0.5])
def test_a_token_that_arrives_expired_serves_while_it_is_young(lifetime: float) -> None:
    house = House()
    leader = house.caller()
    leader.next()
    house.clock.pass_(2)
    token = leader.result(("short", lifetime))

    house.clock.pass_(0.9)

    assert house.caller().result() is token


def test_a_token_that_arrives_expired_starts_no_loop() -> None:
    house = House()
    for _ in range(100):
        caller = house.caller()
        try:
            caller.next()
        except StopIteration:
            pass
        else:
            caller.result(("short", 0.0))
        house.clock.pass_(0.1)

    assert house.requests <= 10


def test_followers_of_a_token_that_arrives_expired_use_it_too() -> None:
    house = House()
    leader, follower = house.caller(), house.caller()
    leader.next()
    wait = follower.next()

    token = leader.result(("short", 0.0))

    assert follower.join(wait) is token


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.9999])
def test_a_token_of_two_seconds_causes_one_request_a_second_at_most(jitter: float) -> None:
    house = House(jitter)
    for _ in range(1000):
        caller = house.caller()
        try:
            caller.next()
        except StopIteration:
            pass
        else:
            caller.result(("short", 2.0))
        house.clock.pass_(0.02)

    assert house.requests <= 20


def test_a_dead_token_is_given_to_nobody() -> None:
    house = House()
    house.renewed(lifetime=300)

    house.clock.pass_(300)

    assert isinstance(house.caller().next(), Exchange)


# Clocks


def test_a_wall_clock_that_is_set_forward_ends_the_token() -> None:
    house = House()
    house.renewed(lifetime=HOUR)

    house.clock.set_wall(house.clock.wall + HOUR + 1)

    assert isinstance(house.caller_after_a_second().next(), Exchange)


@pytest.mark.parametrize("wall", [1_800_000_000.0 - 3600, 0.0], ids=["back an hour", "to 1970"])
def test_a_wall_clock_that_is_set_back_does_not_make_a_dead_token_look_good(wall: float) -> None:
    house = House()
    house.renewed(lifetime=300)

    house.clock.set_wall(wall)
    house.clock.pass_(301)

    assert isinstance(house.caller().next(), Exchange)


@pytest.mark.parametrize(
    "wall",
    [1_800_000_000.0 + 3600, 1_800_000_000.0 - 3600, 0.0, 4e12],
    ids=["forward an hour", "back an hour", "to 1970", "to another age"],
)
def test_a_jump_of_the_wall_clock_costs_one_renewal_at_most(wall: float) -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(2)

    house.clock.set_wall(wall)
    for number in range(100):
        caller = house.caller()
        try:
            caller.next()
        except StopIteration:
            pass
        else:
            caller.result((f"token {number}", HOUR))
        house.clock.pass_(1)

    assert house.requests <= 2


def test_a_jump_of_the_wall_clock_during_a_request_costs_one_renewal_at_most() -> None:
    house = House()
    leader = house.caller()
    leader.next()
    house.clock.set_wall(house.clock.wall + HOUR)
    token = leader.result(("new", HOUR))

    # It looks dead, and still serves whoever has waited for it.
    assert house.caller().result() is token
    house.clock.pass_(2)
    newer = house.renewed("newer")
    house.clock.pass_(60)

    assert house.caller().result() is newer


def test_a_suspended_machine_wakes_up_without_a_token() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(2)

    house.clock.suspend(2 * HOUR)

    assert isinstance(house.caller().next(), Exchange)


def test_a_jump_of_the_wall_clock_does_not_lengthen_a_pause() -> None:
    house = House()
    fail_for_good(house, network_error())

    house.clock.set_wall(0)
    house.clock.pass_(1.1)

    assert tries(house)
