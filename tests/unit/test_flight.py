"""Waiting for another's token request: threads, asyncio tasks and trio tasks alike."""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import anyio
import pytest
import trio

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flight import Flight, Landing
from dtz_dastra_auth._token import Token

TOKEN = Landing(token=Token("T"))

# Far longer than any of these waits takes; who waits in vain fails instead of hanging.
PATIENCE = 30.0

backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def flight() -> Flight:
    return Flight(overdue=1e9)


def run(backend: str, task: Callable[[], Awaitable[Any]]) -> Any:
    return anyio.run(task, backend=backend)


def later(work: Callable[[], None]) -> threading.Thread:
    """Have another thread do something once it runs."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread


# Threads


def test_who_waits_is_handed_the_landing() -> None:
    it = flight()
    leader = later(lambda: it.land(TOKEN))

    assert it.join(PATIENCE) is TOKEN
    leader.join()


def test_who_comes_after_the_landing_does_not_wait() -> None:
    it = flight()
    it.land(TOKEN)

    assert it.join(0) is TOKEN


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_who_has_no_time_does_not_wait(seconds: float) -> None:
    with pytest.raises(TimeoutError):
        flight().join(seconds)


def test_only_the_first_landing_counts() -> None:
    it = flight()
    it.land(TOKEN)
    it.land(Landing(error=TokenError("late")))

    assert it.join(0) is TOKEN


def test_when_the_leader_gives_up_there_is_no_landing() -> None:
    it = flight()
    it.give_up()

    assert it.join(0) is None


def test_a_leader_that_has_given_up_cannot_land() -> None:
    it = flight()
    it.give_up()
    it.land(TOKEN)

    assert it.join(0) is None


def test_a_leader_that_has_landed_cannot_give_up() -> None:
    it = flight()
    it.land(TOKEN)
    it.give_up()

    assert it.join(0) is TOKEN


def test_any_number_of_threads_are_handed_the_same_landing() -> None:
    it = flight()
    with ThreadPoolExecutor(64) as pool:
        joined = [pool.submit(it.join, PATIENCE) for _ in range(64)]
        it.land(TOKEN)

    assert {id(future.result()) for future in joined} == {id(TOKEN)}


# Tasks


@backends
def test_a_task_is_handed_what_another_task_lands(backend: str) -> None:
    async def main() -> list[Landing | None]:
        it, landings = flight(), []

        async def follow() -> None:
            landings.append(await it.join_async(PATIENCE))

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            it.land(TOKEN)
        return landings

    assert run(backend, main) == [TOKEN] * 50


@backends
def test_a_task_is_handed_what_a_thread_lands(backend: str) -> None:
    async def main() -> Landing | None:
        it = flight()
        thread = later(lambda: it.land(TOKEN))
        landing = await it.join_async(PATIENCE)
        await anyio.to_thread.run_sync(thread.join)
        return landing

    assert run(backend, main) is TOKEN


@backends
def test_a_thread_is_handed_what_a_task_lands(backend: str) -> None:
    it = flight()
    landings: list[Landing | None] = []
    thread = later(lambda: landings.append(it.join(PATIENCE)))

    async def main() -> None:
        it.land(TOKEN)

    run(backend, main)
    thread.join()

    assert landings == [TOKEN]


@backends
def test_a_task_that_comes_after_the_landing_is_handed_it(backend: str) -> None:
    async def main() -> Landing | None:
        it = flight()
        it.land(TOKEN)
        return await it.join_async(PATIENCE)

    assert run(backend, main) is TOKEN


@backends
def test_a_task_hears_that_the_leader_gave_up(backend: str) -> None:
    async def main() -> list[Landing | None]:
        it, landings = flight(), []

        async def follow() -> None:
            landings.append(await it.join_async(PATIENCE))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            it.give_up()
        return landings

    assert run(backend, main) == [None]


@backends
@pytest.mark.parametrize("seconds", [0.0, -5.0, 0.01])
def test_a_task_waits_no_longer_than_it_may(backend: str, seconds: float) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await flight().join_async(seconds)

    assert run(backend, main) is None


@backends
def test_a_cancelled_task_leaves_the_flight_to_the_others(backend: str) -> None:
    async def main() -> list[Landing | None]:
        it, landings = flight(), []

        async def follow() -> None:
            landings.append(await it.join_async(PATIENCE))

        async with anyio.create_task_group() as others:
            others.start_soon(follow)
            async with anyio.create_task_group() as cancelled:
                cancelled.start_soon(follow)
                await anyio.wait_all_tasks_blocked()
                cancelled.cancel_scope.cancel()
            it.land(TOKEN)
        return landings

    assert run(backend, main) == [TOKEN]


def test_asyncio_and_trio_and_threads_wait_for_one_flight() -> None:
    it = flight()

    async def follow() -> Landing | None:
        return await it.join_async(PATIENCE)

    with ThreadPoolExecutor(30) as pool:
        joined = [pool.submit(it.join, PATIENCE) for _ in range(10)]
        joined += [pool.submit(run, "asyncio", follow) for _ in range(10)]
        joined += [pool.submit(run, "trio", follow) for _ in range(10)]
        it.land(TOKEN)

    assert [future.result() for future in joined] == [TOKEN] * 30


@backends
def test_landing_survives_that_the_loop_of_a_waiting_task_is_gone(backend: str) -> None:
    it = flight()

    async def main() -> None:
        with anyio.move_on_after(0):
            await it.join_async(PATIENCE)

    run(backend, main)
    it.land(TOKEN)

    assert it.join(0) is TOKEN


def test_one_flight_serves_two_runs_of_a_loop_one_after_the_other() -> None:
    it = flight()

    async def in_vain() -> bool:
        with anyio.move_on_after(0) as scope:
            await it.join_async(PATIENCE)
        return scope.cancelled_caught

    async def not_in_vain() -> Landing | None:
        it.land(TOKEN)
        return await it.join_async(PATIENCE)

    assert asyncio.run(in_vain())
    assert asyncio.run(not_in_vain()) is TOKEN


def test_trio_without_anyio_around_it_can_wait() -> None:
    async def main() -> Landing | None:
        it = flight()
        it.land(TOKEN)
        return await it.join_async(PATIENCE)

    assert trio.run(main) is TOKEN


# Whose flight it is


def test_a_flight_is_mine_inside_its_own_context_only() -> None:
    it = flight()
    outside = copy_context()

    with it.led():
        assert it.is_mine()
        assert copy_context().run(it.is_mine)
        assert not outside.run(it.is_mine)
        assert not flight().is_mine()
    assert not it.is_mine()


def test_two_flights_can_be_mine() -> None:
    outer, inner = flight(), flight()

    with outer.led(), inner.led():
        assert outer.is_mine()
        assert inner.is_mine()
    assert not outer.is_mine()


def test_a_task_that_was_started_by_the_leader_knows_whose_flight_it_is() -> None:
    it = flight()

    async def tell() -> bool:
        return it.is_mine()

    async def main() -> bool:
        with it.led():
            return await asyncio.create_task(tell())

    assert asyncio.run(main())


def test_another_thread_does_not_take_the_flight_for_its_own() -> None:
    it = flight()
    told: list[bool] = []

    with it.led():
        later(lambda: told.append(it.is_mine())).join()

    assert told == [False]


def test_a_mark_can_be_taken_off_in_another_context() -> None:
    # As a generator's is, when the garbage collector closes it.
    it = flight()
    led = it.led()
    copy_context().run(led.__enter__)

    assert not led.__exit__(None, None, None)


def test_a_flight_that_nobody_holds_is_garbage() -> None:
    def alive() -> int:
        gc.collect()
        return sum(isinstance(thing, Flight) for thing in gc.get_objects())

    before = alive()
    for _ in range(100):
        flight().land(TOKEN)

    assert alive() <= before
