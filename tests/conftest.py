"""What all tests share: every client as a parameter."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import clients
from dtz_dastra_auth.testing import StandIns, serve

pytest_plugins = ["canary.plugin"]


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


@pytest.fixture(scope="session")
def _dtz_dastra_auth_running() -> Iterator[StandIns]:
    """Run the stand-ins as the plug-in's own fixture does, with a shorter list of authorities.

    Each new client reads the CA file, and reading some 300 certificates takes three quarters of
    a test's time.
    """

    def write_alone(path: Path, authority: bytes) -> None:
        path.write_bytes(authority)

    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("dtz_dastra_auth.testing._environment.write_ca_file", write_alone)
            running = stack.enter_context(serve(set_environment=False))
        yield running
