"""The `httpx2.AsyncClient` that a transport goes over takes the object as its `auth`.

`origins` names the server, since it is not one of Dastra's own hosts.
"""

import os

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from dtz_dastra_auth import DastraClientCredentials


async def count_items(origin: str, registers: list[str]) -> list[CallToolResult]:
    """Call a tool of the server once for each register."""
    auth = DastraClientCredentials(
        os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"], origins=[origin]
    )
    # The server may be silent for long on a stream that is open.
    timeout = httpx2.Timeout(30, read=300)
    async with (
        httpx2.AsyncClient(auth=auth, timeout=timeout) as http_client,
        Client(streamable_http_client(f"{origin}/mcp", http_client=http_client)) as client,
    ):
        return [await client.call_tool("count_items", {"register": each}) for each in registers]
