"""An answer that the cache did not take: it is put there by the next call that can."""

import pytest

from dtz_dastra_auth import MemoryTokenStore
from unit.rotating_server import HOUR, access_token, refresh_token
from unit.sign_ins import Process, World

# Seconds for which a cache that has failed is left alone, and one more.
REST = 31.0

every_client = pytest.mark.parametrize("survives", [True, False], ids=["requests", "httpx"])


def down() -> None:
    raise OSError("down")


def unkept(question: str = "", *, survives: bool = True) -> tuple[World, Process]:
    """Give a process whose cache has failed since it was answered."""
    world = World()
    process = world.process()
    asking = process.call(survives=survives)
    world.cache.breaks(question, down)
    assert asking.served().got() == access_token(1)
    return world, process


def call_when_it_is_back(world: World, process: Process) -> None:
    world.cache.heals()
    world.pass_(REST)
    assert process.got() == access_token(1)


@every_client
@pytest.mark.parametrize("question", ["", "add root 1", "set token"])
def test_an_answer_that_was_not_kept_is_kept_by_the_next_call(
    question: str, survives: bool
) -> None:
    world, process = unkept(question, survives=survives)
    call_when_it_is_back(world, process)
    assert process.chain.unkept is None
    other = world.process()
    assert other.got() == access_token(1)
    assert world.process(1).got() == access_token(1)
    assert world.server.requests == [refresh_token(0)]


def test_the_lease_is_given_back_with_it() -> None:
    world, process = unkept()
    call_when_it_is_back(world, process)
    assert world.cache.value("lease") is None


@every_client
def test_while_it_is_not_kept_each_call_tries_and_none_is_hindered(survives: bool) -> None:
    world, process = unkept()
    for _ in range(4):
        begun = world.clock.monotonic
        assert process.got(survives=survives) == access_token(1)
        assert world.clock.monotonic == begun
        assert process.source.ready() is None
        world.pass_(REST)
    assert world.server.requests == [refresh_token(0)]


def test_once_it_is_kept_the_cache_is_asked_no_more() -> None:
    world, process = unkept()
    call_when_it_is_back(world, process)
    world.cache.questions.clear()
    assert process.source.ready() is not None
    assert process.got() == access_token(1)
    assert world.cache.questions == []


def test_it_waits_for_nobody_who_has_the_lease() -> None:
    world, process = unkept("set token")
    world.cache.heals()
    world.pass_(2 * REST)
    world.cache.held[world.cache.key("lease")] = (
        world.cache.lease_of_another(),
        world.clock.monotonic + 10,
    )
    begun = world.clock.monotonic
    assert process.got() == access_token(1)
    assert world.clock.monotonic == begun
    assert world.cache.value("token") is None

    world.pass_(11)
    assert process.got() == access_token(1)
    assert world.cache.value("token") is not None


@pytest.mark.parametrize("question", ["", "add root 1", "set token"])
def test_it_takes_the_place_of_nothing_newer(question: str) -> None:
    world, process = unkept(question)
    world.cache.heals()
    world.pass_(REST)
    # Told of the refresh token, somebody has started a process with it.
    later = world.process(1)
    later.got()
    newest = len(world.server.requests)
    for _ in range(3):
        process.got()
    assert process.chain.unkept is None
    world.pass_(HOUR + 1)
    assert process.got() == later.got() == access_token(newest + 1)
    assert world.server.reuses == 0


@pytest.mark.parametrize("question", ["add root 1", "set token", "set lease", ""])
def test_what_a_cancelled_call_could_not_keep_is_kept_by_the_timer_or_the_next_call(
    question: str,
) -> None:
    world = World()
    process = world.process()
    asking = process.call()
    asking.served(0)
    world.cache.breaks(question, down)
    asking.go(1)
    asking.cancel()
    world.end_timers()
    world.cache.heals()
    world.pass_(REST)
    assert process.got() == access_token(1)
    assert world.process().got() == access_token(1)
    assert world.server.requests == [refresh_token(0)]


def test_a_cancelled_call_has_its_answer_kept_by_the_timer() -> None:
    world = World()
    process = world.process()
    asking = process.call()
    asking.served(0)
    asking.cancel()
    world.end_timers()
    assert process.chain.unkept is None
    assert world.cache.value("lease") is None
    # Nothing of the first process is needed for it.
    assert world.process().got() == access_token(1)


def test_a_sign_in_that_no_other_process_shares_has_nothing_to_keep() -> None:
    world = World()
    process = world.process(store=MemoryTokenStore(clock=world.clock))
    assert process.got() == access_token(1)
    assert process.chain.unkept is None
    assert process.source.ready() is not None


@pytest.mark.parametrize("renewals", [1, 3])
def test_a_process_goes_on_through_what_the_cache_does_not_keep(renewals: int) -> None:
    world = World()
    process = world.process()
    for number in range(1, renewals + 1):
        world.cache.breaks("set token", down)
        assert process.got() == access_token(number)
        world.cache.heals()
        world.pass_(HOUR + 1)
    assert process.got() == access_token(renewals + 1)
    assert world.server.requests == [refresh_token(number) for number in range(renewals + 1)]
    assert world.process(1).got() == access_token(renewals + 1)
