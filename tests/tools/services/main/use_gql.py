"""gql's `RequestsHTTPTransport` takes the object as ``auth=``, for a session of requests.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from gql import Client, gql
from gql.transport.requests import RequestsHTTPTransport

from dtz_dastra_auth import DastraClientCredentials

WORKSPACES = gql("{ workspaces { label } }")


def workspaces(url: str = "https://api.dastra.eu/graphql") -> list[str]:
    """Fetch the schema, then the labels of all workspaces."""
    transport = RequestsHTTPTransport(url, auth=DastraClientCredentials.from_env())
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        return [each["label"] for each in session.execute(WORKSPACES)["workspaces"]]
