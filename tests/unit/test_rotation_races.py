"""The unluckiest moments, in which a refresh token must not be sent twice all the same."""

import pytest

from dtz_dastra_auth import MemoryTokenStore
from dtz_dastra_auth._flow import Ask
from unit.rotating_server import access_token, refresh_token
from unit.sign_ins import Errand, World

QUESTIONS = range(4)


def is_about_to_tell(errand: Errand) -> bool:
    """Tell whether the next thing that it does is to call on_refresh_token."""
    return isinstance(errand.step, Ask) and errand.step.parameter == "on_refresh_token"


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_call_that_is_cancelled_after_the_answer_leaves_it_to_the_others(asked: int) -> None:
    world = World()
    first, second = world.some(2)
    caller = first.call()
    # So many questions to the cache are answered before it is cancelled.
    caller.served(asked)
    caller.cancel()
    world.end_timers()
    assert second.got() == access_token(1)
    assert world.server.requests == [refresh_token(0)]
    assert refresh_token(1) in world.told


@pytest.mark.parametrize("asked", range(8))
def test_a_call_that_is_cancelled_before_the_answer_keeps_nobody(asked: int) -> None:
    world = World()
    first, second = world.some(2)
    caller = first.caller()
    caller.go(asked)
    caller.cancel()
    world.end_timers()
    assert second.got() == access_token(1)
    assert world.server.reuses == 0


def test_nobody_is_told_of_a_refresh_token_that_no_process_could_find() -> None:
    world = World()
    process = world.process()
    leader, follower = process.call(), process.call()
    leader.served(0)
    follower.rejoin()
    # What was told may start another process at once: it has to find the others.
    assert not process.told or world.cache.value("root 1") is not None


def test_who_is_telling_is_not_robbed_of_the_lease_by_another_caller_of_its_process() -> None:
    world = World()
    process, other = world.some(2)
    telling = process.call()
    telling.served(0)
    # It has the token already, and is to see to it that the answer is kept.
    keeping = process.caller()
    keeping.go(1)
    while not is_about_to_tell(telling):
        telling.go(1)
    keeping.rejoin(0)
    telling.go(1)
    keeping.go()
    # Told, and not noted yet.
    waiting = other.call()
    errands = [errand.finish() for errand in (telling, keeping, waiting)]
    assert {errand.got() for errand in errands} == {access_token(1)}
    assert world.told == [refresh_token(1)]


def test_who_has_little_time_does_not_take_the_lease_of_who_has_much() -> None:
    world = World()
    patient, hasty = world.process(timeout=60), world.process(timeout=2)
    asking = patient.call()
    begun = world.clock.monotonic
    while world.clock.monotonic < begun + 50:
        errand = hasty.call()
        errand.wait_out()
        assert not errand.requests, f"after {world.clock.monotonic - begun:.0f} s"
        world.pass_(1)
    asking.served()
    assert hasty.got() == access_token(1)
    assert world.server.reuses == 0


def test_a_lease_outlives_the_token_request_it_was_taken_for() -> None:
    world = World()
    slow, other = world.some(2)
    asking = slow.call()
    begun = world.clock.monotonic
    while world.clock.monotonic < begun + 28:
        errand = other.call(timeout=4)
        errand.wait_out()
        assert not errand.requests
        world.pass_(1)
    asking.served()
    assert other.got() == access_token(1)
    assert world.server.requests == [refresh_token(0)]


def test_two_stores_of_one_process_share_its_refresh_token() -> None:
    # Beside the one of the processes, one for what does not check certificates, say.
    world = World()
    process, other = world.some(2)
    alone = process.signed_in(refresh_token(0), store=MemoryTokenStore(clock=world.clock))
    process.got()
    assert process.got(source=alone) == access_token(2)
    assert world.server.requests == [refresh_token(0), refresh_token(1)]
    assert world.server.reuses == 0
    assert other.got() == access_token(1)
