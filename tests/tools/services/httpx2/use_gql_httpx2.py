"""Where httpx2 is installed, gql's transports make their client with that, and not with httpx.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport

from dtz_dastra_auth import DastraClientCredentials

WORKSPACES = gql("{ workspaces { label } }")


async def workspaces() -> list[str]:
    """Fetch the labels of all workspaces."""
    auth = DastraClientCredentials.from_env()
    transport = HTTPXAsyncTransport("https://api.dastra.eu/graphql", auth=auth)
    async with Client(transport=transport) as session:
        return [each["label"] for each in (await session.execute(WORKSPACES))["workspaces"]]
