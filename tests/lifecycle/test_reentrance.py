"""Calls with the same auth object from inside its own token request: none waits for itself."""

import itertools
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

from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn, Hold, Recorded
from lifecycle.crowds import HANGS, arrival, statuses

Call = Callable[[], Any]


@pytest.fixture(params=[requests, httpx, httpx2], ids=lambda library: library.__name__)
def inner(request: pytest.FixtureRequest, auth: DastraClientCredentials) -> Call:
    """Give a blocking call with the shared auth object, in each library."""
    return partial(request.param.get, DASTRA_URL, auth=auth, timeout=HANGS)


def hold_the_first(dastra: DastraStandIn) -> Hold:
    """Hold the answer to the first token request alone."""
    numbers = itertools.count()

    def first(request: Recorded) -> bool:
        return request.is_token_request and next(numbers) == 0

    return dastra.hold(on=first)


class Inside:
    """A hook that makes one call, the first time it is run.

    Attributes:
        results: What the call gave.
    """

    def __init__(self, call: Call) -> None:
        self._calls = iter([call])
        self.results: list[Any] = []

    def __call__(self, *passing: Any, **options: Any) -> None:
        for call in self._calls:
            self.results.append(call())

    async def asynchronous(self, passing: Any) -> None:
        self()


def test_a_blocking_call_on_the_thread_of_a_loop_whose_task_leads_does_not_wait_for_it(
    inner: Call,
    library: ModuleType,
    backend: str,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
) -> None:
    # Blocked by this call, the loop could never bring the renewal to its end.
    responses: list[Any] = []

    async def main() -> None:
        async with library.AsyncClient(auth=auth, timeout=HANGS) as client:

            async def lead() -> None:
                responses.append(await client.get(DASTRA_URL))

            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    with hold_the_first(dastra) as hold:
                        tasks.start_soon(lead)
                        await arrival(hold)
                        responses.append(inner())

    anyio.run(main, backend=backend)
    assert [response.status_code for response in responses] == [200, 200]
    assert len(dastra.token_requests) == 2


def test_a_hook_of_the_given_session_may_call_with_the_same_object(
    inner: Call, dastra: DastraStandIn, store: MemoryTokenStore
) -> None:
    hook = Inside(inner)
    with requests.Session() as session:
        session.hooks["response"].append(hook)
        auth = DastraClientCredentials(
            dastra.public_key, dastra.private_key, session=session, store=store
        )
        response = requests.get(DASTRA_URL, auth=auth, timeout=HANGS)
    assert [each.status_code for each in (response, *hook.results)] == [200, 200]
    assert len(dastra.token_requests) == 2


@pytest.mark.parametrize("event", ["request", "response"])
def test_an_event_hook_may_call_with_the_same_object(
    event: str,
    inner: Call,
    library: ModuleType,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
) -> None:
    hook = Inside(inner)
    with library.Client(auth=auth, timeout=HANGS, event_hooks={event: [hook]}) as client:
        response = client.get(DASTRA_URL)
    assert [each.status_code for each in (response, *hook.results)] == [200, 200]
    assert len(dastra.token_requests) == 2


def test_a_blocking_call_in_an_async_event_hook_does_not_wait_for_its_own_token_request(
    inner: Call,
    library: ModuleType,
    backend: str,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
) -> None:
    hook = Inside(inner)

    async def main() -> Any:
        hooks = {"response": [hook.asynchronous]}
        async with library.AsyncClient(auth=auth, timeout=HANGS, event_hooks=hooks) as client:
            with anyio.fail_after(HANGS):
                return await client.get(DASTRA_URL)

    response = anyio.run(main, backend=backend)
    assert [each.status_code for each in (response, *hook.results)] == [200, 200]
    assert len(dastra.token_requests) == 2


@pytest.mark.parametrize("where", ["in the hook's task", "in a task of its own", "in a thread"])
def test_an_async_event_hook_may_wait_for_a_call_with_the_same_object(
    where: str,
    library: ModuleType,
    backend: str,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
) -> None:
    results: list[Any] = []
    first = iter([True])

    async def main() -> None:
        async with library.AsyncClient(auth=auth, timeout=HANGS) as client:

            async def call() -> None:
                if where == "in a thread":
                    get = partial(library.get, DASTRA_URL, auth=auth, timeout=HANGS)
                    results.append(await anyio.to_thread.run_sync(get))
                else:
                    results.append(await client.get(DASTRA_URL))

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
                results.append(await client.get(DASTRA_URL))

    anyio.run(main, backend=backend)
    assert [each.status_code for each in results] == [200, 200]
    assert len(dastra.token_requests) == 2


def test_a_signal_handler_may_call_with_the_same_object_as_the_call_it_breaks_into(
    inner: Call, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    handler = Inside(inner)
    main = threading.get_ident()
    assert main == threading.get_ident()
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with hold_the_first(dastra) as hold:

            def interrupt() -> None:
                hold.wait_for(1, timeout=HANGS)
                signal.pthread_kill(main, signal.SIGUSR1)
                # Let go once the handler's own call has been answered.
                while not handler.results and not hold.gate.done():
                    threading.Event().wait(0.01)
                hold.release()

            thread = threading.Thread(target=interrupt, daemon=True)
            thread.start()
            response = requests.get(DASTRA_URL, auth=auth, timeout=HANGS)
        thread.join(HANGS)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert [each.status_code for each in (response, *handler.results)] == [200, 200]
    assert len(dastra.token_requests) == 2


def test_after_a_call_from_inside_all_others_share_one_token_again(
    inner: Call, library: ModuleType, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    hook = Inside(inner)
    with library.Client(auth=auth, timeout=HANGS, event_hooks={"response": [hook]}) as client:
        assert client.get(DASTRA_URL).status_code == 200
    dastra.clear_log()
    assert [inner().status_code for _ in range(3)] == [200] * 3
    assert dastra.token_requests == []
    assert len({call.header("Authorization") for call in dastra.calls}) == 1


def many_on_the_thread_of_a_loop_whose_task_leads(
    inner: Call, backend: str, auth: DastraClientCredentials, dastra: DastraStandIn
) -> list[Any]:
    """Make ten blocking calls in a row, none of which could wait for the renewal under way."""
    outcomes: list[Any] = []

    def call() -> Any:
        try:
            return inner()
        except Exception as error:
            return error

    async def main() -> None:
        async with httpx.AsyncClient(auth=auth, timeout=HANGS) as client:
            with anyio.fail_after(HANGS):
                async with anyio.create_task_group() as tasks:
                    with hold_the_first(dastra) as hold:
                        tasks.start_soon(client.get, DASTRA_URL)
                        await arrival(hold)
                        outcomes.extend(call() for _ in range(10))
                        tasks.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    return outcomes


def test_blocking_calls_that_cannot_wait_share_the_token_of_the_first_of_them(
    inner: Call, backend: str, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    outcomes = many_on_the_thread_of_a_loop_whose_task_leads(inner, backend, auth, dastra)
    assert statuses(outcomes) == [200] * 10
    assert len(dastra.token_requests) == 2


def test_blocking_calls_that_cannot_wait_share_the_failure_of_the_first_of_them(
    inner: Call, backend: str, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    dastra.fail(400, on="token", times=None)
    outcomes = many_on_the_thread_of_a_loop_whose_task_leads(inner, backend, auth, dastra)
    assert [type(outcome) for outcome in outcomes] == [TokenError] * 10
    assert len(dastra.token_requests) == 2
