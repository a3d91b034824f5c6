"""One account of each method, in a store whose time is set by the test."""

from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
import httpx2
import pytest

from clock import FakeClock
from dtz_dastra_auth import MemoryTokenStore
from dtz_dastra_auth.testing import StandIns
from lifecycle.accounts import METHODS, Account, Method


@pytest.fixture
def clock() -> FakeClock:
    """Give the clock of `store`."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> MemoryTokenStore:
    """Give an empty store with the time of `clock`, which renews as early as any may."""
    return MemoryTokenStore(clock=clock, jitter=lambda: 0.0)


@pytest.fixture(params=METHODS, ids=lambda method: method.name)
def method(request: pytest.FixtureRequest) -> Method:
    """Give a method; a test that takes this or `account` runs once for each."""
    made: Method = request.param
    return made


@pytest.fixture
def account(method: Method, stand_ins: StandIns, store: MemoryTokenStore) -> Iterator[Account]:
    """Give whoever the tokens of a test are for, and check what it was told of in the end."""
    made = Account(method, stand_ins, store)
    yield made
    made.check()


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    """Give httpx, then httpx2."""
    module: ModuleType = request.param
    return module


@pytest.fixture(params=["asyncio", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """Name an event loop; a test that takes this runs once for each."""
    name: str = request.param
    return name


@pytest.fixture
def no_sleep(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the pauses of the drivers pass on `clock` alone."""

    async def pass_async(seconds: float) -> None:
        clock.advance(seconds)
        await anyio.lowlevel.checkpoint()

    asleep = SimpleNamespace(sleep=clock.advance)
    asleep_async = SimpleNamespace(**{**vars(anyio), "sleep": pass_async})
    monkeypatch.setattr("dtz_dastra_auth._drivers.time", asleep)
    monkeypatch.setattr("dtz_dastra_auth._drive_async.anyio", asleep_async)
