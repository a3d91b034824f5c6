"""Calls with the same auth object from inside its own token request: none waits for itself.

It makes one more token request, but where a person signed in: what that goes on with must not be
sent twice at once, so the call is an error there, and the one around it goes on.
"""

import signal
import threading
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import anyio
import anyio.to_thread
import httpx
import httpx2
import pytest
import requests

from dtz_dastra_auth import TokenError
from lifecycle.accounts import Account
from lifecycle.crowds import HANGS, arrival, statuses

Call = Callable[[], Any]


@pytest.fixture(params=[requests, httpx, httpx2], ids=lambda library: library.__name__)
def inner(request: pytest.FixtureRequest, account: Account) -> Call:
    """Give a blocking call with the shared auth object, in each library."""
    return partial(request.param.get, account.url, auth=account.auth, timeout=HANGS)


class Inside:
    """A hook that makes one call, the first time it is run.

    Attributes:
        results: What the call gave: a response or an error.
    """

    def __init__(self, call: Call) -> None:
        self._calls = iter([call])
        self.results: list[Any] = []

    def __call__(self, *passing: Any, **options: Any) -> None:
        for call in self._calls:
            self.results.append(outcome(call))

    async def asynchronous(self, passing: Any) -> None:
        self()


def outcome(call: Call) -> Any:
    """Make a call, and give its response or its error."""
    try:
        return call()
    except TokenError as error:
        return error


def check(account: Account, outside: list[Any], inside: list[Any]) -> None:
    """Check what became of a call, and of those made from inside its token request."""
    assert statuses(outside) == [200] * len(outside)
    if account.method.signs_in:
        assert {type(each) for each in inside} == {TokenError}
        assert all("called back into itself" in str(each) for each in inside)
        assert len(account.service.token_requests) == 1
    else:
        # Each makes do with one token request more.
        assert statuses(inside) == [200] * len(inside)
        assert len(account.service.token_requests) == 2


def test_a_blocking_call_on_the_thread_of_a_loop_whose_task_leads_does_not_wait_for_it(
    inner: Call,
    library: ModuleType,
    backend: str,
    account: Account,
) -> None:
    # Blocked by this call, the loop could never bring the renewal to its end.
    responses: list[Any] = []
    inside: list[Any] = []

    async def main() -> None:
        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:

            async def lead() -> None:
                responses.append(await client.get(account.url))

            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    with account.hold_the_first() as hold:
                        tasks.start_soon(lead)
                        await arrival(hold)
                        inside.append(outcome(inner))

    anyio.run(main, backend=backend)
    check(account, responses, inside)


def test_a_hook_of_the_given_session_may_call_with_the_same_object(
    inner: Call, account: Account
) -> None:
    hook = Inside(inner)
    with requests.Session() as session:
        session.hooks["response"].append(hook)
        auth = account.make(session=session)
        response = requests.get(account.url, auth=auth, timeout=HANGS)
    check(account, [response], hook.results)


@pytest.mark.parametrize("event", ["request", "response"])
def test_an_event_hook_may_call_with_the_same_object(
    event: str,
    inner: Call,
    library: ModuleType,
    account: Account,
) -> None:
    hook = Inside(inner)
    with library.Client(auth=account.auth, timeout=HANGS, event_hooks={event: [hook]}) as client:
        response = client.get(account.url)
    check(account, [response], hook.results)


def test_a_blocking_call_in_an_async_event_hook_does_not_wait_for_its_own_token_request(
    inner: Call,
    library: ModuleType,
    backend: str,
    account: Account,
) -> None:
    hook = Inside(inner)

    async def main() -> Any:
        hooks = {"response": [hook.asynchronous]}
        async with library.AsyncClient(
            auth=account.auth, timeout=HANGS, event_hooks=hooks
        ) as client:
            with anyio.fail_after(HANGS):
                return await client.get(account.url)

    response = anyio.run(main, backend=backend)
    check(account, [response], hook.results)


@pytest.mark.parametrize("where", ["in the hook's task", "in a task of its own", "in a thread"])
def test_an_async_event_hook_may_wait_for_a_call_with_the_same_object(
    where: str,
    library: ModuleType,
    backend: str,
    account: Account,
) -> None:
    results: list[Any] = []
    inside: list[Any] = []
    first = iter([True])

    async def main() -> None:
        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:

            async def call() -> None:
                try:
                    if where == "in a thread":
                        get = partial(library.get, account.url, auth=account.auth, timeout=HANGS)
                        inside.append(await anyio.to_thread.run_sync(get))
                    else:
                        inside.append(await client.get(account.url))
                except TokenError as error:
                    inside.append(error)

            async def hook(response: Any) -> None:
                if not next(first, False):
                    return
                if where == "in the hook's task":
                    await call()
                    return
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(call)

            client.event_hooks = {"response": [hook]}
            with anyio.fail_after(HANGS):
                results.append(await client.get(account.url))

    anyio.run(main, backend=backend)
    check(account, results, inside)


def test_a_signal_handler_may_call_with_the_same_object_as_the_call_it_breaks_into(
    inner: Call, account: Account
) -> None:
    handler = Inside(inner)
    main = threading.get_ident()
    assert main == threading.get_ident()
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with account.hold_the_first() as hold:

            def interrupt() -> None:
                hold.wait_for(1, timeout=HANGS)
                signal.pthread_kill(main, signal.SIGUSR1)
                # Let go once the handler's own call has been answered.
                while not handler.results and not hold.gate.done():
                    threading.Event().wait(0.01)
                hold.release()

            thread = threading.Thread(target=interrupt, daemon=True)
            thread.start()
            response = requests.get(account.url, auth=account.auth, timeout=HANGS)
        thread.join(HANGS)
    finally:
        signal.signal(signal.SIGUSR1, before)
    check(account, [response], handler.results)


def test_after_a_call_from_inside_all_others_share_one_token_again(
    inner: Call, library: ModuleType, account: Account
) -> None:
    hook = Inside(inner)
    with library.Client(
        auth=account.auth, timeout=HANGS, event_hooks={"response": [hook]}
    ) as client:
        assert client.get(account.url).status_code == 200
    account.service.clear_log()
    assert [inner().status_code for _ in range(3)] == [200] * 3
    assert account.service.token_requests == []
    assert len({call.header("Authorization") for call in account.service.calls}) == 1


def many_on_the_thread_of_a_loop_whose_task_leads(
    inner: Call, backend: str, account: Account
) -> list[Any]:
    """Make ten blocking calls in a row, none of which could wait for the renewal under way."""
    outcomes: list[Any] = []

    async def main() -> None:
        async with httpx.AsyncClient(auth=account.auth, timeout=HANGS) as client:
            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    with account.hold_the_first() as hold:
                        tasks.start_soon(client.get, account.url)
                        await arrival(hold)
                        outcomes.extend(outcome(inner) for _ in range(10))
                        tasks.cancel_scope.cancel()

    # Who leads may have been answered before it was cancelled.
    account.loses_answers = True
    anyio.run(main, backend=backend)
    return outcomes


def test_blocking_calls_that_cannot_wait_share_the_token_of_the_first_of_them(
    inner: Call, backend: str, account: Account
) -> None:
    outcomes = many_on_the_thread_of_a_loop_whose_task_leads(inner, backend, account)
    check(account, [], outcomes)


def test_blocking_calls_that_cannot_wait_share_the_failure_of_the_first_of_them(
    inner: Call, backend: str, account: Account
) -> None:
    account.service.fail(400, on="token", times=None)
    outcomes = many_on_the_thread_of_a_loop_whose_task_leads(inner, backend, account)
    assert [type(outcome) for outcome in outcomes] == [TokenError] * 10
    assert len(account.service.token_requests) == (1 if account.method.signs_in else 2)
