"""Callers that would have to wait for themselves, and callers on threads."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Await, Exchange
from dtz_dastra_auth._token import Token
from unit.callers import House
from unit.renewals import HOUR, expired, rejected

# A caller that would have to wait for itself


def test_a_call_from_inside_a_token_request_makes_one_of_its_own() -> None:
    # A hook of the client, say, that uses the same auth object.
    house = House()
    outer = house.caller(blocks=True)
    outer.next()
    inner = house.caller(blocks=True)

    assert isinstance(outer.context.run(inner._steps.send, None), Exchange)
    with pytest.raises(StopIteration) as end:
        outer.context.run(inner._steps.send, ("inner", HOUR))

    assert end.value.value.value == "inner"
    assert outer.result(("outer", HOUR)).value == "outer"


def test_a_call_from_inside_a_call_from_inside_a_token_request_is_an_error() -> None:
    house = House()
    outer, inner, innermost = (house.caller() for _ in range(3))
    outer.next()
    outer.context.run(inner._steps.send, None)

    with pytest.raises(TokenError, match="into itself"):
        outer.context.run(innermost._steps.send, None)


def test_a_call_from_inside_is_possible_again_after_the_last_has_ended() -> None:
    house = House()
    outer = house.caller()
    outer.next()
    for _ in range(3):
        inner = house.caller()
        assert isinstance(outer.context.run(inner._steps.send, None), Exchange)
        outer.context.run(inner._steps.close)

    assert house.requests == 4


def test_after_its_token_request_a_context_waits_as_any_other() -> None:
    house = House()
    token = house.renewed(lifetime=300)
    house.clock.pass_(301)
    leader = house.caller()
    leader.next()
    leader.result(("new", 300.0))
    house.clock.pass_(301)
    house.caller().next()

    again = house.caller(rejected=token)

    assert isinstance(leader.context.run(again._steps.send, None), Await)


def test_a_blocking_caller_on_the_thread_of_the_leader_does_not_wait() -> None:
    house = House()
    # A task leads; a blocking call of another task would keep the loop from ever ending it.
    leader = house.caller()
    leader.next()

    blocking = house.caller(blocks=True)

    assert isinstance(blocking.next(), Exchange)
    assert blocking.result(("alone", HOUR)).value == "alone"
    assert leader.result(("new", HOUR)).value == "new"


def test_a_blocking_caller_on_another_thread_waits() -> None:
    house = House()
    house.caller().next()
    steps: list[Any] = []

    thread = threading.Thread(target=lambda: steps.append(house.caller(blocks=True).next()))
    thread.start()
    thread.join()

    assert isinstance(steps[0], Await)


def test_a_task_on_the_thread_of_the_leader_waits() -> None:
    house = House()
    house.caller().next()

    assert isinstance(house.caller(blocks=False).next(), Await)


def test_a_caller_on_its_own_shares_its_token_and_does_not_end_the_flight() -> None:
    house = House()
    leader, follower = house.caller(), house.caller()
    leader.next()
    wait = follower.next()
    blocking = house.caller(blocks=True)
    blocking.next()

    alone = blocking.result(("alone", HOUR))

    assert house.caller().result() is alone
    new = leader.result(("new", HOUR))
    assert follower.join(wait) is new


# Threads


@pytest.mark.parametrize(
    "before", [lambda house: None, expired, rejected], ids=["first use", "expiry", "401"]
)
def test_sixty_four_threads_cause_one_token_request(
    before: Callable[[House], Token | None],
) -> None:
    house = House()
    token = before(house)
    house.requests = 0
    following = threading.Semaphore(0)

    def call(_: int) -> object:
        caller = house.caller(token, blocks=True)
        step = caller.next()
        if isinstance(step, Await):
            following.release()
            return caller.result(step.flight.join(30))
        # The answer is held back until all others have come to wait for it.
        assert all(following.acquire(timeout=30) for _ in range(63))
        return caller.result(("new", HOUR))

    with ThreadPoolExecutor(64) as pool:
        tokens = set(pool.map(call, range(64)))

    assert [token.value for token in tokens if isinstance(token, Token)] == ["new"]
    assert house.requests == 1
