"""A slow cache, or one that does not answer, takes little of a caller's time, and is left alone."""

import os
import warnings as python_warnings
from collections.abc import Callable
from typing import Any

import pytest

from dtz_dastra_auth._flow import Ask, Exchange
from dtz_dastra_auth._stores import Identity
from unit.caches import IDENTITY, LOOK, TAKE, DictCache, warnings
from unit.clock import FakeClock
from unit.fleet import Errand, Fleet, Process

ADDRESS = "redis://user:rabbit@cache.example"


class SlowCache(DictCache):
    """A cache that takes its time over every question.

    Attributes:
        seconds: How long.
    """

    def __init__(self, world: FakeClock, seconds: float) -> None:
        super().__init__(world)
        self._world = world
        self.seconds = seconds

    def _asked(self, method: str, key: str, do: Callable[[], Any]) -> Any:
        def late() -> Any:
            self._world.pass_(self.seconds)
            return do()

        return super()._asked(method, key, late)


class WarmFleet(Fleet):
    """A fleet whose processes have all had an answer from the cache, when it was fast."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.cache = self._slow = SlowCache(self.world, 0.0)
        self._seconds = seconds

    def process(self, **options: Any) -> Process:
        """Start a process, and have it ask for another identity."""
        process = super().process(**options)
        self._slow.seconds = 0.0
        stranger(process, -len(self.processes)).go().answer("another's")
        process.grant.requests = 0
        self._slow.seconds = self._seconds
        return process


def slow(seconds: float) -> WarmFleet:
    return WarmFleet(seconds)


def slow_from_now_on(fleet: Fleet, seconds: float) -> None:
    fleet.cache.breaks("", lambda: fleet.pass_(seconds))


def time_left(caller: Errand) -> float:
    """Tell how many seconds the token request has."""
    assert isinstance(caller.step, Exchange), caller.step
    return caller.step.deadline.left()


def is_left_alone(fleet: Fleet, process: Process) -> bool:
    process.store.clear()
    return fleet.asked(process.obtain) == []


def stranger(process: Process, number: int = 0) -> Errand:
    """Add a caller of another identity, for which nobody has asked."""
    identity = Identity(IDENTITY.parts, f"other {number}")
    return process.caller(grant=process.granted(identity))


# Slow


@pytest.mark.parametrize("timeout", [3.0, 5.0, 10.0, 60.0])
@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.5, 0.9])
def test_a_slow_cache_leaves_three_quarters_of_the_time_but_for_one_question(
    seconds: float, timeout: float
) -> None:
    caller = slow(seconds).process().call(timeout=timeout)

    assert time_left(caller) >= timeout * 0.75 - seconds
    assert caller.answer("new").got() == "new"


def test_the_first_question_of_a_process_is_not_counted() -> None:
    # Clients import what they need then, and connect.
    fleet = Fleet()
    fleet.cache = SlowCache(fleet.world, 0.9)

    asked = fleet.asked(lambda: fleet.process().call(timeout=3.0))
    assert asked == ["get token", "get lease"]


def test_a_cache_that_is_fast_enough_has_all_its_questions(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = slow(0.1)
    process = fleet.process()

    assert fleet.asked(process.obtain) == [*TAKE, "set token", "delete lease"]
    assert warnings(caplog) == []


def test_a_cache_that_has_taken_its_share_and_more_than_a_second_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = slow(0.9)
    process = fleet.process()
    caller = process.caller(timeout=5.0)

    assert fleet.asked(caller.go) == LOOK
    assert caller.answer("own").got() == "own"
    (message,) = warnings(caplog)
    assert "takes too long to answer" in message
    fleet.pass_(29)
    assert is_left_alone(fleet, process)
    fleet.pass_(1)
    assert not is_left_alone(fleet, process)


def test_a_single_question_of_more_than_a_second_has_the_cache_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = slow(1.1)
    process = fleet.process()

    assert fleet.asked(process.obtain) == ["get token"]
    assert is_left_alone(fleet, process)
    (message,) = warnings(caplog)
    assert "takes too long to answer" in message


def test_a_token_that_came_late_from_the_cache_is_taken_all_the_same() -> None:
    fleet = WarmFleet()
    fleet.process().obtain("theirs")
    value = fleet.cache.peek("token")

    def late() -> Any:
        fleet.pass_(1.1)
        return value

    fleet.cache.breaks("get token", late)

    assert fleet.process().obtain().value == "theirs"


def test_who_waits_for_another_gives_a_slow_cache_its_share_in_every_round(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = slow(0.65)
    holder, loser = fleet.process().call(), fleet.process().call(timeout=10.0)
    loser.wait()
    holder.answer("theirs")

    assert loser.wait().got() == "theirs"
    assert warnings(caplog) == []


# Slow, with a token that serves


def test_an_early_renewal_is_put_off_for_a_second_when_the_cache_is_slow() -> None:
    fleet = WarmFleet()
    (process,) = fleet.renewing(1)
    slow_from_now_on(fleet, 0.9)

    assert process.call(timeout=3.0).got() == "old"
    fleet.cache.heals()
    assert fleet.asked(process.call) == []
    fleet.pass_(1)
    assert process.obtain("new").value == "new"


def test_an_early_renewal_is_put_off_when_a_failure_took_half_of_its_time() -> None:
    fleet = WarmFleet()
    (process,) = fleet.renewing(1)

    def fail_late() -> None:
        fleet.pass_(2.6)
        raise TimeoutError(ADDRESS)

    fleet.cache.breaks("", fail_late)

    assert process.call().got() == "old"
    assert process.requests == 1
    fleet.pass_(1)
    assert process.obtain("own").value == "own"


# Those who wait in the same process


def test_nobody_in_the_process_waits_while_a_token_is_shared() -> None:
    fleet = WarmFleet()
    process = fleet.process()
    leader, follower = process.call(), process.call()

    assert fleet.asked(lambda: leader.answer("new", questions=0)) == []
    assert isinstance(leader.step, Ask)
    assert follower.rejoin().got() == "new"


# A question that is not answered


def test_a_question_that_is_queued_is_not_asked_once_the_cache_is_left_alone() -> None:
    fleet = WarmFleet()
    process = fleet.process()
    queued = [stranger(process, number).go(questions=0) for number in range(3)]
    slow_from_now_on(fleet, 1.1)
    process.obtain("own")

    assert fleet.asked(lambda: [each.go() for each in queued]) == []
    assert all(each.requests for each in queued)


class During:
    """What another caller asks while a question has been open for a while."""

    def __init__(self, seconds: float, fleet: Fleet) -> None:
        self.process = fleet.process()
        self.asked: list[str] = []
        self.other = stranger(self.process)

        def stand() -> None:
            fleet.cache.heals()
            fleet.pass_(seconds)
            self.asked = fleet.asked(self.other.go)

        fleet.cache.breaks("get token", stand)
        self.process.obtain("own")


def test_nobody_else_asks_while_a_question_has_been_open_for_half_a_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    during = During(0.6, WarmFleet())

    assert during.asked == []
    assert during.other.requests
    assert warnings(caplog) == []


def test_others_ask_while_a_question_has_been_open_for_less() -> None:
    assert During(0.4, WarmFleet()).asked != []


def test_however_many_questions_fail_together_there_is_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = WarmFleet()
    process = fleet.process()
    callers = [stranger(process, number).go(questions=0) for number in range(5)]

    def fail() -> None:
        if callers:
            callers.pop().go()
        raise ConnectionError(ADDRESS)

    fleet.cache.breaks("", fail)

    assert len(fleet.asked(lambda: process.obtain("own"))) == 6
    assert len(warnings(caplog)) == 1


def test_a_child_that_was_forked_while_a_question_was_open_asks_the_cache() -> None:
    fleet = WarmFleet()
    process = fleet.process()
    codes: list[int] = []

    def fork() -> None:
        fleet.cache.heals()
        with python_warnings.catch_warnings():
            # Other threads of the test runner are of no concern to the child.
            python_warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child:
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            return
        code = 2
        try:
            fleet.pass_(40)
            code = 0 if fleet.asked(stranger(process).go) else 1
        finally:
            os._exit(code)

    fleet.cache.breaks("get token", fork)
    process.obtain("own")

    assert codes == [0]
