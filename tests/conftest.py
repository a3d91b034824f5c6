"""What all tests share: every client as a parameter."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import clients


@pytest.fixture(params=clients.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Name a client; a test that takes this runs once for each."""
    name: str = request.param
    return name


@pytest.fixture
def connect(kind: str) -> Iterator[Callable[..., clients.Client]]:
    """Make clients of this kind, and close them after the test."""
    made: list[clients.Client] = []

    def connect(auth: Any = None, **options: Any) -> clients.Client:
        made.append(clients.make(kind, auth, **options))
        return made[-1]

    yield connect
    for client in made:
        client.close()
