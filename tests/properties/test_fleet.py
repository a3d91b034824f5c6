"""Whatever the processes of a fleet do, one of them asks, and all of them get an answer."""

from typing import Any

from hypothesis import given

from properties.effort import effort
from properties.fleets import PROCESSES, Play, actions


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
