"""langchain-mcp-adapters: tools for LangChain from servers of the Model Context Protocol."""

from typing import Any

import anyio
import httpx
import pytest
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.server.fastmcp import FastMCP

from dtz_dastra_auth import DastraClientCredentials, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.ai.gate import Gate, make_tool, run, serve
from tools.ai.langchain.use_langchain_mcp_adapters import tools_of

pytestmark = pytest.mark.tool(
    "langchain-mcp-adapters",
    package="langchain-mcp-adapters",
    how='`{…, "auth": auth}`',
    mind="Each call of a tool opens a session of its own, with a new client; all share one token.",
)


@pytest.fixture
def server(dastra: DastraStandIn) -> FastMCP:
    server = FastMCP("registers")
    server.tool()(make_tool(dastra))
    return server


async def answers(tools: list[BaseTool], registers: list[str]) -> list[str]:
    """Call the first tool for all registers, one after the other."""
    return [str((await tools[0].ainvoke({"register": each}))[0]["text"]) for each in registers]


def test_all_sessions_share_one_token(server: FastMCP, dastra: DastraStandIn) -> None:
    async def call(gate: Gate) -> list[str]:
        return await answers(await tools_of(gate.origin), ["assets", "risks"])

    with serve(server.streamable_http_app(), dastra) as gate:
        assert run(call, gate) == ["6", "5"]
    assert all(passage.opened for passage in gate.passages)
    assert gate.methods.count("DELETE") == 3
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_sessions_at_once_share_one_token(server: FastMCP, dastra: DastraStandIn) -> None:
    async def call(gate: Gate) -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(tools_of, gate.origin)

    with serve(server.streamable_http_app(), dastra) as gate:
        run(call, gate)
    assert gate.methods.count("DELETE") == 8
    assert len(dastra.token_requests) == len(gate.tokens) == 1


def test_a_token_revoked_in_the_middle_is_renewed_and_the_call_made_again(
    server: FastMCP, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token that is less than a second old would not be renewed.
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)

    async def call(gate: Gate) -> list[str]:
        return await answers(await tools_of(gate.origin), ["revoked", "risks"])

    with serve(server.streamable_http_app(), dastra) as gate:
        assert run(call, gate) == ["7", "5"]
    assert len(dastra.token_requests) == len(gate.tokens) == 2


def test_a_refused_key_pair_is_told(
    server: FastMCP, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with (
        serve(server.streamable_http_app(), dastra) as gate,
        pytest.RaisesGroup(
            pytest.RaisesExc(TokenError, match="invalid_client"), flatten_subgroups=True
        ),
    ):
        run(tools_of, gate.origin)
    assert gate.passages == []


@pytest.mark.parametrize("transport", ["streamable_http", "sse"])
def test_a_factory_is_handed_the_object_for_each_client(
    transport: str, server: FastMCP, dastra: DastraStandIn
) -> None:
    handed: list[httpx.Auth | None] = []

    def factory(
        headers: dict[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
        auth: httpx.Auth | None = None,
    ) -> httpx.AsyncClient:
        handed.append(auth)
        return httpx.AsyncClient(headers=headers, timeout=timeout, auth=auth)

    async def call(gate: Gate) -> list[str]:
        connection: Any = {
            "transport": transport,
            "url": f"{gate.origin}/{'sse' if transport == 'sse' else 'mcp'}",
            "auth": auth,
            "httpx_client_factory": factory,
        }
        tools = await MultiServerMCPClient({"registers": connection}).get_tools()
        return await answers(tools, ["assets"])

    application = server.sse_app() if transport == "sse" else server.streamable_http_app()
    with serve(application, dastra) as gate:
        auth = DastraClientCredentials(dastra.public_key, dastra.private_key, origins=[gate.origin])
        assert run(call, gate) == ["6"]
    assert [each is auth for each in handed] == [True, True]
    assert len(dastra.token_requests) == len(gate.tokens) == 1
