"""Who of a fleet makes the token request, and what it asks the cache."""

from collections.abc import Iterable

import pytest

from dtz_dastra_auth._flow import Ask
from unit.caches import HOUR, LOOK, TAKE, sealed
from unit.fleet import Errand, Fleet


def in_turns(callers: Iterable[Errand]) -> None:
    """Have callers go on at the same time, one question each in turn."""
    waiting = list(callers)
    while waiting:
        waiting = [each for each in waiting if isinstance(each.go(questions=1).step, Ask)]


# The one that asks


def test_who_asks_looks_takes_the_lease_and_looks_again() -> None:
    fleet = Fleet()
    caller = fleet.process().caller()

    assert fleet.asked(caller.go) == TAKE
    assert caller.requests


def test_who_has_asked_keeps_the_token_for_all_and_gives_the_lease_back() -> None:
    fleet = Fleet()
    caller = fleet.process().call()

    assert fleet.asked(caller.answer) == ["set token", "delete lease"]
    assert caller.got() == "new"
    assert fleet.cache.peek("lease") is None


def test_a_lease_is_taken_for_ten_seconds() -> None:
    fleet = Fleet()
    fleet.process().call()

    assert fleet.cache.timeouts == [("add lease", 10)]


def test_a_token_that_was_kept_between_the_look_and_the_lease_is_found() -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    late = second.caller().go(questions=2)
    first.obtain("new")

    assert fleet.asked(late.go) == ["add lease", "get token", "delete lease"]
    assert late.got() == "new"
    assert second.requests == 0
    assert fleet.cache.peek("lease") is None


@pytest.mark.parametrize("lifetime", [0.0, 0.5, 0.999])
def test_a_token_that_is_as_good_as_expired_is_not_kept_for_all(lifetime: float) -> None:
    fleet = Fleet()

    assert fleet.process().obtain("brief", lifetime).value == "brief"
    assert fleet.cache.peek("token") is None


@pytest.mark.parametrize("lifetime", [0.0, 0.5, 0.999])
def test_the_lease_is_given_back_with_a_token_that_is_as_good_as_expired(lifetime: float) -> None:
    fleet = Fleet()

    fleet.process().obtain("brief", lifetime)

    assert fleet.cache.peek("lease") is None


def test_of_a_hundred_that_come_first_at_once_one_asks() -> None:
    fleet = Fleet()
    callers = [each.caller() for each in fleet.some(100)]
    in_turns(callers)
    (leader,) = (caller for caller in callers if caller.requests)
    leader.answer("new")
    others = [caller for caller in callers if caller is not leader]
    fleet.pass_(1)

    assert {caller.wake().got() for caller in others} == {"new"}
    assert fleet.requests == 1


def test_of_a_hundred_that_renew_at_once_one_asks() -> None:
    fleet = Fleet()
    processes = fleet.renewing(100)
    callers = [each.caller() for each in processes]
    in_turns(callers)
    (leader,) = (caller for caller in callers if caller.requests)

    assert {caller.got() for caller in callers if caller is not leader} == {"old"}
    assert leader.answer("new").got() == "new"
    fleet.pass_(2)
    assert {process.obtain().value for process in processes} == {"new"}
    assert fleet.requests == 2


def test_a_token_is_asked_for_once_a_lifetime() -> None:
    fleet = Fleet()
    processes = [fleet.process(jitter=number / 10) for number in range(10)]
    for second in range(3000):
        for process in processes:
            process.obtain(f"token-{second}", 300)
        fleet.pass_(1)

    # A minute before the end at the earliest; jitter puts it off.
    assert 10 <= fleet.requests <= 3000 / (300 - 60) + 1


# Renewing early


def test_a_newer_token_is_taken_before_the_old_one_ends() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2)
    first.obtain("new")

    assert fleet.asked(second.obtain) == ["get token"]
    assert second.obtain().value == "new"
    assert second.requests == 0


def test_an_older_token_is_not_taken_for_a_newer_one() -> None:
    fleet = Fleet()
    (process,) = fleet.renewing(1)
    taken = fleet.world.wall - HOUR + 30
    fleet.cache.plant("token", sealed("token", "older", HOUR, taken))

    assert process.call().requests


def test_a_token_that_is_to_be_renewed_itself_is_not_taken_early() -> None:
    fleet = Fleet()
    (process,) = fleet.renewing(1, left=40)
    taken = fleet.world.wall - HOUR + 50
    fleet.cache.plant("token", sealed("token", "other", HOUR, taken))

    assert process.call().requests


def test_the_loser_goes_on_with_its_old_token_at_once() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2)
    first.call()
    loser = second.caller()

    assert fleet.asked(loser.go) == LOOK
    assert loser.got() == "old"


def test_the_loser_looks_again_after_a_while() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2)
    leader = first.call()
    second.obtain()

    def go_on() -> None:
        for _ in range(20):
            assert second.obtain().value == "old"
            fleet.pass_(0.0999)

    assert fleet.asked(go_on) == []
    leader.answer("new")
    fleet.pass_(0.01)
    assert second.obtain().value == "new"
    assert fleet.requests == 2


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 1.0), (0.5, 2.0), (0.999, 3.0)])
def test_losers_look_again_at_different_times(jitter: float, seconds: float) -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, jitter=jitter)
    first.call()
    second.obtain()

    fleet.pass_(seconds - 0.01)
    assert fleet.asked(second.obtain) == []
    fleet.pass_(0.01)
    assert fleet.asked(second.obtain) == LOOK


def test_the_loser_looks_again_sooner_where_the_old_token_ends_sooner() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=4)
    first.call()
    second.obtain()

    fleet.pass_(0.99)
    assert fleet.asked(second.obtain) == []
    fleet.pass_(0.01)
    assert fleet.asked(second.obtain) == LOOK


def test_all_callers_of_the_loser_go_on_without_a_question() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2)
    first.call()
    second.obtain()

    assert fleet.asked(lambda: [second.obtain() for _ in range(100)]) == []


def test_the_loser_takes_the_lease_when_it_looks_again_and_it_is_free() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2)
    first.call()
    fleet.pass_(9)
    second.obtain()
    fleet.pass_(2)

    assert second.call().requests


def test_a_loser_whose_old_token_dies_waits_for_the_winners() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=1.5)
    leader = first.call()
    assert second.obtain().value == "old"
    fleet.pass_(1.6)

    waiting = second.call()

    assert waiting.waits > 0
    leader.answer("new")
    assert waiting.wait().got() == "new"


# Rejected tokens


def test_of_all_whose_token_was_rejected_one_asks() -> None:
    fleet = Fleet()
    processes = fleet.sharing(20)
    fleet.pass_(10)
    callers = [each.caller(each.obtain()) for each in processes]
    in_turns(callers)
    (leader,) = (caller for caller in callers if caller.requests)
    leader.answer("new")
    fleet.pass_(1)

    others = [caller for caller in callers if caller is not leader]
    assert {caller.wake().got() for caller in others} == {"new"}
    assert fleet.requests == 2


def test_who_was_not_told_of_a_rejection_goes_on_meanwhile() -> None:
    fleet = Fleet()
    first, second = fleet.sharing(2)
    fleet.pass_(10)
    first.call(first.obtain())

    assert second.obtain().value == "old"
