"""httpx-sse: server-sent events over a client of httpx."""

from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from httpx_sse import SSEError, connect_sse

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.httpx_addons.main.use_httpx_sse import all_events, first_events

pytestmark = pytest.mark.tool(
    "httpx-sse",
    package="httpx-sse",
    how="`connect_sse(httpx.Client(auth=auth), …)`",
    mind="A request that gets a 401 before the stream is sent again as ever; one that stays is an "
    "`SSEError` about the content type, unless you look at `source.response` first. httpx2 has "
    "`client.sse` of its own.",
)

EVENTS_URL = "https://api.dastra.eu/v1/events"


def stream_events(service: DastraStandIn | DtzStandIn, count: int = 100_000) -> None:
    """Answer with events, by default until the client goes away."""
    service.raw(lambda: events(count), pause=0.001, status=200)


def events(count: int) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    for number in range(count):
        yield b"data: %d\n\n" % number


def test_events_come_as_they_are_sent(dtz: DtzStandIn) -> None:
    stream_events(dtz)
    assert first_events("https://api.dtz.rocks/v1/events", 3) == ["0", "1", "2"]
    assert [call.header("X-API-KEY") for call in dtz.calls] == [dtz.api_key]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_events_come_to_async_clients(dtz: DtzStandIn, backend: str) -> None:
    stream_events(dtz, 3)
    url = "https://api.dtz.rocks/v1/events"
    assert anyio.run(all_events, url, backend=backend) == ["0", "1", "2"]
    assert [call.header("X-API-KEY") for call in dtz.calls] == [dtz.api_key]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_stream_begins_with_a_renewed_token(library: Any, dastra: DastraStandIn) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    with library.Client(auth=auth) as client:
        client.get(DASTRA_URL)
        clock.advance(10)
        dastra.fail(401)
        stream_events(dastra)
        with connect_sse(client, "POST", EVENTS_URL, json={"ask": 1}) as source:
            assert next(source.iter_sse()).data == "0"
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert [call.body for call in dastra.calls[1:]] == [b'{"ask":1}'] * 2
    assert len(dastra.token_requests) == 2


def test_a_401_that_stays_is_there_to_look_at(dastra: DastraStandIn) -> None:
    dastra.fail(401, times=2)
    with (
        httpx.Client(auth=DastraClientCredentials.from_env()) as client,
        connect_sse(client, "GET", EVENTS_URL) as source,
    ):
        assert source.response.status_code == 401
        with pytest.raises(SSEError, match="Content-Type"):
            next(source.iter_sse())
    assert [call.status for call in dastra.calls] == [401, 401]
