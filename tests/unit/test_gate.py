"""One at a time: who waits, who goes in next, and who would wait for itself."""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dtz_dastra_auth import SignInRequiredError, TokenError
from dtz_dastra_auth._flow import Await, Caller, Pause, Steps
from dtz_dastra_auth._gate import Gate
from dtz_dastra_auth._token import Deadline
from unit.callers import Running
from unit.clock import FakeClock
from unit.gates import BLOCKING, LABEL, PATIENCE, TASK, Inside


class Door:
    """A gate, and callers who are run by hand."""

    def __init__(self, *, shares_errors: bool = True) -> None:
        self.clock = FakeClock()
        self.gate = Gate("token request", shares_errors=shares_errors)
        # One that nobody holds is garbage, and its steps are closed.
        self.held: list[Running] = []

    def caller(
        self,
        steps: Callable[[], Steps[Any]] | None = None,
        *,
        caller: Caller = TASK,
        timeout: float = PATIENCE,
    ) -> Running:
        deadline = Deadline.after(self.clock, timeout)
        through = self.gate.through(steps or Inside().steps, caller, deadline, LABEL)
        self.held.append(Running(through))
        return self.held[-1]


def test_who_is_closed_inside_lets_the_next_one_in() -> None:
    door = Door()
    first, second = door.caller(), door.caller()
    first.next()
    waiting = second.next()
    assert isinstance(waiting, Await)
    first.close()
    assert isinstance(second.rejoin(waiting), Pause)
    assert second.result() == "done"


def test_who_is_garbage_inside_lets_the_next_one_in() -> None:
    door = Door()
    door.caller().next()
    second = door.caller()
    waiting = second.next()
    del door.held[0]
    gc.collect()
    assert isinstance(second.rejoin(waiting), Pause)


def test_who_is_closed_while_waiting_takes_nothing_along() -> None:
    door = Door()
    first, second, third = door.caller(), door.caller(), door.caller()
    first.next()
    second.next()
    waiting = third.next()
    second.close()
    assert first.result() == "done"
    assert isinstance(third.rejoin(waiting), Pause)
    assert third.result() == "done"


def test_who_is_inside_is_waited_for_however_long_it_takes() -> None:
    door = Door()
    late = door.caller(timeout=10)
    late.next()
    door.clock.pass_(3600)
    second = door.caller()
    waiting = second.next()
    assert isinstance(waiting, Await)
    assert late.result() == "done"
    assert isinstance(second.rejoin(waiting), Pause)
    # And nobody else beside that one.
    assert isinstance(door.caller().next(), Await)


def test_who_waits_too_long_is_told_what_for() -> None:
    door = Door()
    door.caller().next()
    second = door.caller()
    second.next()
    with pytest.raises(TokenError, match=r"^waited too long for the token request for a person$"):
        second.throw(TimeoutError())


def test_an_error_inside_is_told_to_who_waits() -> None:
    door = Door()

    def over() -> Steps[None]:
        yield Pause(1)
        raise SignInRequiredError("sign in again", error="invalid_grant", status_code=400)

    first, second = door.caller(over), door.caller()
    first.next()
    waiting = second.next()
    with pytest.raises(SignInRequiredError):
        first.send(None)
    with pytest.raises(SignInRequiredError, match="sign in again") as met:
        second.rejoin(waiting)
    assert met.value.error == "invalid_grant"
    assert isinstance(door.caller().next(), Pause)


def test_of_somebody_elses_error_who_waits_is_told_the_class() -> None:
    door = Door()

    def broken() -> Steps[None]:
        yield Pause(1)
        raise OSError("/secret/path")

    first, second = door.caller(broken), door.caller()
    first.next()
    waiting = second.next()
    with pytest.raises(OSError, match="/secret/path"):
        first.send(None)
    with pytest.raises(TokenError, match=r"builtins\.OSError") as met:
        second.rejoin(waiting)
    assert "secret" not in str(met.value)


def test_who_would_wait_for_itself_is_told_so() -> None:
    door = Door()

    def inner() -> Steps[Any]:
        assert door.gate.is_mine()
        return (yield from door.gate.through(Inside().steps, TASK, deadline, LABEL))

    deadline = Deadline.after(door.clock, PATIENCE)
    with pytest.raises(TokenError, match="called back into itself"):
        door.caller(inner).next()
    assert isinstance(door.caller().next(), Pause)


def test_a_blocking_caller_on_the_thread_that_is_inside_is_told_so() -> None:
    door = Door()
    door.caller().next()
    with pytest.raises(TokenError, match="called back into itself"):
        door.caller(caller=BLOCKING).next()


def test_a_blocking_caller_on_another_thread_waits() -> None:
    door = Door()
    door.caller().next()
    with ThreadPoolExecutor(1) as pool:
        step = pool.submit(door.caller(caller=BLOCKING).next).result(PATIENCE)
    assert isinstance(step, Await)


def test_nobody_is_inside_who_has_not_come() -> None:
    door = Door()
    taken, mine = [door.gate.is_taken], [door.gate.is_mine()]
    first = door.caller()
    first.next()
    taken.append(door.gate.is_taken)
    mine.append(door.gate.is_mine())
    first.result()
    taken.append(door.gate.is_taken)
    assert taken == [False, True, False]
    assert mine == [False, False]


def test_where_errors_are_not_shared_who_waits_goes_in_next() -> None:
    door = Door(shares_errors=False)

    def broken() -> Steps[None]:
        yield Pause(1)
        raise TokenError("broken")

    first, second = door.caller(broken), door.caller()
    first.next()
    waiting = second.next()
    with pytest.raises(TokenError, match="broken"):
        first.send(None)
    assert isinstance(second.rejoin(waiting), Pause)
    assert second.result() == "done"
