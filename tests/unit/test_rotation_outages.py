"""A cache that is down, slow, or has lost what it had: no refresh token is risked."""

from collections.abc import Callable

import pytest

from dtz_dastra_auth import SignInRequiredError, TokenError
from unit.rotating_server import HOUR, access_token, refresh_token
from unit.sign_ins import World

REST = 31.0

QUESTIONS = ["get token", "get lease", "add lease", ""]


def raised() -> None:
    raise OSError("down")


def downs(world: World) -> list[Callable[[], object]]:
    """Give the ways in which a cache does not answer."""

    def slow() -> None:
        world.pass_(3)
        raise OSError("timed out")

    return [raised, slow]


@pytest.mark.parametrize("question", ["get root", *QUESTIONS])
@pytest.mark.parametrize("way", [0, 1], ids=["down", "slow"])
def test_no_refresh_token_is_sent_while_the_cache_cannot_be_asked(question: str, way: int) -> None:
    world = World()
    process = world.process()
    world.cache.breaks(question, downs(world)[way])
    for _ in range(3):
        begun = world.clock.monotonic
        error = process.caller().finish().met()
        assert type(error) is TokenError
        assert "shared token store" in str(error)
        assert world.clock.monotonic - begun <= 10
        world.pass_(2)
    assert world.server.requests == []

    world.cache.heals()
    world.pass_(REST)
    assert process.got() == access_token(1)
    assert world.server.reuses == 0


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("survives", [True, False], ids=["requests", "httpx"])
def test_a_token_that_serves_goes_on_while_the_cache_cannot_be_asked(
    question: str, survives: bool
) -> None:
    world = World()
    process = world.process()
    process.got()
    world.pass_(HOUR - 40)
    world.cache.breaks(question, raised)
    for _ in range(30):
        assert process.got(survives=survives) == access_token(1)
        world.pass_(1)
    assert world.server.requests == [refresh_token(0)]

    world.cache.heals()
    world.pass_(REST)
    assert process.got() == access_token(2)


def test_a_cache_that_lost_everything_costs_processes_that_kept_up_nothing() -> None:
    world = World()
    processes = world.some(3)
    for number in range(1, 5):
        assert {process.got() for process in processes} == {access_token(number)}
        world.cache.lose()
        world.pass_(HOUR + 1)
    assert world.server.requests == [refresh_token(number) for number in range(4)]
    assert world.server.reuses == 0


def test_a_cache_that_lost_everything_does_not_part_processes_of_different_refresh_tokens() -> None:
    world = World()
    first = world.process()
    first.got()
    world.cache.lose()
    # As a worker that is started after the cache was.
    second = world.process(1)
    second.got()
    world.pass_(HOUR + 1)
    first.caller().finish()
    assert world.server.reuses == 0


def test_a_cache_that_does_not_take_the_answer_gets_it_when_it_is_back() -> None:
    world = World()
    first, second = world.some(2)
    asking = first.call()
    world.cache.breaks("", raised)
    asking.served()
    assert asking.got() == access_token(1)
    world.cache.heals()
    world.pass_(60)
    assert first.got() == access_token(1)

    assert second.got() == access_token(1)
    assert world.server.requests == [refresh_token(0)]


@pytest.mark.parametrize("question", ["set token", "add root 2"])
def test_what_the_cache_did_not_take_of_an_answer_leads_nobody_back(question: str) -> None:
    world = World()
    first = world.process()
    first.got()
    world.pass_(HOUR + 1)
    world.cache.breaks(question, raised)
    assert first.got() == access_token(2)
    world.cache.heals()
    world.pass_(60)
    # Told of the second, somebody starts a process with it.
    later = world.process(2).caller().finish()
    world.pass_(HOUR + 1)
    first.caller().finish()
    assert world.server.reuses == 0
    assert not isinstance(later.error, SignInRequiredError)


def test_a_cache_that_adds_nothing_has_no_refresh_token_sent() -> None:
    world = World()
    process = world.process()
    world.cache.breaks("add lease", lambda: False)
    for _ in range(5):
        assert type(process.caller().finish().met()) is TokenError
        world.pass_(2)
    assert world.server.requests == []
