"""The places that redirects lead to, and clients that are led there, for all cases of a module."""

import os
from collections.abc import Callable, Iterator

import pytest

from security import hop_server
from security.hop_clients import HopClient, Way

# Variables that would lead a client elsewhere, or to other certificates.
_IN_THE_WAY = ("_PROXY", "_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(scope="module")
def places() -> Iterator[hop_server.HopServer]:
    """Run the places; whatever proxies and certificates the environment names are out of it."""
    with pytest.MonkeyPatch.context() as patched, hop_server.serve() as server:
        for name in [name for name in os.environ if name.upper().endswith(_IN_THE_WAY)]:
            patched.delenv(name)
        yield server


@pytest.fixture(scope="module")
def client_for(places: hop_server.HopServer) -> Iterator[Callable[[Way], HopClient]]:
    """Give the one client that goes a way; it is made when it is first needed."""
    made: dict[Way, HopClient] = {}

    def client_for(way: Way) -> HopClient:
        if way not in made:
            made[way] = HopClient(way, places)
        return made[way]

    yield client_for
    for client in made.values():
        client.close()
