# pyright: reportMissingImports=false
"""The generated `Client` hands ``httpx_args`` to the clients that it makes, blocking or not.

Here it was made by ``openapi-python-client generate --path dastra.yaml --meta none --output-path
dastra_client``. ``dastra.yaml`` is a small OpenAPI description of one call of Dastra's API, which
lies beside the example: ``tests/tools/services/main/dastra.yaml``.
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
