"""fastmcp 4: clients and proxies of the Model Context Protocol, over httpx2."""

from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.server import create_proxy
from fastmcp.server.providers.proxy import ProxyClient

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.ai.fastmcp4.use_fastmcp import count_items
from tools.ai.gate import Gate, make_tool, run, serve

pytestmark = pytest.mark.tool(
    "fastmcp 4",
    package="fastmcp",
    how="`Client(url, auth=auth)`",
    mind=(
        "A proxy passes on the headers of its callers, `Authorization` too, and that one wins: "
        "`forward_incoming_headers=False`. A `TokenError` is the `__cause__` of a `RuntimeError`."
    ),
)


@pytest.fixture
def server(dastra: DastraStandIn) -> FastMCP[Any]:
    server: FastMCP[Any] = FastMCP("registers")
    server.tool(make_tool(dastra))
    return server


def auth_for(gate: Gate, dastra: DastraStandIn) -> DastraClientCredentials:
    return DastraClientCredentials(
        dastra.public_key, dastra.private_key, origins=[gate.origin], store=MemoryTokenStore()
    )


async def ask(client: Client[Any]) -> int:
    async with client:
        result = await client.call_tool("count_items", {"register": "assets"})
    count: int = result.data
    return count


def test_one_token_serves_all_calls(server: FastMCP[Any], dastra: DastraStandIn) -> None:
    with serve(server.http_app(), dastra) as gate:
        assert run(count_items, gate.origin, ["assets", "risks"]) == [6, 5]
    assert all(passage.opened for passage in gate.passages)
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_token_revoked_in_the_middle_is_renewed_and_the_call_made_again(
    server: FastMCP[Any], dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token that is less than a second old would not be renewed.
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)
    with serve(server.http_app(), dastra) as gate:
        assert run(count_items, gate.origin, ["assets", "revoked", "risks"]) == [6, 7, 5]
    assert [passage.method for passage in gate.passages if not passage.opened] == ["POST"]
    # The challenge in the 401 sets off no search for another authorization server.
    assert {passage.path for passage in gate.passages} == {"/mcp"}
    assert len(dastra.token_requests) == len(gate.tokens) == 2


def test_in_a_session_of_the_older_protocol_its_open_stream_and_its_end_bear_the_token_too(
    server: FastMCP[Any], dastra: DastraStandIn
) -> None:
    with serve(server.http_app(), dastra) as gate:
        client = Client(f"{gate.origin}/mcp", auth=auth_for(gate, dastra), mode="legacy")
        assert run(ask, client) == 6
    assert all(passage.opened for passage in gate.passages)
    assert gate.methods.count("GET") == 1
    assert gate.methods[-1] == "DELETE"
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_refused_key_pair_is_the_cause_of_what_is_raised(
    server: FastMCP[Any], dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with (
        serve(server.http_app(), dastra) as gate,
        pytest.raises(RuntimeError, match="invalid_client") as raised,
    ):
        run(count_items, gate.origin, ["assets"])
    assert isinstance(raised.value.__cause__, TokenError)
    assert gate.passages == []


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_a_configuration_takes_the_object_among_its_servers(
    transport: str, server: FastMCP[Any], dastra: DastraStandIn
) -> None:
    application = server.http_app("/mcp", transport="sse" if transport == "sse" else "http")
    with serve(application, dastra) as gate:
        one = {"url": f"{gate.origin}/mcp", "transport": transport, "auth": auth_for(gate, dastra)}
        assert run(ask, Client({"mcpServers": {"registers": one}})) == 6
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_proxy_goes_by_its_own_token_when_it_keeps_its_callers_to_itself(
    server: FastMCP[Any], dastra: DastraStandIn
) -> None:
    with serve(server.http_app(), dastra) as gate:
        backend: ProxyClient[Any] = ProxyClient(
            f"{gate.origin}/mcp", auth=auth_for(gate, dastra), forward_incoming_headers=False
        )
        with serve(create_proxy(backend).http_app(), dastra) as proxy:
            client = Client(f"{proxy.origin}/mcp", auth=auth_for(proxy, dastra))
            assert run(ask, client) == 6
    assert all(passage.opened for passage in gate.passages)
    assert len(gate.tokens) == len(proxy.tokens) == 1
    assert gate.tokens != proxy.tokens
    assert len(dastra.token_requests) == 2
