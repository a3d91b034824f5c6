"""fastmcp 2: clients and proxies of the Model Context Protocol, over httpx."""

from typing import Any

import httpx
import pytest
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StreamableHttpTransport

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.ai.fastmcp2.use_fastmcp import count_items
from tools.ai.gate import Gate, make_tool, run, serve

pytestmark = pytest.mark.tool(
    "fastmcp 2",
    package="fastmcp",
    how="`Client(url, auth=auth)`",
    mind=(
        "Pass a `timeout`: without one a call that is refused in the middle of a session never "
        "ends, whatever the `auth`. Inside a server a client passes on the headers of the request "
        "that the server is answering, `Authorization` too, and that one wins: take it off in an "
        "`httpx_client_factory`. A `TokenError` is the `__cause__` of a `RuntimeError`."
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


def test_one_token_serves_the_calls_the_open_stream_and_the_end_of_a_session(
    server: FastMCP[Any], dastra: DastraStandIn
) -> None:
    with serve(server.http_app(), dastra) as gate:
        assert run(count_items, gate.origin, ["assets", "risks"]) == [6, 5]
    assert all(passage.opened for passage in gate.passages)
    assert gate.methods.count("GET") == 1
    assert gate.methods[-1] == "DELETE"
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


def test_a_call_refused_in_the_middle_ends_with_its_error_when_there_is_a_timeout(
    server: FastMCP[Any], dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)

    async def call(gate: Gate) -> None:
        async with Client(f"{gate.origin}/mcp", auth=auth_for(gate, dastra), timeout=1) as client:
            await client.call_tool("count_items", {"register": "assets"})
            dastra.expire_tokens()
            dastra.fail(400, on="token")
            await client.call_tool("count_items", {"register": "risks"})

    with serve(server.http_app(), dastra) as gate, pytest.raises(TokenError):
        run(call, gate)
    assert len(dastra.token_requests) == 2


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_a_configuration_takes_the_object_among_its_servers(
    transport: str, server: FastMCP[Any], dastra: DastraStandIn
) -> None:
    application = server.http_app("/mcp", transport="sse" if transport == "sse" else "http")
    with serve(application, dastra) as gate:
        one = {"url": f"{gate.origin}/mcp", "transport": transport, "auth": auth_for(gate, dastra)}
        assert run(ask, Client({"mcpServers": {"registers": one}})) == 6
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def without_authorization(
    headers: dict[str, str] | None = None,
    timeout: httpx.Timeout | None = None,
    auth: httpx.Auth | None = None,
    **options: Any,
) -> httpx.AsyncClient:
    kept = {name: value for name, value in (headers or {}).items() if name != "authorization"}
    return httpx.AsyncClient(headers=kept, timeout=timeout, auth=auth, **options)


def test_a_proxy_goes_by_its_own_token_when_it_takes_its_callers_off(
    server: FastMCP[Any], dastra: DastraStandIn
) -> None:
    with serve(server.http_app(), dastra) as gate:
        transport = StreamableHttpTransport(
            f"{gate.origin}/mcp",
            auth=auth_for(gate, dastra),
            httpx_client_factory=without_authorization,
        )
        with serve(FastMCP.as_proxy(transport).http_app(), dastra) as proxy:
            client = Client(f"{proxy.origin}/mcp", auth=auth_for(proxy, dastra))
            assert run(ask, client) == 6
    assert all(passage.opened for passage in gate.passages)
    assert len(gate.tokens) == len(proxy.tokens) == 1
    assert gate.tokens != proxy.tokens
    assert len(dastra.token_requests) == 2
