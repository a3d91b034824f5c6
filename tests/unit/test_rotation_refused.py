"""A sign-in that is over: every process is told so, and the server is asked once."""

import pytest

from dtz_dastra_auth import SignInRequiredError
from unit.rotating_server import HOUR, access_token, code_of, refresh_token
from unit.sign_ins import World

every_client = pytest.mark.parametrize("survives", [True, False], ids=["requests", "httpx"])


@every_client
def test_a_refusal_is_told_to_every_process_and_asked_for_once(survives: bool) -> None:
    world = World()
    world.server.revoke()
    errors = [
        process.caller(survives=survives).finish().met()
        for process in world.some(4)
        for _ in range(3)
    ]
    assert {type(error) for error in errors} == {SignInRequiredError}
    assert {error.error for error in errors} == {"invalid_grant"}
    assert {error.status_code for error in errors} == {400}
    assert {error.description for error in errors} == {"It is over."}
    assert world.server.requests == [refresh_token(0)]


def test_after_a_refusal_the_server_is_asked_at_most_once_a_pause() -> None:
    world = World()
    world.server.revoke()
    processes = world.some(3)
    for _ in range(120):
        for process in processes:
            assert isinstance(process.caller().finish().error, SignInRequiredError)
        world.pass_(1)
    # Two minutes, pauses of half of one.
    assert len(world.server.requests) <= 5


def test_who_was_refused_once_sends_that_refresh_token_no_more() -> None:
    world = World()
    world.server.revoke()
    process = world.process()
    for _ in range(5):
        assert isinstance(process.caller().finish().error, SignInRequiredError)
        world.pass_(60)
    assert world.server.requests == [refresh_token(0)]


def test_a_refusal_ends_no_access_token_that_serves() -> None:
    world = World()
    processes = world.some(2)
    assert {process.got() for process in processes} == {access_token(1)}
    world.server.revoke()
    world.pass_(HOUR - 30)
    assert {process.got() for process in processes} == {access_token(1)}
    assert world.server.requests == [refresh_token(0), refresh_token(1)]
    world.pass_(31)
    for process in processes:
        assert isinstance(process.caller().finish().error, SignInRequiredError)


def test_who_signs_in_again_is_not_kept_waiting() -> None:
    world = World()
    world.server.revoke()
    assert isinstance(world.process().caller().finish().error, SignInRequiredError)
    assert world.process_with(code_of("anna2")).got() == access_token(0, "anna2")


@every_client
def test_where_nothing_is_left_to_renew_with_every_process_is_told_at_once(survives: bool) -> None:
    world = World()
    world.server.is_offline = False
    processes = [world.process_with(code_of()) for _ in range(3)]
    assert {process.got() for process in processes} == {access_token(0)}
    world.pass_(HOUR + 1)
    begun = world.clock.monotonic
    errors = [process.caller(survives=survives).finish().met() for process in processes]
    assert {type(error) for error in errors} == {SignInRequiredError}
    assert world.clock.monotonic - begun < 2
    assert world.server.requests == [code_of()]


@every_client
def test_a_code_that_was_refused_is_sent_once_by_all_processes(survives: bool) -> None:
    world = World()
    world.server.revoke()
    processes = [world.process_with(code_of()) for _ in range(3)]
    errors = [process.caller(survives=survives).finish().met() for process in processes]
    assert {(type(error), error.error) for error in errors} == {
        (SignInRequiredError, "invalid_grant")
    }
    assert world.server.requests == [code_of()]
