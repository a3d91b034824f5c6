"""Callers' hooks, and their own ``trace``: what they see, and what happens when they raise."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn
from faults.scene import URL, bounded

Connect = Callable[..., Client]
IN_REQUESTS = pytest.mark.parametrize("kind", ["requests.Session", "requests.get"])
IN_HTTPX = pytest.mark.parametrize(
    "kind",
    [
        f"{library}.{client}"
        for library in ("httpx", "httpx2")
        for client in ("Client", "AsyncClient-asyncio", "AsyncClient-trio")
    ],
)


class Raised(Exception):
    """What a caller's hook raises."""


@pytest.fixture
def client(auth: DastraClientCredentials, connect: Connect, clock: FakeClock) -> Client:
    """Make a client whose token is some seconds old."""
    client = connect(auth)
    assert client.get(URL).status_code == 200
    clock.advance(10)
    return client


def hook_of(client: Client, function: Callable[[Any], None]) -> Any:
    """Make an event hook for a client of httpx or httpx2, blocking or async."""

    async def asynchronous(event: Any) -> None:
        function(event)

    return asynchronous if hasattr(client.native, "aclose") else function


def raising(when: Callable[[Any], bool]) -> Callable[[Any], None]:
    def hook(event: Any) -> None:
        if when(event):
            raise Raised

    return hook


@IN_REQUESTS
def test_a_response_hook_runs_once_and_sees_the_answer_after_the_replay(
    client: Client, dastra: DastraStandIn
) -> None:
    seen: list[requests.Response] = []
    dastra.expire_tokens()
    response = client.get(URL, hooks={"response": lambda answer, **_: seen.append(answer)})
    assert [answer.status_code for answer in seen] == [200]
    assert seen == [response]


@IN_REQUESTS
def test_raise_for_status_in_a_response_hook_does_not_stand_in_the_way_of_a_renewal(
    client: Client, dastra: DastraStandIn
) -> None:
    dastra.expire_tokens()
    response = client.get(URL, hooks={"response": lambda answer, **_: answer.raise_for_status()})
    assert response.status_code == 200


@IN_REQUESTS
@pytest.mark.parametrize("status", [200, 401])
def test_what_a_response_hook_raises_reaches_the_caller_and_nothing_stays_locked(
    status: int, client: Client, dastra: DastraStandIn
) -> None:
    def hook(answer: requests.Response, **_: Any) -> None:
        # requests itself leaves the answer open.
        answer.close()
        raise Raised

    dastra.fail(status)
    with pytest.raises(Raised):
        bounded(lambda: client.get(URL, hooks={"response": hook}))
    assert bounded(lambda: client.get(URL)).status_code == 200


@IN_REQUESTS
def test_what_a_hook_of_the_given_session_raises_is_an_error_and_nothing_stays_locked(
    connect: Connect, dastra: DastraStandIn, store: MemoryTokenStore, clock: FakeClock
) -> None:
    def hook(answer: requests.Response, **_: Any) -> None:
        # requests itself leaves the answer open.
        answer.close()
        raise Raised

    with requests.Session() as given:
        given.hooks["response"].append(hook)
        auth = DastraClientCredentials(
            dastra.public_key, dastra.private_key, session=given, store=store
        )
        client = connect(auth)
        with pytest.raises(Raised):
            bounded(lambda: client.get(URL))
        given.hooks["response"].clear()
        clock.advance(120)
        assert bounded(lambda: client.get(URL)).status_code == 200


@IN_HTTPX
@pytest.mark.parametrize("event", ["request", "response"])
@pytest.mark.parametrize("of", ["the token request", "the call", "the replay"])
def test_what_an_event_hook_raises_reaches_the_caller_and_nothing_stays_locked(
    event: str, of: str, client: Client, dastra: DastraStandIn, clock: FakeClock
) -> None:
    calls = 0

    def matters(happening: Any) -> bool:
        nonlocal calls
        if "account" in happening.url.host:
            return of == "the token request"
        calls += 1
        return of == ("the call" if calls == 1 else "the replay")

    dastra.expire_tokens()
    hook = hook_of(client, raising(matters))
    client.native.event_hooks = {event: [hook]}
    with pytest.raises(Raised):
        bounded(lambda: client.get(URL))
    client.native.event_hooks = {}
    clock.advance(120)
    assert bounded(lambda: client.get(URL)).status_code == 200


@IN_HTTPX
def test_raise_for_status_in_an_event_hook_is_the_trap_that_the_documentation_names(
    client: Client, dastra: DastraStandIn
) -> None:
    # httpx runs the hook for every request of a flow, before the flow sees the answer: the 401
    # that the flow would have renewed the token for is the caller's error, each time.
    hook = hook_of(client, lambda answer: answer.raise_for_status())
    client.native.event_hooks = {"response": [hook]}
    dastra.expire_tokens()
    for _ in range(2):
        with pytest.raises(client.errors, match="401"):
            bounded(lambda: client.get(URL))
    assert len(dastra.token_requests) == 1
    # Without the hook the same call is renewed and replayed.
    client.native.event_hooks = {}
    assert bounded(lambda: client.get(URL)).status_code == 200


@IN_HTTPX
def test_an_event_hook_sees_every_request_of_a_flow(client: Client, dastra: DastraStandIn) -> None:
    seen: list[int] = []
    hook = hook_of(client, lambda answer: seen.append(answer.status_code))
    client.native.event_hooks = {"response": [hook]}
    dastra.expire_tokens()
    client.get(URL)
    assert seen == [401, 200, 200]


@IN_HTTPX
def test_the_callers_own_trace_goes_on_working(client: Client, dastra: DastraStandIn) -> None:
    events: list[str] = []

    def note(event: str, info: dict[str, Any]) -> None:
        events.append(event)

    async def note_async(event: str, info: dict[str, Any]) -> None:
        events.append(event)

    trace = note_async if hasattr(client.native, "aclose") else note
    response = client.get(URL, extensions={"trace": trace})
    assert response.status_code == 200
    once = events.count("http11.send_request_headers.started")
    assert once == 1
    # And for the replay of a call as well.
    dastra.expire_tokens()
    events.clear()
    assert client.get(URL, extensions={"trace": trace}).status_code == 200
    assert events.count("http11.send_request_headers.started") >= 2
    assert events.count("http11.receive_response_headers.complete") >= 2


@IN_HTTPX
@pytest.mark.parametrize("during", ["first use", "a 401"])
def test_what_the_callers_trace_raises_reaches_the_caller_and_nothing_stays_locked(
    during: str, client: Client, dastra: DastraStandIn, clock: FakeClock
) -> None:
    def note(event: str, info: dict[str, Any]) -> None:
        if event.endswith("receive_response_headers.complete"):
            raise Raised

    async def note_async(event: str, info: dict[str, Any]) -> None:
        note(event, info)

    if during == "first use":
        clock.advance(7200)
    dastra.expire_tokens()
    trace = note_async if hasattr(client.native, "aclose") else note
    with pytest.raises(Raised):
        bounded(lambda: client.get(URL, extensions={"trace": trace}))
    clock.advance(120)
    assert bounded(lambda: client.get(URL)).status_code == 200
