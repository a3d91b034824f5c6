"""Leases that do not end by themselves, and those that nobody has."""

from typing import Any

import pytest

from dtz_dastra_auth import TokenError
from unit.caches import HOUR, LOOK, TAKE, DictCache, warnings
from unit.fleet import Errand, Fleet, Process
from unit.renewals import answered

TRY = [*LOOK, "add lease"]


class Endless(DictCache):
    """A cache that adds in two steps, between which a process can die: nothing added ends."""

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        return super().add(key, value, HOUR)


class EndUnseen(DictCache):
    """A cache of files, whose ``add`` does not see that a key has ended."""

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        if key in self.held:
            self.questions.append("add lease")
            return False
        return super().add(key, value, timeout)


def over(cache: type[DictCache]) -> Fleet:
    """Give a fleet over such a cache."""
    fleet = Fleet()
    fleet.cache = cache(fleet.world)
    return fleet


def killed(process: Process) -> Errand:
    """Have a process die that has the lease."""
    leader = process.call()
    assert leader.requests
    return leader


def test_a_lease_without_an_end_is_removed_when_it_should_have_ended() -> None:
    fleet = over(Endless)
    killed(fleet.process())
    heir = fleet.process().call()

    assert 10 < heir.wait_out() <= 11 + 1.25
    assert fleet.asked(lambda: heir.answer("new")) == ["set token", "delete lease"]
    assert fleet.process().obtain().value == "new"


def test_a_lease_without_an_end_is_removed_by_who_has_a_token() -> None:
    fleet = over(Endless)
    first, second = fleet.renewing(2, left=50)
    killed(first)
    asked = []
    for _ in range(20):
        asked.append(second.call().requests)
        fleet.pass_(1)

    # Its looks are up to three seconds apart.
    assert 10 < asked.index(True) <= 11 + 3


def test_a_lease_without_an_end_costs_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    fleet = over(Endless)
    killed(fleet.process())
    fleet.process().call().wait_out()

    assert warnings(caplog) == []


def test_leases_of_several_holders_are_not_taken_for_one() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=50)
    fleet.cache.occupy()
    for _ in range(15):
        assert first.obtain().value == second.obtain().value == "old"
        fleet.pass_(2)

    assert "delete lease" not in fleet.cache.questions


@pytest.mark.parametrize("questions", range(5))
def test_who_removes_a_lease_leaves_the_one_that_has_taken_its_place(questions: int) -> None:
    fleet = over(Endless)
    killed(fleet.process())
    one, other = (process.call() for process in fleet.some(2))
    for _ in range(11):
        fleet.pass_(1)
        assert one.wake().waits > 0
        assert other.wake().waits > 0
    fleet.pass_(0.5)
    other.wake(questions)
    one.wake()
    other.go()

    assert one.requests != other.requests
    assert one.waits + other.waits > 0


def test_a_lease_that_cannot_be_added_though_nobody_has_it_is_removed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = over(EndUnseen)
    killed(fleet.process())
    fleet.pass_(10)
    heir = fleet.process().caller()

    assert fleet.asked(heir.go) == [*TRY, *TRY, "get lease", "delete lease", *TAKE]
    assert heir.requests
    assert warnings(caplog) == []


def test_once_that_is_a_race_with_who_takes_it_and_gives_it_back() -> None:
    fleet = Fleet()
    other = fleet.process().caller().go(questions=2)
    leader = fleet.process().call()
    other.go(questions=1)
    leader.answer("new")

    assert fleet.asked(other.go) == ["get token"]
    assert other.got() == "new"


def test_a_failure_that_cannot_be_overwritten_though_it_has_ended_is_removed() -> None:
    fleet = over(EndUnseen)
    fleet.process().call().fail(answered(500))
    fleet.pass_(3)

    assert fleet.process().call().requests


@pytest.mark.parametrize(
    "error",
    [answered(500), answered(400), answered(429, retry_after=60.0)],
    ids=lambda error: str(error.status_code),
)
def test_a_failure_without_an_end_is_removed_when_it_should_have_ended(error: TokenError) -> None:
    fleet = over(Endless)
    late = fleet.process().call()
    # Its own lease has been removed meanwhile.
    fleet.pass_(12)
    fleet.cache.held.clear()
    late.fail(error)
    other = fleet.process()
    asked = []
    for _ in range(60 + 12):
        asked.append(other.call().requests)
        fleet.pass_(1)

    assert True in asked


def test_a_failure_is_not_taken_for_a_lease_that_does_not_end() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=15)
    first.call().fail(answered(503, retry_after=60.0))
    assert second.obtain().value == "old"
    fleet.pass_(16)

    # The server has asked to be left alone for a minute.
    assert second.call().met().status_code == 503
