"""What the unit tests share. Nothing here opens a socket or waits for time to pass."""

from collections.abc import Iterator

import pytest

from dtz_dastra_auth import _lease, _origins, _seal
from dtz_dastra_auth._stores import clear_default_store
from unit.timers import FakeTimer


@pytest.fixture(autouse=True)
def process_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start each test as a new process would: no token kept, no key derived, no warning given."""
    monkeypatch.setattr(_origins, "_warned", type(_origins._warned)())
    monkeypatch.setattr(_seal, "_roots", {})
    monkeypatch.setattr(_lease, "Timer", FakeTimer)
    FakeTimer.started.clear()
    yield
    clear_default_store()
