"""Who can write in the cache, or stops a process at a bad moment, does little harm."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from cachelib import SimpleCache

from dtz_dastra_auth import ConfigurationError, SharedTokenStore
from dtz_dastra_auth._flow import Ask
from unit.caches import HOUR, DictCache, sealed, warnings
from unit.clock import FakeClock
from unit.fleet import Fleet, Process
from unit.renewals import answered, network_error
from unit.timers import FakeTimer
from unit.told import told, variables_of

MOST = 192 * 1024


# Tokens that were replaced


def replaced(fleet: Fleet, process: Process, count: int) -> tuple[list[Any], Any]:
    """Have tokens rejected; give their values in the cache, and the token that came last."""
    token, values = process.obtain("T0"), []
    for number in range(1, count + 1):
        values.append(fleet.cache.peek("token"))
        fleet.pass_(2)
        token = process.obtain(f"T{number}", rejected=token)
    fleet.pass_(2)
    return values, token


@pytest.mark.parametrize("age", range(1, 16))
def test_a_token_that_was_replaced_is_not_taken_back(age: int) -> None:
    fleet = Fleet()
    process = fleet.process()
    values, token = replaced(fleet, process, 16)
    fleet.cache.plant("token", values[-age])

    assert process.call(token).requests


def test_tokens_that_were_replaced_are_not_taken_in_turns() -> None:
    fleet = Fleet()
    process = fleet.process()
    values, token = replaced(fleet, process, 2)
    for number in range(10):
        fleet.cache.plant("token", values[number % 2])
        token = process.call(token).answer(f"new {number}").token
        fleet.pass_(2)

    assert process.obtain().value == "new 9"


def test_a_token_that_was_replaced_while_the_cache_held_none_is_not_taken_back() -> None:
    fleet = Fleet()
    process = fleet.process()
    first = process.obtain("first")
    value = fleet.cache.peek("token")
    fleet.pass_(2)
    fleet.cache.held.clear()
    second = process.obtain("second", rejected=first)
    fleet.pass_(2)
    fleet.cache.plant("token", value)

    assert process.call(second).requests


def test_an_early_renewal_does_not_take_a_replaced_token_of_another_lifetime() -> None:
    fleet = Fleet()
    process = fleet.process()
    first = process.obtain("first", HOUR)
    value = fleet.cache.peek("token")
    fleet.pass_(2)
    process.obtain("second", HOUR / 2, rejected=first)
    fleet.pass_(HOUR / 2 - 40)
    fleet.cache.plant("token", value)

    assert process.call().requests


# A machine that was suspended


@pytest.fixture
def awake_again() -> tuple[Fleet, Any]:
    """Suspend a machine for a minute in the middle of a token request."""
    fleet = Fleet()
    process = fleet.process()
    sleeper = process.call()
    assert sleeper.requests
    fleet.pass_(60)
    # The monotonic clock has stood still meanwhile.
    process.clock._origin -= 60
    return fleet, sleeper


def test_who_was_suspended_does_not_overwrite_a_newer_token(
    awake_again: tuple[Fleet, Any],
) -> None:
    fleet, sleeper = awake_again
    fleet.process().obtain("newer")
    newer = fleet.cache.peek("token")

    assert sleeper.answer("stale").got() == "stale"
    assert fleet.cache.peek("token") == newer


def test_who_was_suspended_leaves_the_lease_of_another(awake_again: tuple[Fleet, Any]) -> None:
    fleet, sleeper = awake_again
    assert fleet.process().call().requests
    lease = fleet.cache.peek("lease")
    sleeper.answer("stale")

    assert lease is not None
    assert fleet.cache.peek("lease") == lease


# A process that has little time


@pytest.mark.parametrize("had", [0.5, 2.4])
def test_who_had_little_time_fails_alone(had: float) -> None:
    fleet = Fleet()
    hasty, patient = fleet.some(2)
    hasty.call(timeout=had).fail(network_error())
    caller = patient.call()

    assert caller.wait_out() <= 1.25
    assert caller.requests


def test_who_had_time_enough_fails_for_all() -> None:
    fleet = Fleet()
    first, second = fleet.some(2)
    first.call(timeout=2.6).fail(network_error())

    assert "met" in str(second.call().met())


@pytest.mark.parametrize("status", [400, 429, 503])
def test_an_answer_is_for_all_however_little_time_there_was(status: int) -> None:
    fleet = Fleet()
    hasty, patient = fleet.some(2)
    hasty.call(timeout=2.0).fail(answered(status))

    assert patient.call().met().status_code == status


# A process that asked without the lease


def without_the_lease(fleet: Fleet) -> Any:
    """Have a process ask on its own since another takes too long, and that one get its token."""
    holder, newcomer = fleet.process().call(), fleet.process().call(timeout=4.0)
    newcomer.wait_out()
    assert newcomer.requests
    holder.answer("theirs")
    return newcomer


@pytest.mark.parametrize("error", [answered(400), network_error()], ids=["refused", "network"])
def test_who_failed_without_the_lease_takes_the_token_of_another(error: Exception) -> None:
    fleet = Fleet()

    assert without_the_lease(fleet).fail(error).got() == "theirs"
    assert fleet.cache.peek("lease") is None


# A caller that is cancelled


@pytest.mark.parametrize("questions", range(2, 5))
def test_a_lease_that_comes_after_the_cancellation_is_given_back(questions: int) -> None:
    fleet = Fleet()
    process = fleet.process()
    caller = process.caller().go(questions=questions)
    # It has the lease, or its thread goes on taking it when nobody waits any more.
    question = caller.step.function if isinstance(caller.step, Ask) else lambda: None
    caller.cancel()
    question()
    for timer in list(FakeTimer.started):
        timer.end()

    assert fleet.process().call().requests


# Large values


@pytest.mark.parametrize("filler", ["A", b"A"], ids=["str", "bytes"])
@pytest.mark.parametrize("purpose", ["token", "lease"])
@pytest.mark.parametrize("encrypt", [True, False])
def test_a_value_that_is_too_large_is_not_believed(
    purpose: str, filler: Any, encrypt: bool, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = Fleet(encrypt=encrypt)
    fleet.cache.plant(purpose, filler * (MOST + 1))

    assert fleet.process().obtain("new").value == "new"
    assert len(warnings(caplog)) == 1


def test_a_value_that_is_too_large_is_not_decoded() -> None:
    fleet = Fleet()
    fleet.process().obtain("theirs")
    # What would be believed if it were shorter.
    fleet.cache.plant("token", sealed("token", "A" * MOST, HOUR, fleet.world.wall))

    assert fleet.process().obtain("new").value == "new"


def test_a_large_value_is_neither_copied_nor_kept() -> None:
    fleet = Fleet()
    process = fleet.process()
    value = "A" * 5_000_000
    fleet.cache.plant("token", value)
    tracemalloc.start()
    try:
        process.obtain("new")
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < len(value) / 10
    assert most < len(value) / 2


# Caches with habits


class ByteCache(DictCache):
    """A cache that gives bytes back, as redis-py does."""

    def get(self, key: str) -> Any:
        value = super().get(key)
        return value.encode() if isinstance(value, str) else value


class SilentCache(DictCache):
    """A cache that keeps what it is given, and does not say so."""

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        super().add(key, value, timeout)


def over(cache: Callable[[FakeClock], DictCache], **options: Any) -> Fleet:
    fleet = Fleet(**options)
    fleet.cache = cache(fleet.world)
    return fleet


def test_the_bytes_of_a_token_show_in_no_error() -> None:
    fleet = over(ByteCache, encrypt=False)
    process = fleet.process()
    process.obtain("T0ken.fox")
    fleet.pass_(10)
    caller = process.call(process.obtain()).fail(answered(400))

    assert "T0ken.fox" not in variables_of(caller.met()) + told(caller.met())


def test_a_lease_that_was_taken_in_silence_is_known_by_its_value() -> None:
    fleet = over(SilentCache)
    process = fleet.process()
    caller = process.call()

    assert caller.wait_out() < 1.25
    assert caller.answer("new").got() == "new"
    assert fleet.cache.peek("lease") is None


def test_a_silent_cache_has_one_asking() -> None:
    fleet = over(SilentCache)
    callers = [process.call() for process in fleet.some(5)]

    assert [caller.requests for caller in callers] == [True, False, False, False, False]
    callers[0].answer("new")
    assert [caller.wait().got() for caller in callers[1:]] == ["new"] * 4


# Arguments


@pytest.mark.parametrize("prefix", ["x\r\nflush_all\r\n", "a\0", "\t", "\x7f", "a\n", "\ud800"])
def test_a_prefix_has_no_control_character(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^prefix: ") as caught:
        SharedTokenStore(SimpleCache(), prefix=prefix)

    assert prefix not in str(caught.value)


def test_without_a_jitter_there_is_a_jitter() -> None:
    store = SharedTokenStore(SimpleCache(), jitter=None)

    assert len({store._jitter() for _ in range(9)}) > 1
