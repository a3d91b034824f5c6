"""The client takes the object as its ``auth``.

``origins`` names the server, since it is not one of Dastra's own hosts.
"""

import os

from fastmcp import Client

from dtz_dastra_auth import DastraClientCredentials


async def count_items(origin: str, registers: list[str]) -> list[int]:
    """Call a tool of the server once for each register."""
    auth = DastraClientCredentials(
        os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"], origins=[origin]
    )
    async with Client(f"{origin}/mcp", auth=auth, timeout=30) as client:
        results = [await client.call_tool("count_items", {"register": each}) for each in registers]
    return [result.data for result in results]
