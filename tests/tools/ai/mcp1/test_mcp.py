"""mcp 1: sessions of the Model Context Protocol, over httpx."""

import pytest
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.server.fastmcp import FastMCP

from dtz_dastra_auth import DastraClientCredentials, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.ai.gate import Gate, make_tool, run, serve
from tools.ai.mcp1.use_mcp import count_items

pytestmark = pytest.mark.tool(
    "mcp 1",
    package="mcp",
    how="`httpx.AsyncClient(auth=auth)`, `sse_client(url, auth=auth)`",
    mind=(
        "The server is in `origins`. When no token can be had the session ends with an "
        "`ExceptionGroup` that has the `TokenError` in it: catch it with `except*`."
    ),
)


@pytest.fixture
def server(dastra: DastraStandIn) -> FastMCP:
    server = FastMCP("registers")
    server.tool()(make_tool(dastra))
    return server


def auth_for(gate: Gate, dastra: DastraStandIn) -> DastraClientCredentials:
    return DastraClientCredentials(dastra.public_key, dastra.private_key, origins=[gate.origin])


def test_one_token_serves_the_calls_the_open_stream_and_the_end_of_a_session(
    server: FastMCP, dastra: DastraStandIn
) -> None:
    with serve(server.streamable_http_app(), dastra) as gate:
        results = run(count_items, gate.origin, ["assets", "risks"])
    assert [result.structuredContent for result in results] == [{"result": 6}, {"result": 5}]
    assert all(passage.opened for passage in gate.passages)
    assert gate.methods.count("GET") == 1
    assert gate.methods[-1] == "DELETE"
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_token_revoked_in_the_middle_is_renewed_and_the_call_made_again(
    server: FastMCP, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token that is less than a second old would not be renewed.
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)
    with serve(server.streamable_http_app(), dastra) as gate:
        results = run(count_items, gate.origin, ["assets", "revoked", "risks"])
    assert [result.isError for result in results] == [False] * 3
    assert [passage.method for passage in gate.passages if not passage.opened] == ["POST"]
    # The challenge in the 401 sets off no search for another authorization server.
    assert {passage.path for passage in gate.passages} == {"/mcp"}
    assert len(dastra.token_requests) == len(gate.tokens) == 2


def test_a_refused_key_pair_ends_the_session_with_its_error(
    server: FastMCP, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with (
        serve(server.streamable_http_app(), dastra) as gate,
        pytest.RaisesGroup(pytest.RaisesExc(TokenError, match="invalid_client")),
    ):
        run(count_items, gate.origin, ["assets"])
    assert gate.passages == []


def test_the_transport_of_server_sent_events_takes_the_object_itself(
    server: FastMCP, dastra: DastraStandIn
) -> None:
    async def call(gate: Gate) -> bool:
        async with (
            sse_client(f"{gate.origin}/sse", auth=auth_for(gate, dastra)) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return (await session.call_tool("count_items", {"register": "assets"})).isError

    with serve(server.sse_app(), dastra) as gate:
        assert run(call, gate) is False
    assert {passage.path for passage in gate.passages} == {"/sse", "/messages/"}
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_the_function_that_is_going_away_takes_it_too(
    server: FastMCP, dastra: DastraStandIn
) -> None:
    async def call(gate: Gate) -> bool:
        with pytest.deprecated_call(match="Use `streamable_http_client` instead"):
            transport = streamablehttp_client(f"{gate.origin}/mcp", auth=auth_for(gate, dastra))
        async with transport as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            return (await session.call_tool("count_items", {"register": "assets"})).isError

    with serve(server.streamable_http_app(), dastra) as gate:
        assert run(call, gate) is False
    assert len(dastra.token_requests) == len(gate.tokens) == 1
