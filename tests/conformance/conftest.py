"""Every method, a store whose time is set by the test, and a sign-in that rotates."""

from collections.abc import Callable
from typing import Any

import pytest

from clock import FakeClock
from conformance import methods
from conformance.databases import Database, Sync
from dtz_dastra_auth import DastraRefreshToken, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn


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


@pytest.fixture
def database() -> Database:
    """Give a database without any refresh token."""
    return Database()


@pytest.fixture
def way() -> type[Any]:
    """Have it told by a function; tests that are marked so have it by a coroutine function too."""
    return Sync


@pytest.fixture
def make(
    way: type[Any], dastra: DastraStandIn, store: MemoryTokenStore, database: Database
) -> Callable[..., DastraRefreshToken]:
    """Make auth objects of one sign-in, which tell the database of its refresh tokens."""
    first = dastra.make_refresh_token()

    def make(refresh_token: str = first, **options: Any) -> DastraRefreshToken:
        options = {"on_refresh_token": function, "store": store, **options}
        return DastraRefreshToken(refresh_token, dastra.public_key, dastra.private_key, **options)

    function = way(database).function
    return make


@pytest.fixture
def auth(make: Callable[..., DastraRefreshToken]) -> DastraRefreshToken:
    """Make an auth object."""
    return make()
