"""When a token is asked for, by whom, and what everybody else gets meanwhile.

Every caller's steps are run by hand, in a context of its own, so that a test says exactly who is
where when something happens. Unless a test says otherwise, the callers are tasks of an httpx
client, and the jitter is right in the middle, so that pauses have exactly their nominal length.
"""

import gc
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import requests

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Await, Exchange, Pause
from dtz_dastra_auth._token import Token
from unit.callers import House, Running
from unit.told import told

HOUR = 3600.0


def answered(status: int, *, retry_after: float | None = None) -> TokenError:
    return TokenError("refused", status_code=status, retry_after=retry_after)


def network_error() -> httpx.ConnectError:
    request = httpx.Request("POST", "https://account.dastra.eu/?secret=hunter2")
    return httpx.ConnectError("no route for hunter2", request=request)


def error_of(caller: Running) -> TokenError:
    """Run a caller that is refused at once."""
    with pytest.raises(TokenError) as caught:
        caller.next()
    return caught.value


def fail(caller: Running, error: Exception) -> None:
    """Have a caller's token request meet an error that ends its call."""
    with pytest.raises(type(error)):
        caller.throw(error)


def fail_for_good(house: House, error: Exception) -> None:
    """Have a leader's token request fail, and its second try, if there is one, as well."""
    leader = house.caller()
    assert isinstance(leader.next(), Exchange)
    try:
        step = leader.throw(error)
    except type(error):
        return
    assert isinstance(step, Pause)
    house.clock.pass_(step.seconds)
    assert isinstance(leader.send(None), Exchange)
    fail(leader, error)


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


# Early renewal


@pytest.mark.parametrize(
    ("lifetime", "window"), [(3600.0, 60.0), (86400.0, 60.0), (300.0, 60.0), (100.0, 20.0)]
)
def test_a_token_is_renewed_early_in_the_last_minute_or_fifth(
    lifetime: float, window: float
) -> None:
    house = House(jitter=0.0)
    house.renewed(lifetime=lifetime)

    house.clock.pass_(lifetime - window - 0.5)
    house.caller().result()
    house.clock.pass_(0.5)

    assert isinstance(house.caller().next(), Exchange)


def test_jitter_puts_an_early_renewal_off_and_never_brings_it_forward() -> None:
    house = House(jitter=0.999)
    house.renewed(lifetime=300)

    house.clock.pass_(240)
    assert isinstance(house.caller().result(), Token)
    # However much jitter: not later than when half of the window has gone by.
    house.clock.pass_(30)

    assert isinstance(house.caller().next(), Exchange)


def test_two_jitters_renew_at_two_times() -> None:
    def begins(jitter: float) -> float:
        house = House(jitter)
        token = house.renewed(lifetime=300)
        while True:
            caller = house.caller()
            try:
                caller.next()
            except StopIteration:
                house.clock.pass_(0.5)
            else:
                return token.left(house.clock.now())

    assert begins(0.0) > begins(0.5) > begins(0.99)


def test_all_others_have_the_old_token_at_once_while_one_renews_early() -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(299)

    early = house.caller()
    assert isinstance(early.next(), Exchange)

    assert {house.caller().result() for _ in range(100)} == {old}
    assert early.result(("new", 300.0)).value == "new"
    assert house.caller().result().value == "new"
    assert house.requests == 2


def test_the_one_that_renews_early_gets_five_seconds_at_most() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 50)

    step = house.caller(timeout=30).next()

    assert isinstance(step, Exchange)
    assert step.deadline.left() == 5


def test_the_one_that_renews_early_gets_half_the_life_left_at_most() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 4)

    step = house.caller(timeout=30).next()

    assert isinstance(step, Exchange)
    assert step.deadline.left() == 2


def test_the_one_that_renews_early_gets_its_own_timeout_at_most() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 50)

    step = house.caller(timeout=1.5).next()

    assert isinstance(step, Exchange)
    assert step.deadline.left() == 1.5


def test_an_early_renewal_is_told_which_token_it_replaces() -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(299)

    house.caller().next()

    assert house.previous[-1] is old


@pytest.mark.parametrize("status", [429, 500, 503, 400, 401, 200])
def test_an_early_renewal_that_is_refused_harms_nobody(status: int) -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(250)
    early = house.caller()
    early.next()

    assert early.result_after(answered(status)) is old


def test_an_early_renewal_that_meets_a_network_error_harms_nobody_in_requests() -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(250)
    early = house.caller(survives=True)
    early.next()

    assert early.result_after(requests.ConnectionError()) is old


def test_an_early_renewal_that_meets_a_network_error_ends_that_one_call_in_httpx() -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(250)
    early = house.caller()
    early.next()
    error = network_error()

    with pytest.raises(httpx.ConnectError) as caught:
        early.throw(error)

    assert caught.value is error
    assert house.caller().result() is old


def test_an_early_renewal_is_not_retried_inside_its_call() -> None:
    house = House()
    house.renewed(lifetime=300)
    house.clock.pass_(250)
    early = house.caller()
    early.next()

    early.result_after(answered(503))

    assert house.requests == 2


def test_whoever_waits_for_an_early_renewal_that_fails_shares_the_failure() -> None:
    house = House()
    house.renewed(lifetime=300)
    house.clock.pass_(299)
    early, follower = house.caller(), house.caller()
    early.next()
    # The old token dies while it is being renewed.
    house.clock.pass_(1.5)
    wait = follower.next()
    early.result_after(answered(503))

    with pytest.raises(TokenError, match="refused"):
        follower.join(wait)


# After an early renewal that failed


def fail_early(house: House, left: float) -> None:
    """Have an early renewal fail when the token has this much life left."""
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - left)
    early = house.caller()
    assert isinstance(early.next(), Exchange)
    early.result_after(answered(503))


def tries(house: House) -> bool:
    """Tell whether a caller makes a token request now, at once or after keeping the spacing."""
    caller = house.caller()
    try:
        step = caller.next()
    except (StopIteration, TokenError):
        return False
    assert isinstance(step, Exchange | Pause)
    return True


@pytest.mark.parametrize(
    ("left", "pause"),
    [(52.0, 26.0), (50.0, 25.0), (20.0, 10.0), (10.0, 5.0), (2.5, 1.25), (1.5, 1.0)],
)
def test_the_next_try_comes_after_half_of_the_life_left(left: float, pause: float) -> None:
    house = House()
    fail_early(house, left)

    house.clock.pass_(pause - 0.1)
    assert not tries(house)
    house.clock.pass_(0.2)
    assert tries(house)


@pytest.mark.parametrize(("jitter", "pause"), [(0.0, 18.0), (0.5, 20.0), (0.9999, 22.0)])
def test_the_pause_is_spread_by_a_tenth(jitter: float, pause: float) -> None:
    house = House(jitter)
    fail_early(house, 40)

    house.clock.pass_(pause - 0.1)
    assert not tries(house)
    house.clock.pass_(0.2)
    assert tries(house)


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(10.0, 10.0), (0.0, 1.0), (0.2, 1.0), (45.0, 45.0)]
)
def test_retry_after_is_kept(retry_after: float, pause: float) -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 52)
    early = house.caller()
    early.next()
    early.result_after(answered(429, retry_after=retry_after))

    house.clock.pass_(pause - 0.1)
    assert not tries(house)
    house.clock.pass_(0.2)
    assert tries(house)


def test_retry_after_is_kept_up_to_a_cap() -> None:
    house = House()
    fail_for_good(house, answered(429, retry_after=86400.0))

    house.clock.pass_(300)

    assert tries(house)


def test_an_early_renewal_that_failed_does_not_keep_anybody_from_a_dead_token_for_long() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 0.3)
    early = house.caller()
    early.next()
    early.result_after(answered(503))

    # The token has died, and the last try is not a second ago.
    house.clock.pass_(0.4)
    caller = house.caller()
    step = caller.next()

    assert isinstance(step, Pause)
    assert step.seconds == pytest.approx(0.6)
    assert isinstance(caller.send(None), Exchange)


def test_all_wait_for_the_one_that_keeps_the_spacing() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 0.3)
    early = house.caller()
    early.next()
    early.result_after(answered(503))
    house.clock.pass_(0.4)

    assert isinstance(house.caller().next(), Pause)
    assert all(isinstance(house.caller().next(), Await) for _ in range(20))


def test_a_refused_renewal_every_second_of_the_window_is_tried_eight_times_at_most() -> None:
    for jitter in (0.0, 0.5, 0.9999):
        house = House(jitter)
        house.renewed(lifetime=300)
        house.clock.pass_(240)
        given = set()
        for _ in range(60):
            caller = house.caller()
            try:
                caller.next()
            except StopIteration as end:
                given.add(end.value.value)
            else:
                given.add(caller.result_after(answered(503)).value)
            house.clock.pass_(0.999)

        assert given == {"old"}
        assert house.requests - 1 <= 8


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


def test_a_leader_cancelled_before_its_second_try_lets_others_lead() -> None:
    house = House()
    leader = house.caller()
    leader.next()
    leader.throw(answered(503))

    leader.close()

    assert isinstance(house.caller().next(), Exchange)


def test_a_leader_cancelled_while_it_keeps_the_spacing_lets_others_lead() -> None:
    house = House()
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 0.3)
    early = house.caller()
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


# 401


def test_a_rejected_token_is_renewed() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)

    caller = house.caller(rejected=old)
    assert isinstance(caller.next(), Exchange)

    assert caller.result(("new", HOUR)).value == "new"


def test_a_renewal_after_a_401_is_told_which_token_it_replaces() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)

    house.caller(rejected=old).next()

    assert house.previous[-1] is old


def test_a_renewal_after_a_401_is_told_which_token_it_replaces_when_the_store_was_cleared() -> None:
    house = House()
    old = house.renewed()
    house.slot.forget()

    house.caller(rejected=old).next()

    assert house.previous[-1] is old


def test_a_renewal_that_another_caller_has_done_is_not_done_again() -> None:
    house = House()
    old = house.renewed("old")
    house.clock.pass_(10)
    new = house.renewed_for(old, "new")

    assert house.caller(rejected=old).result() is new
    assert house.requests == 2


def test_all_that_meet_a_401_wait_for_one_renewal() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)
    leader, followers = house.caller(old), [house.caller(old) for _ in range(40)]
    leader.next()
    waits = [follower.next() for follower in followers]

    new = leader.result(("new", HOUR))

    assert {f.join(w) for f, w in zip(followers, waits, strict=True)} == {new}
    assert house.requests == 2


def test_others_go_on_with_the_old_token_while_one_renews_it_for_its_401() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)
    house.caller(rejected=old).next()

    assert house.caller().result() is old


def test_a_token_younger_than_a_second_is_given_back() -> None:
    house = House()
    token = house.renewed()
    house.clock.pass_(0.9)

    assert house.caller(rejected=token).result() is token
    assert house.requests == 1


def test_a_token_of_a_second_is_renewed() -> None:
    house = House()
    token = house.renewed()
    house.clock.pass_(1.1)

    assert isinstance(house.caller(rejected=token).next(), Exchange)


def test_a_401_for_ever_causes_one_renewal_a_second() -> None:
    house = House()
    rejected = house.renewed()
    house.clock.pass_(10)
    house.requests = 0

    for number in range(100):
        caller = house.caller(rejected)
        try:
            caller.next()
        except StopIteration as end:
            rejected = end.value
        else:
            rejected = caller.result((f"token {number}", HOUR))
        house.clock.pass_(0.1)

    assert house.requests <= 10


def test_a_401_in_the_pause_gets_the_last_error() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)
    leader = house.caller(rejected=old)
    leader.next()
    fail(leader, answered(400))

    assert error_of(house.caller(rejected=old)).status_code == 400
    assert house.requests == 2


def test_a_401_that_cannot_be_replayed_has_the_next_caller_renew() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)

    house.slot.reject(old)

    assert isinstance(house.caller().next(), Exchange)
    assert house.previous[-1] is old


def test_a_401_that_cannot_be_replayed_renews_no_token_that_is_young() -> None:
    house = House()
    token = house.renewed()
    house.clock.pass_(0.5)

    house.slot.reject(token)
    house.clock.pass_(10)

    assert house.caller().result() is token


def test_a_401_that_cannot_be_replayed_renews_no_token_that_was_renewed_meanwhile() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)
    new = house.renewed_for(old, "new")
    house.clock.pass_(10)

    house.slot.reject(old)

    assert house.caller().result() is new


def test_others_go_on_with_a_refused_token_while_one_renews_it() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)
    house.slot.reject(old)
    leader = house.caller()
    leader.next()

    assert house.caller().result() is old
    assert leader.result(("new", HOUR)).value == "new"


def test_a_refused_token_goes_on_serving_when_it_cannot_be_renewed() -> None:
    house = House()
    old = house.renewed()
    house.clock.pass_(10)
    house.slot.reject(old)
    leader = house.caller()
    leader.next()

    assert leader.result_after(answered(503)) is old
    assert house.caller().result() is old


def test_a_server_that_gives_a_rejected_token_again_is_not_asked_for_ever() -> None:
    house = House()
    old = house.renewed("same")
    house.clock.pass_(10)
    house.slot.reject(old)
    again = house.renewed("same")
    house.clock.pass_(10)

    assert house.caller().result() is again
    assert house.requests == 2


def test_a_renewal_for_a_401_joins_an_early_renewal_that_is_under_way() -> None:
    house = House()
    old = house.renewed(lifetime=300)
    house.clock.pass_(250)
    early, rejected = house.caller(), house.caller(rejected=old)
    early.next()
    wait = rejected.next()

    new = early.result(("new", 300.0))

    assert rejected.join(wait) is new
    assert house.requests == 2


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


# A caller that would have to wait for itself


def test_a_call_from_inside_a_token_request_makes_one_of_its_own() -> None:
    # A hook of the client, say, that uses the same auth object.
    house = House()
    outer = house.caller(blocks=True)
    outer.next()
    inner = house.caller(blocks=True)

    assert isinstance(outer.context.run(inner._steps.send, None), Exchange)
    with pytest.raises(StopIteration) as end:
        outer.context.run(inner._steps.send, ("inner", HOUR))

    assert end.value.value.value == "inner"
    assert outer.result(("outer", HOUR)).value == "outer"


def test_a_call_from_inside_a_call_from_inside_a_token_request_is_an_error() -> None:
    house = House()
    outer, inner, innermost = (house.caller() for _ in range(3))
    outer.next()
    outer.context.run(inner._steps.send, None)

    with pytest.raises(TokenError, match="into itself"):
        outer.context.run(innermost._steps.send, None)


def test_a_call_from_inside_is_possible_again_after_the_last_has_ended() -> None:
    house = House()
    outer = house.caller()
    outer.next()
    for _ in range(3):
        inner = house.caller()
        assert isinstance(outer.context.run(inner._steps.send, None), Exchange)
        outer.context.run(inner._steps.close)

    assert house.requests == 4


def test_after_its_token_request_a_context_waits_as_any_other() -> None:
    house = House()
    token = house.renewed(lifetime=300)
    house.clock.pass_(301)
    leader = house.caller()
    leader.next()
    leader.result(("new", 300.0))
    house.clock.pass_(301)
    house.caller().next()

    again = house.caller(rejected=token)

    assert isinstance(leader.context.run(again._steps.send, None), Await)


def test_a_blocking_caller_on_the_thread_of_the_leader_does_not_wait() -> None:
    house = House()
    # A task leads; a blocking call of another task would keep the loop from ever ending it.
    leader = house.caller()
    leader.next()

    blocking = house.caller(blocks=True)

    assert isinstance(blocking.next(), Exchange)
    assert blocking.result(("alone", HOUR)).value == "alone"
    assert leader.result(("new", HOUR)).value == "new"


def test_a_blocking_caller_on_another_thread_waits() -> None:
    house = House()
    house.caller().next()
    steps: list[Any] = []

    thread = threading.Thread(target=lambda: steps.append(house.caller(blocks=True).next()))
    thread.start()
    thread.join()

    assert isinstance(steps[0], Await)


def test_a_task_on_the_thread_of_the_leader_waits() -> None:
    house = House()
    house.caller().next()

    assert isinstance(house.caller(blocks=False).next(), Await)


def test_a_caller_on_its_own_does_not_end_the_flight() -> None:
    house = House()
    house.caller().next()
    blocking = house.caller(blocks=True)
    blocking.next()

    blocking.result(("alone", HOUR))

    assert isinstance(house.caller().next(), Await)


# Threads


def expired(house: House) -> None:
    """Have a token die."""
    house.renewed(lifetime=300)
    house.clock.pass_(301)


def rejected(house: House) -> Token:
    """Have a token be rejected."""
    token = house.renewed()
    house.clock.pass_(10)
    return token


@pytest.mark.parametrize(
    "before", [lambda house: None, expired, rejected], ids=["first use", "expiry", "401"]
)
def test_sixty_four_threads_cause_one_token_request(
    before: Callable[[House], Token | None],
) -> None:
    house = House()
    token = before(house)
    house.requests = 0
    following = threading.Semaphore(0)

    def call(_: int) -> object:
        caller = house.caller(token, blocks=True)
        step = caller.next()
        if isinstance(step, Await):
            following.release()
            return caller.result(step.flight.join(30))
        # The answer is held back until all others have come to wait for it.
        assert all(following.acquire(timeout=30) for _ in range(63))
        return caller.result(("new", HOUR))

    with ThreadPoolExecutor(64) as pool:
        tokens = set(pool.map(call, range(64)))

    assert [token.value for token in tokens if isinstance(token, Token)] == ["new"]
    assert house.requests == 1


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
