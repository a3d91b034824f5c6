"""What is in the cache and was not written by this package, or not for this."""

import json
import pickle
from typing import Any

import pytest

from dtz_dastra_auth import _seal
from unit.caches import GARBAGE, HOUR, OTHER_TENANT, TAKE, sealed, warnings
from unit.fleet import Fleet, Process


def spoilt(value: Any, **options: Any) -> tuple[Process, Fleet]:
    """Give a process over a cache in which something else stands for the token."""
    fleet = Fleet(**options)
    fleet.cache.plant("token", value)
    return fleet.process(), fleet


# Garbage for a token


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("encrypt", [True, False])
def test_garbage_is_not_believed(
    encrypt: bool, garbage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    process, fleet = spoilt(garbage, encrypt=encrypt)

    assert process.obtain("new").value == "new"
    assert len(warnings(caplog)) == 1
    assert fleet.process().obtain().value == "new"
    assert fleet.requests == 1


@pytest.mark.parametrize(
    "garbage",
    [
        '["T"]',
        '[1, "token"]',
        '[1, "token", "T", 3600]',
        '[1, "token", "T", 3600, 9e9, 1]',
        '[1, "token", "T", "soon", 9e9]',
        '[1, "token", "T", 3600, null]',
        '[1, "token", null, 3600, 9e9]',
        '[1, "token", 5, 3600, 9e9]',
        '[1, "token", "", 3600, 9e9]',
        '[1, "token", "T\\r\\nX-Injected: 1", 3600, 9e9]',
        '[1, "token", "T T", 3600, 9e9]',
        '[1, "token", "T", NaN, 9e9]',
        '[1, "token", "T", 3600, NaN]',
        '[2, "token", "T", 3600, 9e9]',
        '[1, "lease", "T", 3600, 9e9]',
        '{"1": 1, "token": 2}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:48],
)
def test_garbage_in_the_shape_of_an_unencrypted_value_is_not_believed(garbage: str) -> None:
    process, _ = spoilt(garbage, encrypt=False)

    assert process.obtain("new").value == "new"


def test_an_unencrypted_token_does_not_live_for_ever() -> None:
    process, _ = spoilt('[1, "token", "T", Infinity, 9e99]', encrypt=False)

    assert process.left(process.obtain()) <= 365 * 86_400


def test_an_unencrypted_value_is_not_believed_where_values_are_encrypted() -> None:
    # Whoever can write to the cache plants a token of theirs.
    process, fleet = spoilt("")
    fleet.cache.plant("token", json.dumps([1, "token", "planted", HOUR, fleet.world.wall]))

    assert process.obtain("new").value == "new"


def test_another_versions_token_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(_seal, "VERSION", 0)
        value = sealed("token", "theirs", HOUR, 9e9)
        earlier.setattr(_seal, "_roots", {})
        other = sealed("token", "theirs", HOUR, 9e9)
    for each in (value, other):
        caplog.clear()

        assert spoilt(each)[0].obtain("new").value == "new"
        assert len(warnings(caplog)) == 1


def test_another_tenants_token_under_our_key_is_not_believed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    process, _ = spoilt(sealed("token", "theirs", HOUR, 9e9, identity=OTHER_TENANT))

    assert process.obtain("new").value == "new"
    assert len(warnings(caplog)) == 1


def test_a_lease_in_the_tokens_place_is_not_believed(caplog: pytest.LogCaptureFixture) -> None:
    process, _ = spoilt(sealed("lease", "theirs", HOUR, 9e9))

    assert process.obtain("new").value == "new"
    assert len(warnings(caplog)) == 1


# Of each character the lowest bit, one in the middle and the highest; all eight of them are tried
# on values alone in test_seal.py.
@pytest.mark.parametrize("bit", [1, 8, 128])
def test_one_flipped_bit_costs_one_token_request(
    bit: int, caplog: pytest.LogCaptureFixture
) -> None:
    value = sealed("token", "T0ken", HOUR, 9e9)
    for place, character in enumerate(value):
        caplog.clear()
        spoiled = value[:place] + chr(ord(character) ^ bit) + value[place + 1 :]
        process, fleet = spoilt(spoiled)

        assert process.obtain("new").value == "new", place
        assert fleet.process().obtain().value == "new"
        assert fleet.requests == 1
        assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    "error",
    [
        *[pickle.UnpicklingError("rabbit"), EOFError(), ModuleNotFoundError("rabbit")],
        *[
            KeyError("rabbit"),
            IndexError(),
            TypeError(),
            UnicodeDecodeError("utf-8", b"", 0, 1, ""),
        ],
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_cache_cannot_unpickle_is_garbage_and_no_outage(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def unpickle() -> None:
        raise error

    fleet = Fleet()
    fleet.cache.breaks("get token", unpickle)

    assert fleet.asked(fleet.process().obtain) == [*TAKE, "set token", "delete lease"]
    assert len(warnings(caplog)) == 1
    assert "rabbit" not in caplog.text


# What comes of it


def test_who_finds_garbage_overwrites_it() -> None:
    process, fleet = spoilt("garbage")
    caller = process.caller()

    assert fleet.asked(caller.go) == TAKE
    assert fleet.asked(caller.answer) == ["set token", "delete lease"]


def test_of_all_who_find_garbage_one_asks(caplog: pytest.LogCaptureFixture) -> None:
    process, fleet = spoilt("garbage")
    leader = process.call()
    others = [each.call() for each in fleet.some(10)]
    for caller in others:
        caller.wake()
        caller.wake()
    leader.answer("new")

    assert {caller.wait().got() for caller in others} == {"new"}
    assert fleet.requests == 1
    assert len(warnings(caplog)) == 11


def test_of_all_who_find_garbage_one_follows_a_holder_that_dies() -> None:
    process, fleet = spoilt("garbage")
    process.call()
    others = [each.call() for each in fleet.some(10)]
    for _ in range(12):
        fleet.pass_(1)
        for caller in others:
            if caller.requests:
                caller.answer("new")
            elif caller.waits:
                caller.wake()

    assert {caller.got() for caller in others} == {"new"}
    assert fleet.requests == 2


@pytest.mark.parametrize("seconds", [5.0, 12.0, 25.0])
def test_garbage_is_overwritten_however_long_the_token_request_takes(seconds: float) -> None:
    process, fleet = spoilt("garbage")
    leader = process.call()
    fleet.pass_(seconds)
    leader.answer("new")

    assert fleet.process().obtain().value == "new"


@pytest.mark.parametrize("seconds", [0.0, 5.0, 29.9])
def test_garbage_again_has_the_cache_be_left_alone(
    seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    process, fleet = spoilt("garbage")
    old = process.obtain("old")
    fleet.pass_(max(seconds, 1.5))
    fleet.cache.plant("token", "other garbage")

    assert fleet.asked(lambda: process.obtain("new", rejected=old)) == ["get token"]
    assert len(warnings(caplog)) == 2
    process.store.clear()
    assert fleet.asked(process.obtain) == []


def test_garbage_that_stays_has_the_cache_be_left_alone() -> None:
    process, fleet = spoilt("garbage")
    fleet.cache.breaks("set token", lambda: True)
    old = process.obtain("old")
    fleet.pass_(11)

    assert fleet.asked(lambda: process.obtain("new", rejected=old)) == ["get token"]


def test_garbage_after_half_a_minute_is_overwritten_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    process, fleet = spoilt("garbage")
    old = process.obtain("old")
    fleet.pass_(30)
    fleet.cache.plant("token", "other garbage")

    assert process.obtain("new", rejected=old).value == "new"
    assert len(warnings(caplog)) == 2
    assert fleet.process().obtain().value == "new"


def test_who_waited_for_a_winner_overwrites_garbage_that_came_meanwhile() -> None:
    fleet = Fleet()
    fleet.cache.occupy()
    caller = fleet.process().call()
    caller.wait_out()
    fleet.cache.heals()
    fleet.cache.plant("token", "garbage")
    caller.answer("own")

    assert fleet.process().obtain().value == "own"


class Incomparable:
    """What a cache has unpickled, and that cannot even be compared."""

    __hash__ = None  # type: ignore[assignment]  # it has no use for one

    def __eq__(self, other: object) -> bool:
        """Fail, as an array of several numbers does when somebody wants to know."""
        raise ValueError("rabbit")


def test_garbage_that_cannot_be_compared_is_no_callers_error() -> None:
    process, fleet = spoilt(Incomparable())
    fleet.cache.occupy()
    caller = process.call(timeout=0.05)
    assert caller.requests
    fleet.cache.plant("token", sealed("token", "newer", HOUR, fleet.world.wall))

    assert caller.answer("own").got() == "own"


def test_garbage_that_is_another_object_each_time_is_overwritten() -> None:
    # As a cache gives what it unpickles.
    fleet = Fleet()
    fleet.cache.breaks("get token", object)

    assert "set token" in fleet.asked(fleet.process().obtain)
