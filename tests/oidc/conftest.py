"""An authorization server that nobody here wrote, for the tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oidc.server import KEY_PAIRS, AuthorizationServer, KeyPair, serve, trusting


@pytest.fixture(scope="session")
def authorization_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorizationServer]:
    """Run the server for as long as the tests run."""
    with serve(tmp_path_factory.mktemp("oidc")) as server:
        yield server


@pytest.fixture(scope="module")
def trusted(authorization_server: AuthorizationServer) -> Iterator[AuthorizationServer]:
    """Return the server, trusted by every client that a test of the module makes."""
    with trusting(authorization_server):
        yield authorization_server


@pytest.fixture(scope="session")
def key_pairs() -> dict[str, KeyPair]:
    """Return the key pairs that the server knows, by name."""
    return KEY_PAIRS
