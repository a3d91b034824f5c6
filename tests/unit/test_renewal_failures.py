"""What all callers get when a token request fails that they waited for."""

import httpx
import pytest
import requests

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Await, Exchange, Pause
from unit.callers import House
from unit.renewals import HOUR, answered, error_of, fail, fail_for_good, network_error, tries
from unit.told import told

# A failure that callers waited for


def test_a_failure_is_shared_by_all_who_waited() -> None:
    house = House()
    leader, followers = house.caller(), [house.caller() for _ in range(20)]
    leader.next()
    waits = [follower.next() for follower in followers]
    first = TokenError("refused", error="invalid_scope", description="no", status_code=400)
    fail(leader, first)

    errors = []
    for follower, wait in zip(followers, waits, strict=True):
        with pytest.raises(TokenError) as caught:
            follower.join(wait)
        errors.append(caught.value)

    assert {(e.error, e.description, e.status_code) for e in errors} == {
        ("invalid_scope", "no", 400)
    }
    assert len({id(error) for error in [first, *errors]}) == 21
    assert house.requests == 1


def test_who_waited_for_a_network_error_gets_a_token_error_that_names_it() -> None:
    house = House()
    leader, follower = house.caller(), house.caller()
    leader.next()
    wait = follower.next()
    error = network_error()
    with pytest.raises(httpx.ConnectError) as met:
        leader.throw(error)

    with pytest.raises(TokenError, match=r"httpx\.ConnectError") as caught:
        follower.join(wait)

    assert met.value is error
    assert "hunter2" not in told(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("error", [answered(400), network_error()], ids=["answer", "network"])
def test_callers_in_the_pause_get_the_last_error_at_once(error: Exception) -> None:
    house = House()
    fail_for_good(house, error)

    first, second = error_of(house.caller()), error_of(house.caller())

    assert str(first) == str(second)
    assert first is not second
    assert house.requests == 1


@pytest.mark.parametrize("error", [answered(400), network_error()], ids=["answer", "network"])
def test_an_error_in_the_pause_leads_nowhere(error: Exception) -> None:
    house = House()
    fail_for_good(house, error)

    again = error_of(house.caller())

    assert again.__cause__ is None
    assert again.__context__ is None
    assert "hunter2" not in told(again)


def test_an_error_does_not_grow_with_every_caller_in_the_pause() -> None:
    house = House()
    kept = answered(400)
    fail_for_good(house, kept)

    def frames() -> int:
        traceback, count = kept.__traceback__, 0
        while traceback is not None:
            traceback, count = traceback.tb_next, count + 1
        return count

    error_of(house.caller())
    before = frames()
    for _ in range(50):
        error_of(house.caller())

    assert frames() == before


def test_a_second_after_a_failure_the_next_try_is_made() -> None:
    house = House()
    fail_for_good(house, network_error())

    house.clock.pass_(0.9)
    assert not tries(house)
    house.clock.pass_(0.2)
    assert tries(house)


@pytest.mark.parametrize("status", [400, 401])
def test_invalid_client_is_remembered_longer_than_a_503(status: int) -> None:
    house = House()
    refused = TokenError("refused", error="invalid_client", status_code=status)
    fail_for_good(house, refused)

    house.clock.pass_(5)
    assert not tries(house)
    # and yet not for ever: the key may have been made valid meanwhile
    house.clock.pass_(300)
    assert tries(house)


def test_what_failed_is_forgotten_with_the_next_token() -> None:
    house = House()
    fail_for_good(house, network_error())
    house.clock.pass_(2)

    token = house.renewed()

    assert house.caller().result() is token


def test_down_past_expiry_there_is_one_try_a_second() -> None:
    house = House()
    house.renewed(lifetime=2)
    house.clock.pass_(3)
    house.requests = 0
    outcomes: set[str] = set()
    # 50 calls a second for 10 seconds, in requests.
    for _ in range(500):
        caller = house.caller(survives=True)
        try:
            caller.next()
            caller.throw(requests.ConnectionError("hunter2"))
        except (TokenError, requests.ConnectionError) as error:
            outcomes.add(type(error).__name__)
        house.clock.pass_(0.02)

    assert outcomes == {"ConnectionError", "TokenError"}
    assert house.requests <= 11


# A second try


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_trouble_is_tried_once_more_a_second_later(status: int) -> None:
    house = House()
    leader = house.caller()
    leader.next()

    pause = leader.throw(answered(status))
    assert isinstance(pause, Pause)
    assert 1 <= pause.seconds < 2
    assert isinstance(leader.send(None), Exchange)

    assert leader.result(("new", HOUR)).value == "new"


def test_a_passing_trouble_is_tried_once_more_and_no_more() -> None:
    house = House()
    leader = house.caller()
    leader.next()
    leader.throw(answered(503))
    leader.send(None)

    fail(leader, answered(503))

    assert house.requests == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 429, 200, 302])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    house = House()
    leader = house.caller()
    leader.next()

    fail(leader, answered(status))

    assert house.requests == 1


def test_a_second_try_waits_as_long_as_the_server_asks() -> None:
    house = House()
    leader = house.caller()
    leader.next()

    assert leader.throw(answered(503, retry_after=3)) == Pause(3)


def test_a_second_try_is_not_made_when_the_server_asks_for_long() -> None:
    house = House()
    leader = house.caller()
    leader.next()

    fail(leader, answered(503, retry_after=25))

    assert house.requests == 1


def test_a_second_try_stays_inside_the_deadline() -> None:
    house = House()
    leader = house.caller(timeout=3)
    leader.next()
    house.clock.pass_(2.5)

    fail(leader, answered(503))

    assert house.requests == 1


def test_a_second_try_has_the_same_deadline() -> None:
    house = House()
    leader = house.caller(timeout=10)
    leader.next()
    house.clock.pass_(2)
    leader.throw(answered(503))
    house.clock.pass_(1)

    step = leader.send(None)

    assert isinstance(step, Exchange)
    assert step.deadline.left() == 7


def test_after_a_second_try_that_failed_the_spacing_is_kept() -> None:
    house = House()
    fail_for_good(house, answered(503))

    house.clock.pass_(0.9)
    assert not tries(house)


def test_a_token_of_the_second_try_lives_from_before_the_second_request() -> None:
    house = House()
    leader = house.caller()
    leader.next()
    house.clock.pass_(2)
    leader.throw(answered(503))
    house.clock.pass_(1)
    leader.send(None)

    assert leader.result(("new", 10.0)).left(house.clock.now()) == 10


def test_a_reset_connection_is_tried_once_more_in_requests() -> None:
    house = House()
    leader = house.caller(survives=True, was_reset=True)
    leader.next()

    pause = leader.throw(requests.ConnectionError())

    assert isinstance(pause, Pause)
    assert pause.seconds >= 1
    assert isinstance(leader.send(None), Exchange)


def test_another_network_error_is_not_tried_again_in_requests() -> None:
    house = House()
    leader = house.caller(survives=True)
    leader.next()

    fail(leader, requests.ConnectTimeout())

    assert house.requests == 1


def test_no_network_error_is_tried_again_in_httpx() -> None:
    house = House()
    leader = house.caller(survives=False, was_reset=True)
    leader.next()

    fail(leader, httpx.ReadError("reset"))

    assert house.requests == 1


def test_followers_wait_for_the_second_try() -> None:
    house = House()
    leader, follower = house.caller(), house.caller()
    leader.next()
    wait = follower.next()
    leader.throw(answered(503))
    late = house.caller()

    assert isinstance(late.next(), Await)
    leader.send(None)
    token = leader.result(("new", HOUR))

    assert follower.join(wait) is token
