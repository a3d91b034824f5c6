"""Nothing that was given up, abandoned or refused keeps others waiting."""

import gc

import pytest

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Await, Exchange, Pause
from unit.callers import House
from unit.renewals import (
    HOUR,
    answered,
    fail,
    network_error,
)
from unit.told import told

# Cancellation


def test_a_follower_takes_over_when_the_leader_is_cancelled() -> None:
    house = House()
    leader, follower, other = house.caller(), house.caller(), house.caller()
    leader.next()
    wait, other_wait = follower.next(), other.next()
    assert isinstance(wait, Await)
    assert isinstance(other_wait, Await)

    leader.close()

    # The first to hear of it leads, and the other waits for that one.
    assert isinstance(follower.send(wait.flight.join(0)), Exchange)
    second_wait = other.send(other_wait.flight.join(0))
    token = follower.result(("new", HOUR))
    assert other.join(second_wait) is token


def test_a_cancellation_is_nobodys_failure() -> None:
    house = House()
    leader = house.caller()
    leader.next()

    leader.close()

    assert isinstance(house.caller().next(), Exchange)


def test_after_a_leader_cancelled_before_its_second_try_the_next_keeps_the_spacing() -> None:
    house = House()
    leader = house.caller()
    leader.next()
    leader.throw(answered(503))

    leader.close()

    assert isinstance(house.caller().next(), Pause)


def test_a_leader_cancelled_while_it_keeps_the_spacing_lets_others_lead() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 0.3)
    early = house.caller(survives=True)
    early.next()
    early.result_after(answered(503))
    house.clock.pass_(0.4)
    leader = house.caller()
    assert isinstance(leader.next(), Pause)

    leader.close()

    assert isinstance(house.caller().next(), Pause)


def test_all_may_be_cancelled() -> None:
    house = House()
    callers = [house.caller() for _ in range(5)]
    for caller in callers:
        caller.next()

    for caller in reversed(callers):
        caller.close()

    assert isinstance(house.caller().next(), Exchange)


def test_a_cancelled_early_renewal_leaves_the_old_token_serving() -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(250)
    early = house.caller()
    early.next()

    early.close()
    assert isinstance(house.caller().next(), Exchange)

    assert house.caller().result() is old


def test_a_follower_that_is_cancelled_changes_nothing() -> None:
    house = House()
    leader, follower = house.caller(), house.caller()
    leader.next()
    follower.next()

    follower.close()

    assert leader.result(("new", HOUR)).value == "new"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupted_leader_lets_others_lead(interrupt: type[BaseException]) -> None:
    house = House()
    leader = house.caller()
    leader.next()

    with pytest.raises(interrupt):
        leader.throw(interrupt())

    assert isinstance(house.caller().next(), Exchange)


def test_a_leader_that_was_garbage_collected_lets_others_lead() -> None:
    house = House()
    leader = house.caller()
    leader.next()

    del leader
    house.held.clear()
    gc.collect()

    assert isinstance(house.caller().next(), Exchange)


def test_an_exception_of_the_leader_is_shared_and_named_only() -> None:
    # A hook of the caller's client, say.
    house = House()
    leader, follower = house.caller(), house.caller()
    leader.next()
    wait = follower.next()
    fail(leader, ZeroDivisionError("hunter2"))

    with pytest.raises(TokenError, match="ZeroDivisionError") as caught:
        follower.join(wait)

    assert "hunter2" not in told(caught.value)


# A leader that was abandoned without being closed


def test_an_overdue_leader_is_taken_over_from() -> None:
    house = House()
    house.caller(timeout=5).next()

    assert isinstance(house.caller().next(), Await)
    house.clock.pass_(60)

    assert isinstance(house.caller().next(), Exchange)


def test_a_leader_is_not_overdue_before_its_deadline() -> None:
    house = House()
    leader = house.caller(timeout=30)
    leader.next()

    house.clock.pass_(30)

    assert isinstance(house.caller().next(), Await)


def test_a_token_that_comes_in_overdue_does_not_take_the_place_of_a_newer_one() -> None:
    house = House()
    slow = house.caller(timeout=5)
    slow.next()
    house.clock.pass_(60)
    newer = house.renewed("newer")

    slow.result(("older", HOUR))

    assert house.caller().result() is newer


def test_a_token_that_comes_in_overdue_serves_when_there_is_no_newer_one() -> None:
    house = House()
    slow = house.caller(timeout=5)
    slow.next()
    house.clock.pass_(60)
    other = house.caller()
    other.next()

    slow.result(("older", HOUR))

    assert house.caller().result().value == "older"
    assert other.result(("newer", HOUR)).value == "newer"
    assert house.caller().result().value == "newer"


def test_a_leader_that_comes_in_overdue_does_not_end_the_flight_of_another() -> None:
    house = House()
    slow = house.caller(timeout=5)
    slow.next()
    house.clock.pass_(60)
    other = house.caller()
    other.next()

    fail(slow, network_error())

    assert isinstance(house.caller().next(), Await)
    assert other.result(("newer", HOUR)).value == "newer"


def test_a_failure_that_comes_in_overdue_does_not_hold_back_a_newer_token() -> None:
    house = House()
    slow = house.caller(timeout=5)
    slow.next()
    house.clock.pass_(60)
    newer = house.renewed("newer")
    house.clock.pass_(2)

    fail(slow, answered(400))

    # The newer token is revoked: nothing that is known speaks against asking for another one.
    assert isinstance(house.caller(rejected=newer).next(), Exchange)
