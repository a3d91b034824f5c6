"""Processes that share a sign-in: who sends a refresh token, and who is told of the next."""

from collections import Counter

import pytest

from dtz_dastra_auth import SignInRequiredError, TokenError
from unit import schedules
from unit.rotating_server import HOUR, access_token, code_of, refresh_token
from unit.sign_ins import World

PROCESSES, CALLERS, RENEWALS = 4, 2, 4

by_chance = pytest.mark.parametrize("seed", range(30))


class KilledError(BaseException):
    """Nothing of the process goes on after it."""


def killed(new: str) -> None:
    raise KilledError


def by_turns(seed: int) -> World:
    """Have callers of several processes renew at the same time, again and again."""
    world = World()
    processes = world.some(PROCESSES)
    for number in range(RENEWALS):
        errands = [process.caller() for process in processes for _ in range(CALLERS)]
        schedules.run(world, errands, seed * RENEWALS + number)
        new = number + 1
        assert [errand.error for errand in errands] == [None] * len(errands)
        assert {errand.got() for errand in errands} == {access_token(new)}
        assert all(refresh_token(new) in errand.told_before for errand in errands)
        world.pass_(HOUR + 1)
    return world


@by_chance
def test_however_callers_take_turns_each_refresh_token_is_sent_once(seed: int) -> None:
    world = by_turns(seed)
    assert world.server.requests == [refresh_token(number) for number in range(RENEWALS)]
    assert world.server.reuses == 0


@by_chance
def test_however_callers_take_turns_nobody_is_told_twice(seed: int) -> None:
    world = by_turns(seed)
    assert Counter(world.told) == {refresh_token(number + 1): 1 for number in range(RENEWALS)}


def test_processes_of_different_refresh_tokens_of_one_sign_in_share_it() -> None:
    world = World()
    first = world.process()
    processes = [first]
    for number in range(1, 4):
        first.got()
        # Somebody starts a process with what was told last.
        assert world.told[-1] == refresh_token(number)
        processes.append(world.process(number))
        assert {process.got() for process in processes} == {access_token(number)}
        world.pass_(HOUR + 1)
    assert [process.got() for process in reversed(processes)] == [access_token(4)] * 4
    assert world.server.requests == [refresh_token(number) for number in range(4)]
    assert world.server.reuses == 0


def test_a_process_of_an_old_refresh_token_finds_the_newest() -> None:
    world = World()
    first = world.process()
    for _ in range(3):
        first.got()
        world.pass_(HOUR + 1)
    assert world.process(1).got() == access_token(4)
    assert world.server.requests[-1] == refresh_token(3)
    assert world.server.reuses == 0


def test_processes_of_a_code_and_of_its_refresh_token_share_the_sign_in() -> None:
    world = World()
    with_code, other = world.process_with(code_of()), world.process_with(code_of())
    assert {with_code.got(), other.got()} == {access_token(0)}
    later = world.process(0)
    assert later.got() == access_token(0)
    world.pass_(HOUR + 1)
    assert {process.got() for process in (later, other, with_code)} == {access_token(1)}
    assert world.server.requests == [code_of(), refresh_token(0)]


def test_who_starts_with_what_was_told_is_not_told_of_it() -> None:
    world = World()
    world.process().got()
    later = world.process(1)
    later.got()
    assert later.told == []


def test_who_finds_a_refresh_token_that_was_told_is_not_told_of_it() -> None:
    world = World()
    first, second = world.some(2)
    first.got()
    second.got()
    assert (first.told, second.told) == ([refresh_token(1)], [])


def test_what_a_process_without_on_refresh_token_got_is_told_by_one_that_has_it() -> None:
    world = World()
    silent, other, third = world.process(tells=False), world.process(), world.process()
    silent.got()
    assert world.told == []
    other.got()
    third.got()
    assert (other.told, third.told) == ([refresh_token(1)], [])


def test_a_process_that_is_killed_in_on_refresh_token_loses_nothing() -> None:
    world = World()
    dying = world.process(tells=False)
    with pytest.raises(KilledError):
        dying.caller(source=dying.signed_in(refresh_token(0), on_refresh_token=killed)).finish()

    next_one = world.process()
    assert next_one.got() == access_token(1)
    assert next_one.told == [refresh_token(1)]
    assert world.server.requests == [refresh_token(0)]


def test_a_process_that_is_killed_before_it_kept_the_answer_loses_the_sign_in_and_no_more() -> None:
    world = World()
    dying, other = world.process(timeout=2), world.process(timeout=2)
    caller = dying.call()
    caller.served(0)
    begun = world.clock.monotonic

    while not (errand := other.caller().finish()).met().error:
        # Nobody knows whether it is being sent.
        assert "the shared token store" in str(errand.met())
        assert world.server.requests == [refresh_token(0)]
        world.pass_(1)
        assert world.clock.monotonic < begun + 20

    assert world.clock.monotonic >= begun + 7
    assert isinstance(errand.met(), SignInRequiredError)
    assert world.server.requests == [refresh_token(0)] * 2
    assert world.process_with("refresh-bob-0").got() == access_token(1, "bob")


def test_what_on_refresh_token_raises_costs_no_second_token_request() -> None:
    world = World()
    process = world.process(tells=False)
    heard: list[str] = []

    def tell(new: str) -> None:
        heard.append(new)
        if len(heard) == 1:
            raise OSError("the disk is full")

    source = process.signed_in(refresh_token(0), on_refresh_token=tell)
    assert isinstance(process.caller(source=source).finish().error, OSError)
    assert process.got(source=source) == access_token(1)
    assert heard == [refresh_token(1)] * 2
    assert world.server.requests == [refresh_token(0)]


def test_a_refresh_token_whose_answer_was_lost_on_the_way_is_sent_once_more() -> None:
    world = World()
    first, second = world.some(2)
    lost = first.call().fail(OSError("reset"))
    assert isinstance(lost.error, OSError)
    world.pass_(4)
    assert second.got() == access_token(1)
    assert world.server.requests == [refresh_token(0)]
    assert first.got() == access_token(1)
    assert world.server.reuses == 0


def test_a_401_in_all_processes_is_one_renewal() -> None:
    world = World()
    processes = world.some(4)
    tokens = [process.token() for process in processes]
    world.pass_(5)
    renewed = [process.got(token) for process, token in zip(processes, tokens, strict=True)]
    assert renewed == [access_token(2)] * 4
    assert world.server.requests == [refresh_token(0), refresh_token(1)]


def test_a_server_that_does_not_rotate_goes_on_with_the_same_one() -> None:
    world = World()
    world.server.rotates = False
    processes = world.some(3)
    for _ in range(3):
        assert len({process.got() for process in processes}) == 1
        world.pass_(HOUR + 1)
    assert world.server.requests == [refresh_token(0)] * 3
    assert world.told == []


def test_two_persons_of_one_client_do_not_meet() -> None:
    world = World()
    anna, bob = world.process(), world.process_with("refresh-bob-0")
    assert (anna.got(), bob.got()) == (access_token(1), access_token(1, "bob"))
    world.server.revoke("anna")
    world.pass_(HOUR + 1)
    assert isinstance(anna.caller().finish().error, SignInRequiredError)
    assert bob.got() == access_token(2, "bob")


@pytest.mark.parametrize("survives", [True, False])
def test_who_cannot_get_the_lease_sends_nothing_and_says_so_in_time(survives: bool) -> None:
    world = World()
    process = world.process()
    world.cache.breaks("add lease", lambda: False)
    world.cache.breaks("get lease", world.cache.lease_of_another)
    begun = world.clock.monotonic
    error = process.caller(survives=survives).finish().met()
    assert type(error) is TokenError
    assert "no refresh token is sent" in str(error)
    assert world.clock.monotonic - begun <= 16
    assert world.server.requests == []
