"""A cache that lost everything: whoever begins the sign-in anew there is found by the others."""

import pytest

from unit.rotating_server import HOUR, access_token, code_of, refresh_token
from unit.sign_ins import Process, World

DAY = 24 * HOUR
SKEWS = [-DAY, -60.0, -0.5, 0.0, 60.0, DAY]


def parted(skew: float = 0.0, begun_with: str = refresh_token(0)) -> tuple[World, Process, Process]:
    """Give a process that knew the cache before it lost everything, and one that came after.

    They have the same refresh token, which nothing in the cache leads to any more.
    """
    world = World()
    first = world.process_with(begun_with, skew=skew)
    first.got()
    world.cache.lose()
    # As a worker that is started with what was told last.
    return world, first, world.process_with(world.told[-1])


def sent(count: int) -> list[str]:
    """Give the refresh tokens that are sent in so many token requests, each of them once."""
    return [refresh_token(number) for number in range(count)]


@pytest.mark.parametrize("skew", SKEWS)
def test_who_finds_its_refresh_token_at_another_root_goes_on_there(skew: float) -> None:
    world, first, second = parted(skew)
    assert second.got() == access_token(2)
    world.pass_(HOUR + 1)
    assert second.got() == access_token(3)
    world.pass_(2 * HOUR)
    first.got()
    count = len(world.server.requests)
    # By a clock that is behind, the third access token lives.
    assert count == 3 if skew < -HOUR else count == 4
    assert world.server.requests == sent(count)
    assert first.chain.refresh_token == refresh_token(count)


def test_who_has_moved_takes_the_token_that_stands_there() -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    assert second.got() == access_token(2)
    assert first.got() == access_token(2)
    assert world.server.requests == sent(2)


def test_who_has_moved_is_not_told_what_was_told_there() -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    second.got()
    first.got()
    assert world.told == [refresh_token(1), refresh_token(2)]


def test_who_has_moved_leaves_no_lease_behind() -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    second.got()
    first.got()
    leases = [name for name in world.cache.names() if name.startswith("lease")]
    assert leases == []


def test_processes_that_have_moved_renew_as_one() -> None:
    world = World()
    kept_up = world.some(3)
    assert {process.got() for process in kept_up} == {access_token(1)}
    world.cache.lose()
    world.pass_(HOUR + 1)
    processes = [world.process(1), *kept_up]
    for number in range(2, 5):
        assert {process.got() for process in processes} == {access_token(number)}
        processes.append(world.process(number))
        world.pass_(HOUR + 1)
    assert {process.got() for process in reversed(processes)} == {access_token(5)}
    assert world.server.requests == sent(5)
    assert world.told == sent(6)[1:]


def test_a_cache_that_loses_everything_again_and_again_parts_nobody() -> None:
    world = World()
    processes = [world.process()]
    for number in range(1, 6):
        world.pass_(HOUR + 1)
        # The newest comes first, and begins another root.
        assert {process.got() for process in reversed(processes)} == {access_token(number)}
        world.cache.lose()
        processes.append(world.process(number))
    assert world.server.requests == sent(5)
    assert world.server.reuses == 0


def test_who_asks_first_after_that_leads_whoever_comes_later_to_its_root() -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    assert first.got() == access_token(2)
    assert second.got() == access_token(2)
    assert world.server.requests == sent(2)


def test_who_began_with_a_code_follows_as_well() -> None:
    world, first, second = parted(begun_with=code_of())
    world.pass_(HOUR + 1)
    assert second.got() == access_token(1)
    assert first.got() == access_token(1)
    assert world.server.requests == [code_of(), refresh_token(0)]


def test_who_moves_does_not_wait_for_it() -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    second.got()
    begun = world.clock.monotonic
    first.got()
    assert world.clock.monotonic == begun


def test_of_callers_in_one_process_all_find_the_token_at_the_other_root() -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    second.got()
    errands = [first.caller() for _ in range(3)]
    assert {errand.finish().got() for errand in errands} == {access_token(2)}
    assert world.server.requests == sent(2)


@pytest.mark.parametrize("question", ["get root 1", "add root 1"])
def test_where_the_note_cannot_be_read_or_added_no_refresh_token_is_sent(question: str) -> None:
    world, first, second = parted()
    world.pass_(HOUR + 1)
    second.got()
    world.cache.breaks(question, lambda: 1 / 0)
    assert "the shared token store" in str(first.caller().finish().met())
    world.cache.heals()
    world.pass_(31)
    assert first.got() == access_token(2)
    assert world.server.requests == sent(2)


def test_where_a_note_does_not_stay_no_refresh_token_is_sent() -> None:
    world = World()
    process = world.process()
    # A full cache that evicts at once what it has taken, but for leases.
    world.cache.breaks("add root", lambda: False)
    assert "the shared token store" in str(process.caller().finish().met())
    assert world.server.requests == []


def test_a_cache_that_does_not_say_whether_it_added_is_asked() -> None:
    world = World()
    add = world.cache.add

    def silent(*args: object, **kwargs: object) -> None:
        add(*args, **kwargs)  # type: ignore[arg-type]

    world.cache.add = silent  # type: ignore[method-assign]
    processes = world.some(2)
    for number in range(1, 4):
        assert {process.got() for process in processes} == {access_token(number)}
        world.pass_(HOUR + 1)
    assert world.server.requests == sent(3)
