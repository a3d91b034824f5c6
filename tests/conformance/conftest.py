"""Every method, and a store whose time is set by the test."""

import pytest

from clock import FakeClock
from conformance import methods
from dtz_dastra_auth import MemoryTokenStore


@pytest.fixture(params=methods.METHODS, ids=lambda method: method.name)
def method(request: pytest.FixtureRequest) -> methods.Method:
    """Give a method; a test that takes this runs once for each."""
    made: methods.Method = request.param
    return made


@pytest.fixture
def clock() -> FakeClock:
    """Give the clock of `store`."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> MemoryTokenStore:
    """Give an empty store with the time of `clock`, which does not pass by itself."""
    return MemoryTokenStore(clock=clock)
