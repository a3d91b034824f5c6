"""Who has no token waits for the winner's, with a bound, and then asks on its own."""

import pytest

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Exchange
from unit.caches import HOUR, LOOK, TAKE
from unit.fleet import Errand, Fleet, Process


def stuck() -> Fleet:
    """Give a fleet where always somebody asks, each time another one."""
    fleet = Fleet()
    fleet.cache.occupy()
    return fleet


def waiting(fleet: Fleet, timeout: float | None = None) -> tuple[Errand, Process]:
    """Give a caller that waits for the winner's token, and its process."""
    process = fleet.process()
    caller = process.call(timeout=timeout)
    assert caller.waits > 0
    return caller, process


def test_the_loser_looks_and_waits() -> None:
    fleet = stuck()
    caller = fleet.process().caller()

    assert fleet.asked(caller.go) == LOOK
    assert caller.waits > 0


def test_the_loser_takes_the_winners_token() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    loser, process = waiting(fleet)
    leader.answer("new")

    assert fleet.asked(loser.wait) == ["get token"]
    assert loser.got() == "new"
    assert process.requests == 0


def test_the_loser_has_the_winners_token_soon() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    loser, _ = waiting(fleet)
    for _ in range(3):
        loser.wait()
    leader.answer("new")

    # Half of what it has waited for already, as jitter has it.
    assert loser.wait_out() < 0.2
    assert loser.got() == "new"


def test_all_callers_of_the_losers_process_get_the_winners_token() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    loser, process = waiting(fleet)
    others = [process.call() for _ in range(20)]
    leader.answer("new")
    loser.wait_out()

    assert fleet.asked(lambda: [each.rejoin() for each in others]) == []
    assert {each.got() for each in others} == {"new"}


def test_of_a_losers_callers_one_asks_the_cache() -> None:
    fleet = stuck()
    _, process = waiting(fleet)

    assert fleet.asked(lambda: [process.call() for _ in range(20)]) == []


# How it waits


def pauses_of(jitter: float) -> list[float]:
    caller = stuck().process(jitter=jitter).call()
    pauses = []
    while caller.waits:
        pauses.append(caller.waits)
        caller.wait()
        assert len(pauses) < 100
    return pauses


def test_its_pauses_grow_up_to_a_second() -> None:
    pauses = pauses_of(jitter=0.5)

    assert pauses == sorted(pauses)
    assert pauses[0] <= 0.1
    assert pauses[-1] == 1.0


@pytest.mark.parametrize("jitter", [0.0, 0.3, 0.999])
def test_its_pauses_are_jittered(jitter: float) -> None:
    pauses = pauses_of(jitter)

    assert pauses[0] != pauses_of(jitter=0.5)[0]
    assert max(pauses) < 1.25


def test_it_asks_the_cache_no_more_than_some_twenty_times() -> None:
    fleet = stuck()
    caller = fleet.process().call()

    assert len(fleet.asked(caller.wait_out)) <= 25 * len(LOOK)


def test_each_look_is_two_questions() -> None:
    fleet = stuck()
    caller, _ = waiting(fleet)

    assert fleet.asked(caller.wait) == LOOK


# How long it waits


@pytest.mark.parametrize(
    ("timeout", "bound"), [(None, 15.0), (60.0, 15.0), (30.0, 15.0), (20.0, 10.0), (4.0, 2.0)]
)
def test_after_half_of_its_time_it_asks_on_its_own(timeout: float | None, bound: float) -> None:
    fleet = stuck()
    caller = fleet.process().call(timeout=timeout)

    assert bound - 1.25 <= caller.wait_out() <= bound
    assert caller.requests


def test_half_of_its_time_is_left_for_its_own_token_request() -> None:
    caller, _ = waiting(stuck(), timeout=8.0)
    caller.wait_out()

    assert isinstance(caller.step, Exchange)
    assert caller.step.deadline.left() >= 4


def test_who_has_little_time_asks_at_once() -> None:
    assert stuck().process().call(timeout=0.05).requests


def test_a_token_that_was_had_on_its_own_is_for_all() -> None:
    fleet = stuck()
    caller, _ = waiting(fleet)
    caller.wait_out()

    assert caller.answer("own").got() == "own"
    assert fleet.process().obtain().value == "own"


def test_who_asks_on_its_own_leaves_the_lease_of_the_other() -> None:
    fleet = stuck()
    caller, _ = waiting(fleet)
    caller.wait_out()

    assert fleet.asked(caller.answer) == ["get token", "set token"]


def test_who_asks_on_its_own_overwrites_no_token_that_came_meanwhile() -> None:
    fleet = stuck()
    caller, _ = waiting(fleet)
    caller.wait_out()
    fleet.cache.heals()
    fleet.process().obtain("newer")

    assert caller.answer("own").got() == "own"
    assert fleet.process().obtain().value == "newer"


def test_who_asks_on_its_own_overwrites_the_token_that_was_rejected() -> None:
    fleet = Fleet()
    first, second = fleet.sharing(2)
    fleet.pass_(10)
    fleet.cache.occupy()
    caller = first.call(first.obtain())
    caller.wait_out()
    caller.answer("own")

    assert second.obtain(rejected=second.obtain()).value == "own"


def test_losers_of_one_lease_ask_on_their_own_one_each() -> None:
    fleet = stuck()
    callers = [process.call() for process in fleet.some(5)]
    callers[0].wait_out()
    for caller in callers[1:]:
        caller.wake()

    assert [process.requests for process in fleet.processes] == [1] * 5


# What ends its wait


def test_it_takes_a_lease_that_has_ended() -> None:
    fleet = Fleet()
    fleet.process().call()
    caller, _ = waiting(fleet)

    assert 10 <= caller.wait_out() <= 10 + 1.25
    assert fleet.asked(caller.answer) == ["set token", "delete lease"]


def test_it_takes_a_lease_that_was_given_back_without_a_token() -> None:
    fleet = stuck()
    caller, _ = waiting(fleet)
    fleet.cache.heals()

    assert fleet.asked(caller.wait) == TAKE
    assert caller.requests


def test_it_is_told_of_the_winners_failure_at_once() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    caller, process = waiting(fleet)
    leader.fail(TokenError("refused", error="invalid_client", status_code=401))

    assert caller.wait().met().error == "invalid_client"
    assert process.requests == 0


def test_a_cache_that_breaks_meanwhile_has_it_ask_on_its_own() -> None:
    fleet = stuck()
    caller, _ = waiting(fleet)
    fleet.cache.breaks("get token", lambda: 1 // 0)

    assert caller.wait().requests


def test_a_cancelled_loser_leaves_the_wait_to_one_of_its_process() -> None:
    fleet = stuck()
    caller, process = waiting(fleet)
    follower = process.call()
    caller.cancel()

    assert fleet.asked(follower.rejoin) == LOOK
    assert follower.waits > 0


def test_who_has_a_token_waits_for_nobody() -> None:
    fleet = Fleet()
    processes = fleet.renewing(20)
    processes[0].call()

    assert [each.call().waits for each in processes[1:]] == [0.0] * 19


def test_a_token_that_lives_shorter_than_the_wait_is_taken_all_the_same() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    caller, process = waiting(fleet)
    leader.answer("brief", lifetime=HOUR / 1800)

    assert caller.wait_out() < 2
    assert caller.got() == "brief"
    assert process.requests == 0
