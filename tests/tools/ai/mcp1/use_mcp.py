"""The `httpx.AsyncClient` that a session goes over takes the object as its ``auth``.

``origins`` names the server, since it is not one of Dastra's own hosts.
"""

import os

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from dtz_dastra_auth import DastraClientCredentials


async def count_items(origin: str, registers: list[str]) -> list[CallToolResult]:
    """Call a tool of the server once for each register."""
    auth = DastraClientCredentials(
        os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"], origins=[origin]
    )
    async with (
        # The server may be silent for long on a stream that is open.
        httpx.AsyncClient(auth=auth, timeout=httpx.Timeout(30, read=300)) as client,
        streamable_http_client(f"{origin}/mcp", http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        return [await session.call_tool("count_items", {"register": each}) for each in registers]
