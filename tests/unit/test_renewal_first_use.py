"""A token is asked for by one caller, for all who need it."""

import logging

import pytest

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Await, Exchange
from unit.callers import House
from unit.renewals import (
    HOUR,
    answered,
    fail_for_good,
    network_error,
)

# First use


def test_the_first_caller_asks_for_a_token() -> None:
    house = House()
    caller = house.caller()

    assert isinstance(caller.next(), Exchange)
    token = caller.result(("new", HOUR))

    assert (token.value, token.lifetime) == ("new", HOUR)


def test_all_others_wait_for_the_first_and_get_its_token() -> None:
    house = House()
    leader, followers = house.caller(), [house.caller() for _ in range(50)]

    assert isinstance(leader.next(), Exchange)
    waits = [follower.next() for follower in followers]
    assert all(isinstance(wait, Await) for wait in waits)
    token = leader.result(("new", HOUR))

    assert {follower.join(wait) for follower, wait in zip(followers, waits, strict=True)} == {token}
    assert house.requests == 1


def test_who_comes_later_gets_the_token_at_once() -> None:
    house = House()
    token = house.renewed()

    assert house.caller().result() is token
    assert house.requests == 1


def test_a_token_lives_from_before_its_request_was_sent() -> None:
    house = House()
    leader = house.caller()
    leader.next()

    house.clock.pass_(20)
    token = leader.result(("new", 30.0))

    assert token.left(house.clock.now()) == 10


def test_a_follower_waits_until_its_own_deadline_and_not_the_leaders() -> None:
    house = House()
    house.caller(timeout=30).next()

    wait = house.caller(timeout=2).next()

    assert isinstance(wait, Await)
    assert wait.deadline.left() == 2


def test_a_follower_that_waited_too_long_has_an_error_that_says_so() -> None:
    house = House()
    house.caller().next()
    follower = house.caller(timeout=2)
    follower.next()

    with pytest.raises(TokenError, match="waited too long") as caught:
        follower.throw(TimeoutError())

    assert "Dastra public key 'shop'" in str(caught.value)


def test_a_follower_that_waited_too_long_does_not_end_the_flight() -> None:
    house = House()
    leader, hasty, patient = house.caller(), house.caller(timeout=2), house.caller()
    leader.next()
    hasty.next()
    wait = patient.next()
    with pytest.raises(TokenError):
        hasty.throw(TimeoutError())

    token = leader.result(("new", HOUR))

    assert patient.join(wait) is token


# Log records


def test_a_token_request_is_logged_with_whose_it_is_and_how_long_the_token_lives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "dtz_dastra_auth")
    house = House()
    leader = house.caller()
    leader.next()
    house.clock.pass_(1.25)

    leader.result(("hunter2", HOUR))

    (record,) = caplog.records
    assert record.name == "dtz_dastra_auth"
    assert record.levelno == logging.INFO
    for part in ("Dastra public key 'shop'", "1.250 s", "3600 s"):
        assert part in record.getMessage()
    assert "hunter2" not in record.getMessage()


@pytest.mark.parametrize(
    ("error", "name"), [(answered(400), "refused"), (network_error(), "ConnectError")]
)
def test_a_token_request_that_failed_is_logged_without_a_foreign_text(
    error: Exception, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    fail_for_good(House(), error)

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "Dastra public key 'shop'" in record.getMessage()
    assert name in record.getMessage()
    assert "hunter2" not in record.getMessage()
    assert record.exc_info is None


def test_using_a_token_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.renewed()
    caplog.clear()

    house.caller().result()

    assert caplog.records == []
