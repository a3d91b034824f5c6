"""What breaks into a token request from outside: interrupts, and the caller's own hooks."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import anyio
import pytest
import requests

from clock import FakeClock
from dtz_dastra_auth import SignInRequiredError, TokenError
from lifecycle import wire
from lifecycle.accounts import IN_LEEWAY, METHODS, Account, methods
from lifecycle.crowds import HANGS, finished, start


class Broken(Exception):
    """What a caller's own hook raises."""


class Once:
    """A hook that waits for others to come, and then raises; the first time only."""

    def __init__(self, error: type[BaseException], others: Callable[[], None]) -> None:
        self._errors = iter([error("broken off")])
        self._others = others

    def __call__(self) -> None:
        error = next(self._errors, None)
        if error is not None:
            self._others()
            raise error


def test_an_interrupt_in_the_token_request_lets_the_one_who_waits_lead_in_requests(
    account: Account,
) -> None:
    with wire.session(account.service) as session:
        auth = account.make(session=session)
        waiting: list[Any] = []
        call = partial(requests.get, account.url, auth=auth, timeout=HANGS)
        interrupt = Once(KeyboardInterrupt, lambda: waiting.append(start(call)))
        adapter = session.get_adapter(account.url)
        assert isinstance(adapter, wire.Adapter)
        adapter.before = lambda request: interrupt()
        with pytest.raises(KeyboardInterrupt):
            call()
        [follower] = waiting
        assert finished(follower).status_code == 200
        assert call().status_code == 200
    assert len(account.service.token_requests) == 1


def test_an_interrupt_in_the_token_request_lets_the_one_who_waits_lead_in_httpx(
    library: ModuleType, account: Account
) -> None:
    waiting: list[Any] = []
    call = partial(requests.get, account.url, auth=account.auth, timeout=HANGS)
    interrupt = Once(KeyboardInterrupt, lambda: waiting.append(start(call)))
    with library.Client(auth=account.auth, timeout=HANGS) as client:
        client.event_hooks = {"request": [lambda request: interrupt()]}
        with pytest.raises(KeyboardInterrupt):
            client.get(account.url)
        [follower] = waiting
        assert finished(follower).status_code == 200
        assert client.get(account.url).status_code == 200
    assert len(account.service.token_requests) == 1


def test_an_interrupt_in_the_token_request_lets_the_one_who_waits_lead_in_async_httpx(
    library: ModuleType, backend: str, account: Account
) -> None:
    waiting: list[Any] = []
    call = partial(requests.get, account.url, auth=account.auth, timeout=HANGS)
    interrupt = Once(KeyboardInterrupt, lambda: waiting.append(start(call)))

    async def hook(request: Any) -> None:
        interrupt()

    async def main() -> Any:
        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:
            client.event_hooks = {"request": [hook]}
            try:
                await client.get(account.url)
            except KeyboardInterrupt:
                # Caught here, where a program would end: asyncio's loop would end with it.
                return await client.get(account.url)

    assert anyio.run(main, backend=backend).status_code == 200
    assert finished(waiting[0]).status_code == 200
    assert len(account.service.token_requests) == 1


@methods(*METHODS, IN_LEEWAY)
def test_an_exception_in_a_hook_of_the_given_session_is_the_callers_and_leaves_no_lock(
    account: Account, clock: FakeClock
) -> None:
    broken = Once(Broken, lambda: None)
    with requests.Session() as session:

        def hook(response: requests.Response, **kwargs: Any) -> None:
            try:
                broken()
            except Broken:
                # requests leaves a response open whose hook raises.
                response.close()
                raise

        session.hooks["response"].append(hook)
        auth = account.make(session=session)
        with pytest.raises(Broken):
            requests.get(account.url, auth=auth, timeout=HANGS)
        _told_to_the_next_and_forgotten_after_a_second(account, clock, answered=True)
    assert len(account.service.token_requests) == 2


@methods(*METHODS, IN_LEEWAY)
@pytest.mark.parametrize("event", ["request", "response"])
def test_an_exception_in_an_event_hook_is_the_callers_and_leaves_no_lock(
    event: str,
    library: ModuleType,
    account: Account,
    clock: FakeClock,
) -> None:
    broken = Once(Broken, lambda: None)
    with library.Client(auth=account.auth, timeout=HANGS) as client:
        client.event_hooks = {event: [lambda passing: broken()]}
        with pytest.raises(Broken):
            client.get(account.url)
        _told_to_the_next_and_forgotten_after_a_second(account, clock, answered=event == "response")
    assert len(account.service.token_requests) == (1 if event == "request" else 2)


@methods(*METHODS, IN_LEEWAY)
@pytest.mark.parametrize("event", ["request", "response"])
def test_an_exception_in_an_async_event_hook_is_the_callers_and_leaves_no_lock(
    event: str,
    library: ModuleType,
    backend: str,
    account: Account,
    clock: FakeClock,
) -> None:
    broken = Once(Broken, lambda: None)

    async def hook(passing: Any) -> None:
        broken()

    async def main() -> None:
        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:
            client.event_hooks = {event: [hook]}
            with pytest.raises(Broken):
                await client.get(account.url)

    anyio.run(main, backend=backend)
    _told_to_the_next_and_forgotten_after_a_second(account, clock, answered=event == "response")
    assert len(account.service.token_requests) == (1 if event == "request" else 2)


def _told_to_the_next_and_forgotten_after_a_second(
    account: Account, clock: FakeClock, *, answered: bool
) -> None:
    call = partial(requests.get, account.url, auth=account.auth, timeout=HANGS)
    with pytest.raises(TokenError, match="Broken"):
        call()
    clock.advance(2)
    if answered:
        account.loses_an_answer()
    if answered and not account.method.forgives:
        # Sent once more, since nobody knows that it had arrived; the server takes it for stolen.
        with pytest.raises(SignInRequiredError):
            call()
    else:
        assert call().status_code == 200


@methods(*METHODS, IN_LEEWAY)
def test_what_was_answered_to_a_leader_that_was_cancelled_is_asked_for_once_more(
    library: ModuleType, backend: str, account: Account
) -> None:
    account.loses_an_answer()

    async def main() -> Any:
        answered = anyio.Event()

        async def hook(response: Any) -> None:
            answered.set()
            await anyio.sleep_forever()

        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:
            client.event_hooks = {"response": [hook]}
            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(client.get, account.url)
                    await answered.wait()
                    tasks.cancel_scope.cancel()
                client.event_hooks = {}
                try:
                    return await client.get(account.url)
                except SignInRequiredError as error:
                    return error

    outcome = anyio.run(main, backend=backend)
    # Nobody knows that it had arrived. Without a leeway the server takes it for stolen.
    if account.method.forgives:
        assert outcome.status_code == 200
    else:
        assert type(outcome) is SignInRequiredError
    assert len(account.service.token_requests) == 2


def test_those_who_waited_are_told_of_the_exception_in_the_leaders_hook(
    library: ModuleType, backend: str, account: Account
) -> None:
    outcomes: list[Any] = []

    async def main() -> None:
        gate = anyio.Event()

        async def hook(request: Any) -> None:
            await gate.wait()
            raise Broken

        async def call(client: Any) -> None:
            try:
                outcomes.append(await client.get(account.url))
            except Exception as error:
                outcomes.append(error)

        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:
            client.event_hooks = {"request": [hook]}
            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    for _ in range(10):
                        tasks.start_soon(call, client)
                    await anyio.wait_all_tasks_blocked()
                    gate.set()

    anyio.run(main, backend=backend)
    assert [type(outcome) for outcome in outcomes].count(Broken) == 1
    told = [outcome for outcome in outcomes if isinstance(outcome, TokenError)]
    assert len(told) == 9
    assert all("Broken" in str(error) for error in told)
    assert account.service.requests == []
