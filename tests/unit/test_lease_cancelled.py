"""A lease whose holder was cancelled is its process's still, and never a forked child's."""

import os
from collections.abc import Callable

import pytest

from unit.caches import TAKE
from unit.fleet import Fleet, Process
from unit.timers import FakeTimer


def cancelled(process: Process) -> None:
    leader = process.call()
    assert leader.requests
    leader.cancel()


def test_the_lease_of_a_cancelled_caller_is_the_next_callers() -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)
    heir = process.caller()

    assert fleet.asked(heir.go) == ["get token", "get token"]
    assert heir.requests


def test_an_inherited_lease_is_given_back() -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)

    assert fleet.asked(process.obtain)[-2:] == ["set token", "delete lease"]
    assert fleet.cache.peek("lease") is None


def test_an_inherited_lease_ends_when_it_would_have_ended() -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)
    fleet.pass_(8)
    heir = process.call()
    fleet.pass_(1)

    assert fleet.asked(lambda: heir.answer("late")) == ["get token", "set token"]


def test_a_lease_in_its_last_second_is_not_inherited() -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)
    fleet.pass_(9)
    heir = process.call()

    assert 1 <= heir.wait_out() <= 1 + 1.25
    assert heir.requests


def test_a_callers_cancellation_after_the_answer_loses_no_token() -> None:
    fleet = Fleet()
    process = fleet.process()
    leader = process.call()
    leader.answer("new", questions=0)
    leader.cancel()

    assert process.obtain().value == "new"
    assert process.requests == 1


def test_one_who_waits_in_the_same_process_inherits_the_lease() -> None:
    fleet = Fleet()
    process = fleet.process()
    leader, follower = process.call(), process.call()
    leader.cancel()

    assert follower.rejoin().requests
    assert fleet.cache.questions.count("add lease") == 1


def test_other_processes_wait_for_the_heir() -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    cancelled(first)
    heir, loser = first.call(), second.call()
    heir.answer("new")

    assert loser.wait().got() == "new"


# When nobody takes over


def test_the_lease_of_a_cancelled_caller_is_given_back_when_nobody_takes_over() -> None:
    fleet = Fleet()
    cancelled(fleet.process())
    (timer,) = FakeTimer.started

    assert timer.daemon
    assert timer.seconds < 1
    assert fleet.asked(timer.end) == ["delete lease"]
    assert fleet.process().call().requests


def test_an_heir_keeps_it() -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)
    heir = process.call()
    (timer,) = FakeTimer.started

    assert fleet.asked(timer.end) == []
    assert fleet.asked(lambda: heir.answer("new")) == ["set token", "delete lease"]


def test_who_had_no_lease_has_none_to_give_back() -> None:
    fleet = Fleet()
    fleet.process().call()
    loser = fleet.process().call()
    loser.cancel()

    assert FakeTimer.started == []


# Forks


@pytest.fixture
def fork(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make this process a child of itself, as far as anybody asks."""
    return lambda: monkeypatch.setattr(os, "getpid", lambda: -1)


def test_a_forked_child_does_not_inherit_the_lease(fork: Callable[[], None]) -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)
    fork()

    assert process.call().waits > 0


def test_a_forked_child_does_not_give_its_parents_lease_back(fork: Callable[[], None]) -> None:
    fleet = Fleet()
    process = fleet.process()
    leader = process.call()
    fork()

    assert "delete lease" not in fleet.asked(leader.answer)


def test_a_forked_child_takes_a_lease_of_its_own(fork: Callable[[], None]) -> None:
    fleet = Fleet()
    process = fleet.process()
    cancelled(process)
    fork()
    fleet.pass_(10)

    assert fleet.asked(process.obtain) == [*TAKE, "set token", "delete lease"]
