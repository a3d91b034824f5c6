"""Holders of the lease that die, or come in too late."""

import pytest

from dtz_dastra_auth import TokenError
from unit.caches import TAKE
from unit.fleet import Errand, Fleet, Process

# Everything that a holder does one after the other; it dies when it has done so many of them.
STEPS = [*TAKE, "token request", "set token", "delete lease"]
EACH_STEP = pytest.mark.parametrize(
    "steps", range(len(STEPS)), ids=lambda steps: f"before {STEPS[steps]}"
)


def gone(process: Process, steps: int) -> Errand:
    """Have a process die: what it was about to do is neither done nor given up."""
    request = STEPS.index("token request")
    caller = process.caller().go(questions=min(steps, request))
    if steps > request:
        caller.answer("lost", questions=steps - request - 1)
    return caller


# Holders that die


@EACH_STEP
def test_a_holder_that_dies_costs_who_has_no_token_its_lease_at_most(steps: int) -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    gone(first, steps)
    heir = second.call()

    # The lease, and the time until it is looked for again.
    assert heir.wait_out() <= 10 + 1.25
    if heir.requests:
        heir.answer("new")
    assert heir.got() == ("lost" if STEPS[steps] == "delete lease" else "new")


@EACH_STEP
def test_a_holder_that_dies_is_followed_by_one(steps: int) -> None:
    fleet = Fleet()
    first, *others = fleet.some(10)
    gone(first, steps)
    callers = [each.call() for each in others]
    before = first.requests
    while not all(caller.is_over for caller in callers):
        for caller in callers:
            if caller.requests:
                caller.answer("new")
            elif caller.waits:
                caller.wake()
        fleet.pass_(1)

    asked = 0 if STEPS[steps] == "delete lease" else 1
    assert fleet.requests == before + asked


@EACH_STEP
def test_a_holder_that_dies_keeps_nobody_who_has_a_token(steps: int) -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=50)
    gone(first, steps)
    given = []
    for _ in range(13):
        caller = second.call()
        if caller.requests:
            caller.answer("new")
        given.append(caller.got())
        fleet.pass_(1)

    assert set(given) <= {"old", "new", "lost"}
    assert given[-1] == ("lost" if STEPS[steps] == "delete lease" else "new")


def test_a_holder_that_dies_with_the_token_in_hand_loses_nothing_but_its_lease() -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    gone(first, STEPS.index("delete lease"))

    assert second.call().got() == "lost"
    fleet.pass_(10)
    assert fleet.cache.peek("lease") is None


# Holders that come in late


def test_a_holder_that_is_too_late_uses_its_own_token_and_overwrites_no_newer_one() -> None:
    fleet = Fleet()
    first, second, third = fleet.some(3)
    late = first.call()
    fleet.pass_(10)
    second.obtain("newer")

    assert late.answer("late").got() == "late"
    assert third.obtain().value == "newer"


def test_a_holder_that_is_too_late_leaves_the_lease_of_the_next() -> None:
    fleet = Fleet()
    first, second, third = fleet.some(3)
    late = first.call()
    fleet.pass_(10)
    assert second.call().requests

    late.answer("late")

    assert fleet.cache.peek("lease") is not None
    assert third.obtain().value == "late"


def test_the_token_of_who_asked_last_stays() -> None:
    fleet = Fleet()
    first, second, third = fleet.some(3)
    late = first.call()
    fleet.pass_(10)
    next_one = second.call()
    late.answer("late")

    next_one.answer("newer")

    assert third.obtain().value == "newer"


@pytest.mark.parametrize("seconds", [9.0, 9.5, 20.0])
def test_a_lease_in_its_last_second_is_not_deleted(seconds: float) -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    fleet.pass_(seconds)

    assert fleet.asked(lambda: leader.answer("late")) == ["get token", "set token"]
    assert fleet.process().obtain().value == "late"


def test_a_lease_of_less_than_nine_seconds_is_given_back() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    fleet.pass_(8.9)

    assert fleet.asked(leader.answer) == ["set token", "delete lease"]


def test_a_holder_that_is_too_late_overwrites_the_token_that_it_was_to_replace() -> None:
    fleet = Fleet()
    first, second = fleet.sharing(2)
    fleet.pass_(10)
    leader = first.call(first.obtain())
    fleet.pass_(12)

    leader.answer("late")

    assert second.obtain(rejected=second.obtain()).value == "late"


def test_a_holder_that_is_too_late_overwrites_a_token_that_has_ended() -> None:
    fleet = Fleet()
    first, second, third = fleet.some(3)
    late = first.call()
    fleet.pass_(10)
    second.obtain("brief", lifetime=5)
    fleet.pass_(6)

    late.answer("late")

    assert third.obtain().value == "late"


def test_a_failure_that_is_too_late_leaves_the_lease_of_the_next() -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    late = first.call()
    fleet.pass_(10)
    second.call()
    lease = fleet.cache.peek("lease")

    late.fail(TokenError("refused", status_code=400))

    assert fleet.cache.peek("lease") == lease
