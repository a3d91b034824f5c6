"""What stands in the lease's place and was not written by this package, or not for this."""

from typing import Any

import pytest

from unit.caches import GARBAGE, HOUR, OTHER_TENANT, sealed, warnings
from unit.fleet import Fleet


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: repr(value)[:20])
def test_a_garbage_lease_is_nobodys(garbage: Any, caplog: pytest.LogCaptureFixture) -> None:
    fleet = Fleet()
    fleet.cache.plant("lease", garbage)
    process = fleet.process()

    assert process.obtain("own").value == "own"
    assert len(warnings(caplog)) == 1
    process.store.clear()
    assert fleet.asked(process.obtain) == []


@pytest.mark.parametrize("bit", [1, 8, 128])
def test_a_lease_with_one_flipped_bit_is_nobodys(bit: int) -> None:
    value = sealed("lease", "asking")
    for place, character in enumerate(value):
        fleet = Fleet()
        fleet.cache.plant("lease", value[:place] + chr(ord(character) ^ bit) + value[place + 1 :])

        assert fleet.process().call().requests, place


@pytest.mark.parametrize(
    "value",
    [
        sealed("token", "T", HOUR, 9e9),
        sealed("lease", "asking", identity=OTHER_TENANT),
        sealed("lease"),
        sealed("lease", "failed"),
        sealed("lease", "failed", "soon", 3, True, "refused", None, None, None, None),
    ],
    ids=["token", "other tenant", "empty", "short", "no time"],
)
def test_what_is_no_lease_of_ours_is_nobodys(value: str) -> None:
    fleet = Fleet()
    fleet.cache.plant("lease", value)

    assert fleet.process().call().requests


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "1e9", "-5"])
def test_an_unencrypted_failure_keeps_nobody_for_longer_than_a_minute(seconds: str) -> None:
    fleet = Fleet(encrypt=False)
    told = f'[1, "lease", "failed", {seconds}, {seconds}, true, "no", null, null, null, null]'
    fleet.cache.plant("lease", told, timeout=5)
    process = fleet.process()
    at_once = process.call()
    fleet.pass_(61)

    assert at_once.requests or process.call().requests
