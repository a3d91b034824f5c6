"""gql's transports over httpx hand ``auth=`` on to the client that they make.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from gql import Client, gql
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport

from dtz_dastra_auth import DastraClientCredentials

URL = "https://api.dastra.eu/graphql"
WORKSPACES = gql("{ workspaces { label } }")


def workspaces() -> list[str]:
    """Fetch the schema, then the labels of all workspaces."""
    transport = HTTPXTransport(URL, auth=DastraClientCredentials.from_env())
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        return [each["label"] for each in session.execute(WORKSPACES)["workspaces"]]


async def workspaces_async() -> list[str]:
    """Do the same in an event loop."""
    transport = HTTPXAsyncTransport(URL, auth=DastraClientCredentials.from_env())
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        return [each["label"] for each in (await session.execute(WORKSPACES))["workspaces"]]
