"""An early renewal that failed: nobody was waiting for it, and the old token still serves."""

import pytest
import requests

from dtz_dastra_auth import TokenError
from unit.caches import HOUR
from unit.fleet import Errand, Fleet
from unit.renewals import answered, network_error


@pytest.mark.parametrize(
    ("error", "left", "seconds"),
    [
        (answered(500), 50, 25),
        (answered(500), 20, 10),
        (answered(500), 5, 2),
        (answered(500), 1.5, 1),
        (requests.ConnectionError(), 50, 25),
        (answered(400), 50, 25),
        (answered(401), 20, 10),
        (answered(429, retry_after=5.0), 50, 5),
        (answered(429, retry_after=600.0), 50, 60),
    ],
    ids=lambda value: getattr(value, "status_code", None) or str(value),
)
def test_an_early_renewal_is_put_off_for_half_of_the_life_left(
    error: Exception, left: float, seconds: int
) -> None:
    fleet = Fleet()
    first, *others = fleet.renewing(3, left=left)
    first.call().fail(error)

    assert fleet.cache.timeouts[-1] == ("set lease", seconds)
    assert [each.obtain().value for each in others] == ["old", "old"]
    assert fleet.asked(lambda: [each.obtain() for each in others]) == []
    assert fleet.requests == 2


def test_an_early_renewal_is_put_off_for_half_a_minute_at_most() -> None:
    fleet = Fleet()
    first, second = fleet.sharing(2, lifetime=HOUR)
    fleet.pass_(10)
    first.grant.reject(first.obtain())
    first.call().fail(answered(500))

    assert fleet.cache.timeouts[-1] == ("set lease", 30)
    assert second.obtain().value == "old"


def test_after_the_pause_the_next_one_asks() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=40)
    first.call().fail(answered(500))
    second.obtain()
    fleet.pass_(19.9)
    assert second.obtain().value == "old"
    fleet.pass_(0.1)

    assert second.call().requests


# Those whose old token serves no longer


def without_token(fleet: Fleet, error: Exception, count: int = 1) -> list[Errand]:
    """Have an early renewal fail; give callers of other processes whose token was rejected."""
    first, *others = fleet.renewing(count + 1, left=50)
    first.call().fail(error)
    return [process.call(process.obtain()) for process in others]


@pytest.mark.parametrize(
    "error",
    [answered(500), answered(200), answered(429), requests.ConnectionError()],
    ids=lambda error: str(getattr(error, "status_code", "network")),
)
def test_who_needs_a_token_keeps_the_spacing_and_asks(error: Exception) -> None:
    fleet = Fleet()
    (caller,) = without_token(fleet, error)

    assert caller.waits == 1
    assert caller.wait().requests
    assert fleet.asked(caller.answer) == ["set token", "delete lease"]
    assert fleet.process().obtain().value == "new"


@pytest.mark.parametrize(
    "error",
    [answered(400), answered(401), answered(403), answered(500, retry_after=9.0)],
    ids=lambda error: str(error.status_code),
)
def test_a_refusal_is_for_who_needs_a_token_too(error: TokenError) -> None:
    (caller,) = without_token(Fleet(), error)

    assert caller.met().status_code == error.status_code
    assert caller.met() is not error


def test_of_all_who_need_a_token_one_asks() -> None:
    fleet = Fleet()
    callers = without_token(fleet, answered(500), count=10)
    callers[0].wait()
    for caller in callers[1:]:
        caller.wake()

    assert [caller.requests for caller in callers] == [True] + [False] * 9
    callers[0].answer("new")
    assert {caller.wait().got() for caller in callers[1:]} == {"new"}


def test_who_has_a_token_keeps_to_the_pause_though_another_has_asked() -> None:
    fleet = Fleet()
    first, second, third = fleet.renewing(3, left=50)
    first.call().fail(answered(500))
    assert second.obtain().value == "old"
    third.call(third.obtain()).wait()

    assert fleet.asked(second.obtain) == []
    assert second.obtain().value == "old"


def test_who_keeps_the_spacing_takes_a_token_that_comes_meanwhile() -> None:
    fleet = Fleet()
    one, other = without_token(fleet, answered(500), count=2)
    one.wait().answer("new")

    assert other.wake().got() == "new"


def test_who_keeps_the_spacing_leaves_a_failure_that_comes_meanwhile() -> None:
    fleet = Fleet()
    one, other = without_token(fleet, answered(500), count=2)
    one.wait().fail(answered(400))

    assert other.wake().met().status_code == 400


def test_who_has_no_time_for_the_spacing_asks_on_its_own() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=50)
    first.call().fail(answered(500))

    assert second.call(second.obtain(), timeout=1.5).requests


def test_a_token_that_dies_in_the_pause_is_followed_by_a_failure_that_is_for_all() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=5)
    first.call().fail(answered(503, retry_after=20.0))
    second.obtain()
    fleet.pass_(6)

    assert second.call().met().status_code == 503
    assert second.requests == 0


# Where a network error ends the call, as in httpx


def test_the_next_early_renewal_of_the_process_tells_of_it() -> None:
    fleet = Fleet()
    first, _ = fleet.renewing(2, left=40, jitter=0.0)
    early = first.call(survives=False)
    early.fail(network_error(), questions=0)
    # Of twenty seconds, as jitter has it.
    fleet.pass_(18.1)
    first.call(survives=False)

    assert ("add lease", 1) in fleet.cache.timeouts


def test_nobody_else_asks_before_the_lease_has_ended() -> None:
    fleet = Fleet()
    first, second = fleet.renewing(2, left=40)
    first.call(survives=False).fail(network_error(), questions=0)
    for _ in range(99):
        assert second.obtain().value == "old"
        fleet.pass_(0.1)

    assert fleet.requests == 2
