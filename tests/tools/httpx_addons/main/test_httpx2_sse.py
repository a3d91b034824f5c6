"""httpx2's own reader of server-sent events."""

import anyio
import httpx2
import pytest

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.httpx_addons.main.test_httpx_sse import EVENTS_URL, stream_events
from tools.httpx_addons.main.use_httpx2_sse import all_events, first_events

pytestmark = pytest.mark.tool(
    "httpx2's `client.sse`",
    package="httpx2",
    how="`httpx2.Client(auth=auth).sse(url)`",
    mind="A request that gets a 401 before the stream is sent again as ever; events are not held "
    "back.",
)


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


def test_a_stream_begins_with_a_renewed_token(dastra: DastraStandIn) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    with httpx2.Client(auth=auth) as client:
        client.get(DASTRA_URL)
        clock.advance(10)
        dastra.fail(401)
        stream_events(dastra)
        with client.sse(EVENTS_URL) as source:
            assert next(iter(source)).data == "0"
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2
