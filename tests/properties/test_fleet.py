"""Whatever the processes of a fleet do, one of them asks, and all of them get an answer."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from dtz_dastra_auth import _health, _lease
from properties.effort import effort
from properties.fleets import PROCESSES, Play, actions
from unit.timers import FakeTimer


@pytest.fixture(scope="module", autouse=True)
def _a_question_may_take_any_time() -> Iterator[None]:
    # Whatever passes between a question and its answer here: that a cache which is slow is left
    # alone would end what is looked at.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_health, "SLOW", math.inf)
        patched.setattr(_health, "HESITATION", math.inf)
        patched.setattr(_lease, "_FOR_QUESTIONS", math.inf)
        patched.setattr(_lease, "Timer", FakeTimer)
        yield
        FakeTimer.started.clear()


@effort(2)
@given(actions)
def test_one_asks_for_all_whatever_the_order(played: list[tuple[str, int, Any]]) -> None:
    play = Play()
    for kind, number, amount in played:
        play.do(kind, number, amount)
    play.come_to_rest()

    assert play.walks == [None] * PROCESSES


@effort(0.5)
@given(actions)
def test_a_fleet_recovers_whatever_has_happened(played: list[tuple[str, int, Any]]) -> None:
    play = Play()
    for kind, number, amount in played:
        play.do(kind, number, amount)
    play.come_to_rest()
    # The longest pause after a failure, and the longest lifetime.
    play.pass_(60)
    play.pass_(300)
    before = play.fleet.requests
    for number in range(PROCESSES):
        play.do("call", number, None)
    play.come_to_rest()

    assert play.fleet.requests == before + 1
    assert {process.obtain().value for process in play.running} == {f"token-{play.issued}"}
