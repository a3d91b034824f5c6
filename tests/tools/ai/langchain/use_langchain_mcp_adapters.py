"""A connection takes the object as its ``auth``.

``origins`` names the server, since it is not one of Dastra's own hosts.
"""

import os

from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient

from dtz_dastra_auth import DastraClientCredentials


async def tools_of(origin: str) -> list[BaseTool]:
    """Load the tools of a server."""
    auth = DastraClientCredentials(
        os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"], origins=[origin]
    )
    client = MultiServerMCPClient(
        {"registers": {"transport": "streamable_http", "url": f"{origin}/mcp", "auth": auth}}
    )
    return await client.get_tools()
