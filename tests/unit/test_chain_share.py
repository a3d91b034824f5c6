"""What stands in the cache of a sign-in, in which order it comes there, and for how long."""

from typing import Any

import pytest

from dtz_dastra_auth._health import Health
from unit.rotating_server import HOUR, access_token, refresh_token
from unit.sign_ins import SignInCache, World

MONTH = 30 * 86_400
# So many that have no answer yet.
CROWD = [float("inf")] * 8


class Endless(SignInCache):
    """A cache that adds in two steps, between which a process can die: no lease ends."""

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        return super().add(key, value, HOUR)


def failed() -> None:
    raise OSError("down")


@pytest.mark.parametrize(("timeout", "lasts"), [(2.0, 7), (30.0, 35), (1.5, 7)])
def test_a_lease_lasts_as_long_as_a_token_request_may_and_five_seconds(
    timeout: float, lasts: int
) -> None:
    world = World()
    world.process(timeout=timeout).call()
    assert [kept for kept in world.cache.timeouts if kept[0] == "add lease"] == [
        ("add lease", lasts)
    ]


def test_the_lease_is_given_back_with_the_answer() -> None:
    world = World()
    world.process().got()
    assert world.cache.value("lease") is None


def test_nobody_asks_without_the_lease_and_a_look_with_it() -> None:
    world = World()
    process = world.process()
    process.call()
    asked = world.cache.questions
    assert asked == ["get root", "get token", "get lease", "add lease", "add root", "get token"]


def test_the_way_to_the_beginning_is_there_before_the_token_and_both_before_it_is_told() -> None:
    world = World()
    process = world.process()
    asking = process.call()
    world.cache.questions.clear()
    asking.served(0)
    told_after = 0
    while not process.told:
        asking.go(1)
        told_after = len(world.cache.questions)
    questions = world.cache.questions[:told_after]
    assert questions == ["add root 1", "set token", "set lease"]
    asking.go()
    # Told with the lease: nobody else tells it.
    assert world.cache.questions[told_after:] == ["set told", "delete lease"]


def test_all_but_the_lease_is_kept_for_a_month() -> None:
    world = World()
    world.process().got()
    kept = {what: seconds for what, seconds in world.cache.timeouts if "lease" not in what}
    assert kept == dict.fromkeys(["add root", "add root 1", "set token", "set told"], MONTH)


def test_a_token_that_has_ended_still_tells_the_refresh_token() -> None:
    world = World()
    first, second = world.some(2)
    first.got()
    world.pass_(HOUR + 1)
    assert second.got() == access_token(2)
    assert world.server.requests == [refresh_token(0), refresh_token(1)]


def test_a_refresh_token_outlives_an_access_token_that_is_dead_on_arrival() -> None:
    world = World()
    world.server.lifetime = 0.5
    first, second = world.some(2)
    first.got()
    world.pass_(2)
    assert second.got() == access_token(2)
    assert world.server.requests == [refresh_token(0), refresh_token(1)]


def test_two_stores_of_other_prefixes_are_no_bridge() -> None:
    world = World()
    process = world.process()
    process.got()
    assert all(key.startswith("dtz-dastra-auth:") for key in world.cache.held)


def test_what_was_told_is_told_again_where_the_note_is_lost() -> None:
    # Better twice than never.
    world = World()
    first, second = world.some(2)
    first.got()
    world.cache.lose("told")
    second.got()
    assert world.told == [refresh_token(1)] * 2


def test_a_crowd_that_has_gone_between_two_looks_sends_nobody_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[bool] = []

    def begun(self: Health) -> list[float]:
        looks.append(True)
        # Crowded for who asks whether to ask, and not any more a moment later.
        return CROWD if len(looks) == 1 else []

    monkeypatch.setattr(Health, "_begun", begun)
    world = World()
    assert world.process().got() == access_token(1)


def test_who_waits_in_a_crowd_that_does_not_go_is_told_so_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Health, "_begun", lambda self: CROWD)
    world = World()
    begun = world.clock.monotonic
    error = world.process().caller().finish().met()
    assert "no refresh token is sent" in str(error)
    assert 14 < world.clock.monotonic - begun < 16
    assert world.server.requests == []


def test_a_cache_that_has_failed_is_not_waited_for_as_a_crowd_is() -> None:
    world = World()
    process = world.process()
    world.cache.breaks("get token", failed)
    process.caller().finish().met()
    begun = world.clock.monotonic
    assert "no refresh token is sent" in str(process.caller().finish().met())
    assert world.clock.monotonic - begun < 2


@pytest.mark.parametrize(("patience", "other"), [(2.0, 60.0), (60.0, 2.0), (2.0, 2.0)])
def test_a_lease_that_does_not_end_ends_after_the_time_of_who_took_it(
    patience: float, other: float
) -> None:
    world = World()
    world.cache = Endless(world.clock)
    # Killed with the lease.
    world.process(timeout=patience).call()
    heir = world.process(timeout=other)
    begun = world.clock.monotonic
    errand = heir.call()
    errand.wait_out()
    while errand.is_over:
        world.pass_(0.1)
        assert world.clock.monotonic - begun < 90
        errand = heir.call()
        errand.wait_out()
    assert errand.requests
    # As long as it was taken for, and what a caller waits between two looks.
    assert patience + 5 < world.clock.monotonic - begun <= patience + 5 + 1 + 1.25
    assert errand.served().got() == access_token(1)
