"""PyIceberg's REST catalog makes a session of requests, and the object is put on that session.

Its own way, an `AuthManager`, gives a header without knowing where it goes: a catalog's
configuration can lead to another host, and the token would go along. ``DASTRA_ORIGINS`` names the
catalog.
"""

from typing import Any

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.catalog.rest.auth import AuthManagerAdapter, NoopAuthManager
from requests import PreparedRequest, Session

from dtz_dastra_auth import DastraClientCredentials


class DastraAuth(AuthManagerAdapter):
    """The object, as what PyIceberg looks for on its session."""

    def __init__(self) -> None:
        super().__init__(NoopAuthManager())
        self._auth = DastraClientCredentials.from_env()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return self._auth(request)


class DastraCatalog(RestCatalog):
    """A catalog whose sessions have it."""

    def _create_session(self) -> Session:
        session = super()._create_session()
        session.auth = DastraAuth()
        return session


def catalog(uri: str) -> Catalog:
    """Load a catalog; the same properties may stand in ``.pyiceberg.yaml``."""
    properties: dict[str, Any] = {
        "py-catalog-impl": f"{__name__}.DastraCatalog",
        "uri": uri,
        "auth": {"type": "noop"},
    }
    return load_catalog("gateway", **properties)
