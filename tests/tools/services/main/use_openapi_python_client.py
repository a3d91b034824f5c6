# pyright: reportMissingImports=false
"""The generated `Client` hands ``httpx_args`` to the clients that it makes, blocking or not.

Here it comes from a description of Dastra's API, by ``openapi-python-client generate --path
dastra.yaml --meta none --output-path dastra_client``.
"""

from dastra_client import Client
from dastra_client.api.workspaces import list_workspaces

from dtz_dastra_auth import DastraClientCredentials


def connect() -> Client:
    """Make the generated client; not the `AuthenticatedClient`, whose ``token`` would win."""
    auth = DastraClientCredentials.from_env()
    return Client("https://api.dastra.eu", httpx_args={"auth": auth})


def labels() -> list[str]:
    """List all workspaces."""
    with connect() as client:
        return [each.label for each in list_workspaces.sync(client=client).items]


async def labels_async() -> list[str]:
    """Do the same in an event loop."""
    async with connect() as client:
        return [each.label for each in (await list_workspaces.asyncio(client=client)).items]
