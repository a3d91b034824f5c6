"""A token request that failed is told to the fleet, and nobody asks again for a while."""

from typing import Any

import httpx
import pytest
import requests

from dtz_dastra_auth import TokenError
from unit.caches import LOOK, TAKE
from unit.fleet import Errand, Fleet, Process
from unit.renewals import answered, network_error
from unit.told import told

REFUSED = TokenError(
    "refused", error="invalid_scope", description="no such scope", status_code=400, retry_after=7.5
)


def failed(fleet: Fleet, error: Exception, **options: Any) -> Process:
    """Have a process's token request fail when nobody has a token."""
    process = fleet.process()
    process.call(**options).fail(error)
    return process


def pause_of(fleet: Fleet) -> float:
    """Tell how long nobody asks, as a process finds that comes every tenth of a second."""
    for tenths in range(1000):
        if fleet.process().call().requests:
            return tenths / 10
        fleet.pass_(0.1)
    raise AssertionError("for ever")


# What is told


@pytest.mark.parametrize("encrypt", [True, False])
def test_another_process_is_told_the_same(encrypt: bool) -> None:
    fleet = Fleet(encrypt=encrypt)
    failed(fleet, REFUSED)

    error = fleet.process().call().met()

    assert error is not REFUSED
    assert str(error) == "refused"
    assert (error.error, error.description) == ("invalid_scope", "no such scope")
    assert (error.status_code, error.retry_after) == (400, 7.5)


def test_each_caller_of_another_process_gets_an_error_of_its_own() -> None:
    fleet = Fleet()
    failed(fleet, REFUSED)
    second = fleet.process()

    errors = [second.call().met() for _ in range(5)]

    assert len({id(error) for error in errors}) == 5
    assert {str(error) for error in errors} == {"refused"}


def test_another_process_is_told_of_a_network_error_by_its_name_alone() -> None:
    fleet = Fleet()
    failed(fleet, requests.ConnectionError("https://user:hunter2@proxy.example"))

    error = fleet.process().call().met()

    assert "ConnectionError" in str(error)
    assert "hunter2" not in told(error)
    assert error.status_code is None


def test_what_is_told_has_no_cause() -> None:
    fleet = Fleet()
    failed(fleet, REFUSED)

    error = fleet.process().call().met()

    assert error.__cause__ is error.__context__ is None


def test_a_failure_takes_the_leases_place() -> None:
    fleet = Fleet()
    leader = fleet.process().call()

    assert fleet.asked(lambda: leader.fail(answered(400))) == ["set lease"]


def test_who_finds_a_failure_asks_nothing_more() -> None:
    fleet = Fleet()
    failed(fleet, REFUSED)
    second = fleet.process().caller()

    assert fleet.asked(second.go) == LOOK
    assert second.is_over


def test_callers_of_who_has_found_a_failure_ask_the_cache_nothing() -> None:
    fleet = Fleet()
    failed(fleet, REFUSED)
    second = fleet.process()
    second.call()

    assert fleet.asked(lambda: [second.call() for _ in range(20)]) == []


def test_a_failure_costs_a_fleet_one_token_request() -> None:
    fleet = Fleet()
    failed(fleet, answered(400))

    for process in fleet.some(50):
        process.call().met()

    assert fleet.requests == 1


def test_a_token_is_taken_in_spite_of_a_failure() -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    late = first.call()
    fleet.pass_(10)
    third = fleet.process().call()
    third.fail(answered(400))
    late.answer("late")

    assert second.obtain().value == "late"


def test_a_second_try_that_is_answered_is_no_failure() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    leader.meet(answered(503)).wait().answer("new")

    assert fleet.process().obtain().value == "new"
    assert fleet.cache.peek("lease") is None


def test_a_cancellation_is_nobodys_failure() -> None:
    fleet = Fleet()
    fleet.process().call().cancel()

    assert fleet.process().call().waits > 0


def test_who_asked_on_its_own_tells_of_its_failure_where_nobody_has_the_lease() -> None:
    fleet = Fleet()
    late = fleet.process().call()
    fleet.pass_(10)

    assert fleet.asked(lambda: late.fail(answered(400))) == ["get token", "add lease"]
    assert fleet.process().call().met().status_code == 400


# For how long


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (answered(500), 3),
        (answered(200), 3),
        (requests.ConnectionError(), 3),
        (answered(429), 3),
        (answered(400), 30),
        (answered(401), 30),
        (answered(403), 30),
        (answered(429, retry_after=1.0), 1),
        (answered(429, retry_after=45.0), 45),
        (answered(503, retry_after=60.0), 60),
        (answered(503, retry_after=9999.0), 60),
        (answered(400, retry_after=10.0), 10),
    ],
    ids=lambda value: getattr(value, "status_code", None) or str(value),
)
def test_without_a_token_nobody_asks_for_a_while(error: Exception, seconds: int) -> None:
    fleet = Fleet()
    failed(fleet, error)

    assert fleet.cache.timeouts[-1] == ("set lease", seconds)
    assert seconds - 1 <= pause_of(fleet) <= seconds + 0.1


# Where a network error ends the call, as in httpx


def unsaid(fleet: Fleet, error: Exception | None = None) -> tuple[Process, Errand]:
    """Have a process's token request meet an error, after which nothing may be waited for."""
    process = fleet.process()
    caller = process.call(survives=False)
    caller.fail(error or network_error(), questions=0)
    return process, caller


def test_where_a_network_error_ends_the_call_nothing_is_asked_then() -> None:
    fleet = Fleet()

    _, caller = unsaid(fleet)

    assert isinstance(caller.error, httpx.ConnectError)
    assert fleet.cache.questions == TAKE


def test_the_next_caller_of_the_process_tells_of_it() -> None:
    fleet = Fleet()
    process, _ = unsaid(fleet)
    fleet.pass_(1)
    heir = process.caller(survives=False)

    assert fleet.asked(heir.go) == ["set lease", *LOOK]
    assert "ConnectError" in str(heir.met())
    assert "ConnectError" in str(fleet.process().call().met())


def test_it_is_told_for_what_is_left_of_the_pause() -> None:
    fleet = Fleet()
    process, _ = unsaid(fleet)
    fleet.pass_(1)
    process.call()

    assert fleet.cache.timeouts[-2:] == [("add lease", 10), ("set lease", 2)]


def test_it_is_not_told_when_the_pause_is_over() -> None:
    fleet = Fleet()
    process, _ = unsaid(fleet)
    fleet.pass_(2.5)
    heir = process.caller(survives=False)

    assert fleet.asked(heir.go) == ["get token", "get token"]
    assert heir.requests


def test_it_is_told_once() -> None:
    fleet = Fleet()
    process, _ = unsaid(fleet)
    fleet.pass_(1)
    process.call()
    fleet.pass_(3)

    assert fleet.asked(process.call) == TAKE


def test_until_it_is_told_others_wait_for_the_lease() -> None:
    fleet = Fleet()
    unsaid(fleet)
    other = fleet.process().call()

    assert 10 <= other.wait_out() <= 10 + 1.25
    assert other.requests


@pytest.mark.parametrize("status", [400, 500, 200])
def test_an_answer_that_is_a_failure_is_told_at_once_there_too(status: int) -> None:
    fleet = Fleet()
    caller = fleet.process().call(survives=False)

    assert fleet.asked(lambda: caller.fail(answered(status))) == ["set lease"]
