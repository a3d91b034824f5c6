"""A token is renewed before it ends, by one caller, and a failure of that harms nobody."""

import httpx
import pytest
import requests

from dtz_dastra_auth._flow import Await, Exchange, Pause
from dtz_dastra_auth._token import Token
from unit.callers import House
from unit.renewals import HOUR, answered, fail_early, fail_for_good, network_error, tries

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


def test_whoever_waits_for_an_early_renewal_that_fails_has_a_try_of_its_own() -> None:
    house = House()
    house.renewed(lifetime=300)
    house.clock.pass_(299)
    early, follower = house.caller(), house.caller()
    early.next()
    # The old token dies while it is being renewed.
    house.clock.pass_(1.5)
    wait = follower.next()
    again = early.throw(answered(503))

    # One of the two keeps the spacing and tries, the other waits for it.
    assert isinstance(again, Pause)
    assert isinstance(follower.rejoin(wait), Await)
    assert isinstance(early.send(None), Exchange)
    assert early.result(("new", 300.0)).value == "new"


def test_no_call_is_risked_for_an_early_renewal_that_has_no_time() -> None:
    house = House()
    old = house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - 0.9)

    # Where a token request that fails ends the call, half of what is left is too short.
    assert house.caller(survives=False).result() is old
    assert isinstance(house.caller(survives=True).next(), Exchange)


# After an early renewal that failed


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
    early = house.caller(survives=True)
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
    early = house.caller(survives=True)
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
