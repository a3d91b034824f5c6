"""A cache that is down, full or forgetful: no caller sees it, and it is left alone for a while."""

from collections.abc import Callable
from typing import Any

import pytest

from dtz_dastra_auth._stores import Identity
from unit.caches import HOUR, IDENTITY, LOOK, warnings
from unit.fleet import Fleet, Process
from unit.renewals import answered

ADDRESS = "redis://user:rabbit@cache.example"
TRY = [*LOOK, "add lease"]

# Every question that a process may ask, and which of the same ones it is.
QUESTIONS = {
    "first look": ("get token", 1),
    "look for a holder": ("get lease", 1),
    "lease": ("add lease", 1),
    "second look": ("get token", 2),
    "new token": ("set token", 1),
    "lease given back": ("delete lease", 1),
}
EACH_QUESTION = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


def raising(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def down(question: str = "", nth: int = 1, do: Callable[[], Any] | None = None) -> Fleet:
    """Give a fleet whose cache fails from the nth question of a kind on."""
    fleet = Fleet()
    fleet.cache.breaks(question, do or raising(ConnectionError(ADDRESS)), nth=nth)
    return fleet


def is_left_alone(fleet: Fleet, process: Process) -> bool:
    """Tell whether a process that has no token asks the cache nothing."""
    process.store.clear()
    return fleet.asked(process.obtain) == []


# Down


@EACH_QUESTION
def test_callers_never_see_that_the_cache_is_down(question: tuple[str, int]) -> None:
    process = down(*question).process()

    assert process.obtain("new").value == "new"
    assert process.requests == 1


@EACH_QUESTION
def test_a_cache_that_is_down_costs_one_warning(
    question: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    process = down(*question).process()
    for _ in range(5):
        process.store.clear()
        process.obtain()

    (message,) = warnings(caplog)
    assert "ConnectionError" in message
    assert "cache.example" not in caplog.text


@EACH_QUESTION
def test_a_cache_that_is_down_is_left_alone_for_half_a_minute(question: tuple[str, int]) -> None:
    fleet = down(*question)
    process = fleet.process()
    process.obtain()

    fleet.pass_(29.9)
    assert is_left_alone(fleet, process)
    fleet.pass_(0.1)
    assert not is_left_alone(fleet, process)


def test_a_cache_that_is_down_when_a_loser_looks_for_the_holder_has_it_ask() -> None:
    fleet = Fleet()
    fleet.process().call()
    fleet.cache.breaks("get lease", raising(ConnectionError(ADDRESS)))
    loser = fleet.process()

    assert loser.obtain("own").value == "own"
    assert is_left_alone(fleet, loser)


def test_a_cache_that_is_down_when_a_failure_is_told_changes_nothing_of_it() -> None:
    fleet = down("set lease")
    error = answered(400)
    caller = fleet.process().call()
    caller.fail(error)

    assert caller.error is error
    assert is_left_alone(fleet, fleet.processes[0])


def test_a_cache_that_is_down_when_a_failure_is_told_late_changes_nothing_of_it() -> None:
    fleet = down("add lease", nth=2)
    error = answered(400)
    caller = fleet.process().call()
    fleet.pass_(10)
    caller.fail(error)

    assert caller.error is error


def test_an_early_renewal_is_made_as_without_a_cache() -> None:
    fleet = Fleet()
    processes = fleet.renewing(3, left=40)
    fleet.cache.breaks("", raising(ConnectionError(ADDRESS)))

    assert [each.obtain("own").value for each in processes] == ["own"] * 3


@pytest.mark.parametrize(
    "error",
    [
        *[TimeoutError(ADDRESS), PermissionError(ADDRESS), RuntimeError(ADDRESS)],
        *[StopIteration(ADDRESS), RecursionError(ADDRESS), AssertionError(ADDRESS)],
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_the_cache_raises_is_named(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    assert down("", 1, raising(error)).process().obtain("new").value == "new"

    (message,) = warnings(caplog)
    assert type(error).__name__ in message
    assert "rabbit" not in caplog.text


def test_an_interrupt_in_the_cache_is_the_callers() -> None:
    fleet = Fleet()
    process = fleet.process()
    caller = process.caller().go(questions=0)
    with pytest.raises(KeyboardInterrupt):
        caller._running.throw(KeyboardInterrupt())

    assert process.obtain("new").value == "new"


# How long it is left alone


def test_a_cache_that_came_back_is_used_again() -> None:
    fleet = down()
    process = fleet.process()
    process.obtain("own")
    fleet.cache.heals()
    fleet.pass_(HOUR - 30)
    process.obtain("new")

    assert fleet.process().obtain().value == "new"


def test_a_cache_that_is_down_again_costs_another_warning(caplog: pytest.LogCaptureFixture) -> None:
    fleet = down()
    process = fleet.process()
    for _ in range(3):
        process.store.clear()
        process.obtain()
        fleet.pass_(30)

    assert len(warnings(caplog)) == 3
    assert fleet.cache.questions == ["get token"] * 3


def test_a_wall_clock_that_is_set_does_not_end_the_rest() -> None:
    fleet = down()
    process = fleet.process()
    process.obtain()
    fleet.world.set_wall(fleet.world.wall + HOUR)

    assert is_left_alone(fleet, process)


def test_a_cache_that_failed_for_one_identity_is_left_alone_for_all() -> None:
    fleet = down()
    process = fleet.process()
    process.obtain()
    other = process.granted(Identity(IDENTITY.parts, "other"))

    assert fleet.asked(lambda: process.obtain(grant=other)) == []


def test_another_process_makes_up_its_own_mind() -> None:
    fleet = down()
    fleet.process().obtain()

    assert fleet.asked(fleet.process().obtain) == ["get token"]


def test_who_had_to_leave_it_alone_asks_for_itself() -> None:
    fleet = down()
    processes = fleet.some(3)
    for process in processes:
        process.obtain()

    assert [process.requests for process in processes] == [1, 1, 1]


def test_who_had_to_leave_it_alone_overwrites_a_token_that_was_rejected() -> None:
    fleet = Fleet()
    first, second = fleet.sharing(2)
    fleet.cache.breaks("", raising(ConnectionError(ADDRESS)))
    first.obtain(grant=first.granted(Identity(IDENTITY.parts, "other")))
    fleet.cache.heals()
    fleet.pass_(29)
    caller = first.call(first.obtain())
    fleet.pass_(2)
    caller.answer("new")

    assert second.obtain(rejected=second.obtain()).value == "new"


# Full, or forgetful


def test_a_cache_that_says_it_has_not_kept_a_token_costs_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fleet = down("set token", 1, lambda: False)
    process = fleet.process()

    assert process.obtain("new").value == "new"
    assert len(warnings(caplog)) == 1
    assert is_left_alone(fleet, process)


@pytest.mark.parametrize("answer", [None, 1, True, "OK", Ellipsis], ids=repr)
def test_a_cache_need_not_say_that_it_has_kept_a_token(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = down("set token", 1, lambda: answer)
    fleet.process().obtain()

    assert warnings(caplog) == []


def test_a_cache_that_keeps_nothing_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    fleet = down("add lease", 1, lambda: False)
    process = fleet.process()
    caller = process.caller()

    assert fleet.asked(caller.go) == [*TRY, *TRY, "get lease", "delete lease", *TRY]
    assert caller.answer("own").got() == "own"
    assert len(warnings(caplog)) == 1
    assert is_left_alone(fleet, process)


def test_a_cache_that_keeps_nothing_and_says_it_does_costs_no_caller_anything() -> None:
    fleet = Fleet()
    for method in ("add lease", "set token"):
        fleet.cache.breaks(method, lambda: True)
    processes = fleet.some(3)

    assert [each.obtain("own").value for each in processes] == ["own"] * 3


class Unanswerable:
    """What cannot even be asked whether it is true."""

    def __bool__(self) -> bool:
        """Fail, as an array of several numbers does."""
        raise ValueError(ADDRESS)

    def __repr__(self) -> str:
        """Give the same in every process, as names of tests have to be."""
        return "unanswerable"


@EACH_QUESTION
@pytest.mark.parametrize(
    "odd", [None, False, 0, 1, "", "no", b"", [], {}, Unanswerable(), Ellipsis], ids=repr
)
def test_whatever_a_cache_answers_callers_get_a_token(question: tuple[str, int], odd: Any) -> None:
    fleet = down(*question, lambda: odd)

    assert fleet.process().obtain("new").value == "new"
    other = fleet.process().call()
    # What was not given back may have to end first.
    assert other.wait_out() < 10 + 1.25
    assert (other.answer("own") if other.requests else other).got() in {"new", "own"}
