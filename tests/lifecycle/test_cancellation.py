"""Cancelled tasks and clients that go away while a token request hangs: nobody is left behind."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from typing import Any

import anyio
import anyio.to_thread
import pytest
import requests
import trio

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import TokenError
from lifecycle import wire
from lifecycle.accounts import Account, over
from lifecycle.crowds import HANGS, arrival, finished, start, statuses

Connect = Callable[..., Client]
Make = Callable[[], Any]


@pytest.fixture
def make(library: ModuleType, account: Account) -> Make:
    """Make async clients of one library, all with the same auth object."""
    return lambda: library.AsyncClient(auth=account.auth, timeout=HANGS)


async def cancelled_by_its_scope(call: Callable[[], Any], until: anyio.Event) -> None:
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:

            async def cancel() -> None:
                await until.wait()
                scope.cancel()

            tasks.start_soon(cancel)
            await call()


async def cancelled_by_time(call: Callable[[], Any], until: anyio.Event) -> None:
    with anyio.move_on_after(HANGS) as scope:
        async with anyio.create_task_group() as tasks:

            async def run_out() -> None:
                await until.wait()
                scope.deadline = anyio.current_time()

            tasks.start_soon(run_out)
            await call()


async def cancelled_as_the_loop_does_it(call: Callable[[], Any], until: anyio.Event) -> None:
    if _is_trio():
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call)
                await until.wait()
                scope.cancel()
        return
    task = asyncio.ensure_future(call())
    await until.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _is_trio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


@pytest.mark.parametrize(
    "cancelled",
    [cancelled_by_its_scope, cancelled_by_time, cancelled_as_the_loop_does_it],
    ids=["cancel scope", "move_on_after", "native"],
)
def test_when_the_leader_is_cancelled_one_of_those_who_wait_leads(
    cancelled: Callable[..., Any], make: Make, backend: str, account: Account
) -> None:
    results: list[Any] = []

    async def main() -> None:
        async with make() as client, anyio.create_task_group() as tasks:

            async def follow() -> None:
                results.append(await client.get(account.url))

            enough = anyio.Event()
            with anyio.fail_after(HANGS), account.service.hold() as hold:
                tasks.start_soon(cancelled, lambda: client.get(account.url), enough)
                await arrival(hold)
                for _ in range(5):
                    tasks.start_soon(follow)
                await anyio.wait_all_tasks_blocked()
                enough.set()
                await arrival(hold, 2)

    anyio.run(main, backend=backend)
    assert statuses(results) == [200] * 5
    assert len(account.service.token_requests) == 2
    assert len(account.service.calls) == 5


def test_a_thread_that_waits_for_a_cancelled_task_leads(
    make: Make, backend: str, account: Account
) -> None:
    async def main() -> Any:
        waiting: list[Any] = []
        async with make() as client, anyio.create_task_group() as tasks:
            with anyio.fail_after(HANGS), account.service.hold() as hold:
                tasks.start_soon(client.get, account.url)
                await arrival(hold)
                thread = start(lambda: requests.get(account.url, auth=account.auth, timeout=HANGS))
                waiting.append(thread)
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await arrival(hold, 2)
                hold.release()
        return finished(waiting[0])

    assert anyio.run(main, backend=backend).status_code == 200
    assert len(account.service.token_requests) == 2


def test_after_all_were_cancelled_a_new_call_asks_anew(
    make: Make, backend: str, account: Account
) -> None:
    async def main() -> Any:
        async with make() as client:
            with anyio.fail_after(HANGS), account.hold_the_first() as hold:
                async with anyio.create_task_group() as tasks:
                    for _ in range(10):
                        tasks.start_soon(client.get, account.url)
                    await arrival(hold)
                    await anyio.wait_all_tasks_blocked()
                    tasks.cancel_scope.cancel()
                return await client.get(account.url)

    assert anyio.run(main, backend=backend).status_code == 200
    assert len(account.service.token_requests) == 2
    assert len(account.service.calls) == 1


def test_a_cancelled_follower_changes_nothing(make: Make, backend: str, account: Account) -> None:
    results: list[Any] = []

    async def main() -> None:
        async with make() as client:

            async def call() -> None:
                results.append(await client.get(account.url))

            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    with account.service.hold() as hold:
                        tasks.start_soon(call)
                        await arrival(hold)
                        with anyio.CancelScope() as scope:
                            async with anyio.create_task_group() as followers:
                                followers.start_soon(call)
                                await anyio.wait_all_tasks_blocked()
                                scope.cancel()

    anyio.run(main, backend=backend)
    assert statuses(results) == [200]
    assert len(account.service.token_requests) == 1


def test_a_cancelled_early_renewal_leaves_the_old_token_serving(
    make: Make, backend: str, account: Account, clock: FakeClock
) -> None:
    async def main() -> list[Any]:
        async with make() as client:
            with anyio.fail_after(HANGS):
                responses = [await client.get(account.url)]
                clock.advance(account.service.lifetime - 30)
                with account.hold_the_first() as hold:
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(client.get, account.url)
                        await arrival(hold)
                        responses.append(await client.get(account.url))
                        tasks.cancel_scope.cancel()
                    return [*responses, await client.get(account.url)]

    assert statuses(anyio.run(main, backend=backend)) == [200] * 3
    # What was cancelled is nobody's failure: the next call renews without a pause.
    assert len(account.service.token_requests) == 3


def test_a_client_that_is_closed_while_it_leads_leaves_nobody_waiting(
    make: Make, backend: str, account: Account, clock: FakeClock
) -> None:
    outcomes: list[Any] = []

    async def call(client: Any) -> None:
        try:
            outcomes.append(await client.get(account.url))
        except Exception as error:
            outcomes.append(error)

    async def main() -> Any:
        async with make() as client, make() as other:
            with anyio.fail_after(HANGS), account.hold_the_first() as hold:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call, client)
                    await arrival(hold)
                    tasks.start_soon(call, other)
                    await anyio.wait_all_tasks_blocked()
                    await client.aclose()
                clock.advance(2)
                return await other.get(account.url)

    assert anyio.run(main, backend=backend).status_code == 200
    # Whoever led has the error that its client made of it, and whoever waited is told of it.
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [True, True]
    assert [outcome for outcome in outcomes if isinstance(outcome, TokenError)]
    assert len(account.service.token_requests) == 2


def test_two_runs_of_asyncio_share_one_object_contended_both_times(
    make: Make, account: Account, clock: FakeClock
) -> None:
    async def main() -> list[Any]:
        async with make() as client:
            calls = (client.get(account.url) for _ in range(20))
            return await asyncio.gather(*calls, return_exceptions=True)

    assert statuses(asyncio.run(main())) == [200] * 20
    clock.advance(account.service.lifetime)
    if account.method.renews("expiry"):
        assert statuses(asyncio.run(main())) == [200] * 20
        assert len(account.service.token_requests) == 2
    else:
        assert over(asyncio.run(main()))
        assert len(account.service.token_requests) == 1


def test_a_token_that_arrives_after_the_loop_of_those_who_waited_has_ended_serves_the_next_loop(
    make: Make, backend: str, account: Account
) -> None:
    async def wait_and_give_up() -> None:
        async with make() as client, anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(client.get, account.url)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()

    async def call() -> Any:
        async with make() as client:
            return await client.get(account.url)

    with account.service.hold() as hold:
        leader = start(lambda: requests.get(account.url, auth=account.auth, timeout=HANGS))
        hold.wait_for(1, timeout=HANGS)
        anyio.run(wait_and_give_up, backend=backend)
    assert finished(leader).status_code == 200
    assert anyio.run(call, backend=backend).status_code == 200
    assert len(account.service.token_requests) == 1


def test_calls_that_are_given_up_in_the_pause_before_a_second_try_start_no_storm(
    library: ModuleType,
    backend: str,
    account: Account,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Callers with less patience than a second, ten of them in a second.
    never = {"sleep": lambda seconds: anyio.sleep_forever()}
    impatient = SimpleNamespace(**{**vars(anyio), **never})
    monkeypatch.setattr("dtz_dastra_auth._drive_async.anyio", impatient)
    account.service.fail(503, on="token", times=None)

    async def call(client: Any) -> None:
        with suppress(TokenError):
            await client.get(account.url)

    async def main() -> None:
        transport = wire.asynchronous(account.service, library)
        async with library.AsyncClient(auth=account.auth, transport=transport) as client:
            for _ in range(10):
                with anyio.fail_after(HANGS):
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(call, client)
                        await anyio.wait_all_tasks_blocked()
                        tasks.cancel_scope.cancel()
                clock.advance(0.1)

    anyio.run(main, backend=backend)
    # Every try keeps a second's distance from the last, whatever became of whoever made it.
    assert len(account.service.token_requests) <= 2
