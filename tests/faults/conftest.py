"""One scene for each fault and client."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, StandIns
from faults import impostors as servers
from faults.grants import CLIENT_CREDENTIALS, Grant
from faults.impostors import Impostors
from faults.scene import PROXY_PASSWORD, PROXY_USER, Scene


@pytest.fixture(scope="session")
def impostors() -> Iterator[Impostors]:
    """Run the servers with certificates that are no good."""
    with servers.running() as running:
        yield running


@pytest.fixture
def grant() -> Grant:
    """Ask with a key pair, where a test does not say otherwise."""
    return CLIENT_CREDENTIALS


@pytest.fixture
def scene(
    stand_ins: StandIns,
    impostors: Impostors,
    connect: Callable[..., Client],
    kind: str,
    grant: Grant,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Scene]:
    """Set a scene: a proxy that has a password, and certificates of which one is out of date."""
    # The certificates of all the world take longer to load than everything else here.
    [ours] = re.findall(
        rb"-----BEGIN.*?-----END[^\n]*\n", Path(stand_ins.ca_file).read_bytes(), re.DOTALL
    )[:1]
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(ours + impostors.trusted)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(trusted))
    proxy = stand_ins.proxy_url.replace("//", f"//{PROXY_USER}:{PROXY_PASSWORD}@")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)
    scene = Scene(stand_ins, monkeypatch, impostors, connect, kind, grant)
    yield scene
    scene.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let second tries come without the second in between, where it is not what is tested."""
    for module in ("_slot", "_renewal"):
        monkeypatch.setattr(f"dtz_dastra_auth.{module}.SPACING", 0.01)


@pytest.fixture
def clock() -> FakeClock:
    """Give the clock of `store`."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> MemoryTokenStore:
    """Give an empty store with the time of `clock`, which does not pass by itself."""
    return MemoryTokenStore(clock=clock)


@pytest.fixture
def auth(dastra: DastraStandIn, store: MemoryTokenStore) -> DastraClientCredentials:
    """Make an auth object with that store."""
    return DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
