"""What the unit tests share. Nothing here opens a socket or waits for time to pass."""

from collections.abc import Iterator

import pytest

from dtz_dastra_auth import _origins
from dtz_dastra_auth._stores import clear_default_store


@pytest.fixture(autouse=True)
def process_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start each test as a new process would: no token kept, no warning given."""
    monkeypatch.setattr(_origins, "_warned", type(_origins._warned)())
    yield
    clear_default_store()
