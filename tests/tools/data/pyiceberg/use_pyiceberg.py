"""PyIceberg asks an `AuthManager` of yours for the ``Authorization`` of each request.

There the object puts it on a request that is prepared for the catalog and never sent.
``DASTRA_ORIGINS`` names the catalog, so that the token may go there.
"""

from typing import Any

import requests
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.rest.auth import AuthManager

from dtz_dastra_auth import DastraClientCredentials


class DastraAuthManager(AuthManager):
    """The manager, made with what the properties call ``custom``."""

    def __init__(self, uri: str) -> None:
        self._request = requests.Request("GET", uri, auth=DastraClientCredentials.from_env())

    def auth_header(self) -> str | None:
        header = self._request.prepare().headers.get("Authorization")
        return header if isinstance(header, str) else None


def catalog(uri: str) -> Catalog:
    """Load a catalog; the same properties may stand in ``.pyiceberg.yaml``."""
    properties: dict[str, Any] = {
        "type": "rest",
        "uri": uri,
        "auth": {
            "type": "custom",
            "impl": f"{__name__}.DastraAuthManager",
            "custom": {"uri": uri},
        },
    }
    return load_catalog("gateway", **properties)
