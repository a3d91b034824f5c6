"""What a 401 makes of the token that it was the answer to."""

from dtz_dastra_auth._flow import Exchange
from unit.callers import House
from unit.renewals import (
    HOUR,
    answered,
    error_of,
    fail,
)


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


def test_a_token_that_is_ending_is_as_old_as_its_request() -> None:
    house = House()
    caller = house.caller()
    caller.next()
    house.clock.pass_(0.6)
    token = caller.result(("new", 2.0))
    house.clock.pass_(0.5)

    assert isinstance(house.caller(rejected=token).next(), Exchange)


def test_any_other_token_is_as_old_as_its_arrival() -> None:
    house = House()
    caller = house.caller()
    caller.next()
    house.clock.pass_(1.5)
    token = caller.result(("new", HOUR))
    house.clock.pass_(0.9)

    assert house.caller(rejected=token).result() is token


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
