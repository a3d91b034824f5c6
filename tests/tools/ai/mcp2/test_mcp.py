"""mcp 2: the Model Context Protocol, over httpx2."""

import httpx2
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import MCPServer

from dtz_dastra_auth import DastraClientCredentials, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.ai.gate import Gate, make_tool, run, serve
from tools.ai.mcp2.use_mcp import count_items

pytestmark = pytest.mark.tool(
    "mcp 2",
    package="mcp",
    how="`httpx2.AsyncClient(auth=auth)`, `sse_client(url, auth=auth)`",
    mind=(
        "`Client(url)` has no `auth`: pass it a transport. When no token can be had there is an "
        "`ExceptionGroup` with the `TokenError` in it: catch it with `except*`."
    ),
)


@pytest.fixture
def server(dastra: DastraStandIn) -> MCPServer:
    server = MCPServer("registers")
    server.tool()(make_tool(dastra))
    return server


def auth_for(gate: Gate, dastra: DastraStandIn) -> DastraClientCredentials:
    return DastraClientCredentials(dastra.public_key, dastra.private_key, origins=[gate.origin])


def test_one_token_serves_all_calls(server: MCPServer, dastra: DastraStandIn) -> None:
    with serve(server.streamable_http_app(), dastra) as gate:
        results = run(count_items, gate.origin, ["assets", "risks"])
    assert [result.structured_content for result in results] == [{"result": 6}, {"result": 5}]
    assert all(passage.opened for passage in gate.passages)
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_token_revoked_in_the_middle_is_renewed_and_the_call_made_again(
    server: MCPServer, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token that is less than a second old would not be renewed.
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)
    with serve(server.streamable_http_app(), dastra) as gate:
        results = run(count_items, gate.origin, ["assets", "revoked", "risks"])
    assert [result.is_error for result in results] == [False] * 3
    assert [passage.method for passage in gate.passages if not passage.opened] == ["POST"]
    # The challenge in the 401 sets off no search for another authorization server.
    assert {passage.path for passage in gate.passages} == {"/mcp"}
    assert len(dastra.token_requests) == len(gate.tokens) == 2


def test_in_a_session_of_the_older_protocol_its_open_stream_and_its_end_bear_the_token_too(
    server: MCPServer, dastra: DastraStandIn
) -> None:
    async def call(gate: Gate) -> bool:
        async with (
            httpx2.AsyncClient(auth=auth_for(gate, dastra)) as http_client,
            Client(
                streamable_http_client(f"{gate.origin}/mcp", http_client=http_client), mode="legacy"
            ) as client,
        ):
            return (await client.call_tool("count_items", {"register": "assets"})).is_error

    with serve(server.streamable_http_app(), dastra) as gate:
        assert run(call, gate) is False
    assert all(passage.opened for passage in gate.passages)
    assert gate.methods.count("GET") == 1
    assert gate.methods[-1] == "DELETE"
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_refused_key_pair_is_told(
    server: MCPServer, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with (
        serve(server.streamable_http_app(), dastra) as gate,
        pytest.RaisesGroup(pytest.RaisesExc(TokenError, match="invalid_client")),
    ):
        run(count_items, gate.origin, ["assets"])
    assert gate.passages == []


def test_the_transport_of_server_sent_events_takes_the_object_itself(
    server: MCPServer, dastra: DastraStandIn
) -> None:
    async def call(gate: Gate) -> bool:
        transport = sse_client(f"{gate.origin}/sse", auth=auth_for(gate, dastra))
        async with Client(transport, mode="legacy") as client:
            return (await client.call_tool("count_items", {"register": "assets"})).is_error

    with serve(server.sse_app(), dastra) as gate:
        assert run(call, gate) is False
    assert {passage.path for passage in gate.passages} == {"/sse", "/messages/"}
    assert len(dastra.token_requests) == len(gate.tokens) == 1
