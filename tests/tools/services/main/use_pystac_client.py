"""pystac-client has a ``request_modifier``, called for each request: pass the object itself.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from pystac_client import Client

from dtz_dastra_auth import DastraClientCredentials


def items(url: str = "https://api.dastra.eu/stac") -> list[str]:
    """Search a catalogue, page by page."""
    catalog = Client.open(url, request_modifier=DastraClientCredentials.from_env())
    return [item.id for item in catalog.search(collections=["maps"]).items()]
