"""What breaks into a token request from outside: interrupts, and the caller's own hooks."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import anyio
import pytest
import requests

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from lifecycle import wire
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


def over(session: requests.Session, dastra: DastraStandIn, store: MemoryTokenStore) -> Any:
    """Make an auth object whose token requests go over a session of the caller's."""
    return DastraClientCredentials(
        dastra.public_key, dastra.private_key, session=session, store=store
    )


def test_an_interrupt_in_the_token_request_lets_the_one_who_waits_lead_in_requests(
    dastra: DastraStandIn, store: MemoryTokenStore
) -> None:
    with wire.session(dastra) as session:
        auth = over(session, dastra, store)
        waiting: list[Any] = []
        call = partial(requests.get, DASTRA_URL, auth=auth, timeout=HANGS)
        interrupt = Once(KeyboardInterrupt, lambda: waiting.append(start(call)))
        adapter = session.get_adapter(DASTRA_URL)
        assert isinstance(adapter, wire.Adapter)
        adapter.before = lambda request: interrupt()
        with pytest.raises(KeyboardInterrupt):
            call()
        [follower] = waiting
        assert finished(follower).status_code == 200
        assert call().status_code == 200
    assert len(dastra.token_requests) == 1


def test_an_interrupt_in_the_token_request_lets_the_one_who_waits_lead_in_httpx(
    library: ModuleType, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    waiting: list[Any] = []
    call = partial(requests.get, DASTRA_URL, auth=auth, timeout=HANGS)
    interrupt = Once(KeyboardInterrupt, lambda: waiting.append(start(call)))
    with library.Client(auth=auth, timeout=HANGS) as client:
        client.event_hooks = {"request": [lambda request: interrupt()]}
        with pytest.raises(KeyboardInterrupt):
            client.get(DASTRA_URL)
        [follower] = waiting
        assert finished(follower).status_code == 200
        assert client.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 1


def test_an_interrupt_in_the_token_request_lets_the_one_who_waits_lead_in_async_httpx(
    library: ModuleType, backend: str, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    waiting: list[Any] = []
    call = partial(requests.get, DASTRA_URL, auth=auth, timeout=HANGS)
    interrupt = Once(KeyboardInterrupt, lambda: waiting.append(start(call)))

    async def hook(request: Any) -> None:
        interrupt()

    async def main() -> Any:
        async with library.AsyncClient(auth=auth, timeout=HANGS) as client:
            client.event_hooks = {"request": [hook]}
            try:
                await client.get(DASTRA_URL)
            except KeyboardInterrupt:
                # Caught here, where a program would end: asyncio's loop would end with it.
                return await client.get(DASTRA_URL)

    assert anyio.run(main, backend=backend).status_code == 200
    assert finished(waiting[0]).status_code == 200
    assert len(dastra.token_requests) == 1


def test_an_exception_in_a_hook_of_the_given_session_is_the_callers_and_leaves_no_lock(
    dastra: DastraStandIn, store: MemoryTokenStore, clock: FakeClock
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
        auth = over(session, dastra, store)
        with pytest.raises(Broken):
            requests.get(DASTRA_URL, auth=auth, timeout=HANGS)
        _told_to_the_next_and_forgotten_after_a_second(auth, clock)
    assert len(dastra.token_requests) == 2


@pytest.mark.parametrize("event", ["request", "response"])
def test_an_exception_in_an_event_hook_is_the_callers_and_leaves_no_lock(
    event: str,
    library: ModuleType,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    broken = Once(Broken, lambda: None)
    with library.Client(auth=auth, timeout=HANGS) as client:
        client.event_hooks = {event: [lambda passing: broken()]}
        with pytest.raises(Broken):
            client.get(DASTRA_URL)
        _told_to_the_next_and_forgotten_after_a_second(auth, clock)
    assert len(dastra.token_requests) == (1 if event == "request" else 2)


@pytest.mark.parametrize("event", ["request", "response"])
def test_an_exception_in_an_async_event_hook_is_the_callers_and_leaves_no_lock(
    event: str,
    library: ModuleType,
    backend: str,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    broken = Once(Broken, lambda: None)

    async def hook(passing: Any) -> None:
        broken()

    async def main() -> None:
        async with library.AsyncClient(auth=auth, timeout=HANGS) as client:
            client.event_hooks = {event: [hook]}
            with pytest.raises(Broken):
                await client.get(DASTRA_URL)

    anyio.run(main, backend=backend)
    _told_to_the_next_and_forgotten_after_a_second(auth, clock)
    assert len(dastra.token_requests) == (1 if event == "request" else 2)


def _told_to_the_next_and_forgotten_after_a_second(
    auth: DastraClientCredentials, clock: FakeClock
) -> None:
    with pytest.raises(TokenError, match="Broken"):
        requests.get(DASTRA_URL, auth=auth, timeout=HANGS)
    clock.advance(2)
    assert requests.get(DASTRA_URL, auth=auth, timeout=HANGS).status_code == 200


def test_those_who_waited_are_told_of_the_exception_in_the_leaders_hook(
    library: ModuleType, backend: str, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    outcomes: list[Any] = []

    async def main() -> None:
        gate = anyio.Event()

        async def hook(request: Any) -> None:
            await gate.wait()
            raise Broken

        async def call(client: Any) -> None:
            try:
                outcomes.append(await client.get(DASTRA_URL))
            except Exception as error:
                outcomes.append(error)

        async with library.AsyncClient(auth=auth, timeout=HANGS) as client:
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
    assert dastra.requests == []
