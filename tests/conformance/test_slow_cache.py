"""A shared cache that does not answer, in every client: only who asks it is held up."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest
from cachelib import SimpleCache

import clients
from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL
from dtz_dastra_auth import DastraClientCredentials, DtzBearer, DtzLogin, SharedTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn

Connect = Callable[..., Client]
# Seconds after which what should have happened has not.
HANGS = 20.0
ASYNC_KINDS = [kind for kind in clients.KINDS if "Async" in kind]


class StuckCache(SimpleCache):
    """A cache that a question of one kind does not come back from, until the test lets it go.

    Attributes:
        questions: How often it was asked.
        is_stuck: Set by the test, until when it answers everything.
        is_asked: Set once it was asked what it does not come back from.
        is_let_go: Set by the test.
        then: What happens then.
    """

    def __init__(self, method: str) -> None:
        super().__init__()
        self._method = method
        self.questions = 0
        self.is_stuck = False
        self.is_asked = threading.Event()
        self.is_let_go = threading.Event()
        self.then: Callable[[], Any] = lambda: None

    def _ask(self, method: str) -> None:
        self.questions += 1
        if self.is_stuck and method == self._method:
            self.is_asked.set()
            assert self.is_let_go.wait(HANGS)
            self.then()

    def get(self, key: str) -> Any:
        self._ask("get")
        return super().get(key)

    def set(self, key: str, value: Any, timeout: Any = None) -> Any:
        self._ask("set")
        return super().set(key, value, timeout)

    def add(self, key: str, value: Any, timeout: Any = None) -> Any:
        self._ask("add")
        return super().add(key, value, timeout)

    def delete(self, key: str) -> Any:
        self._ask("delete")
        return super().delete(key)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads for calls that are held up."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def stuck(request: pytest.FixtureRequest, pool: ThreadPoolExecutor) -> Iterator[StuckCache]:
    """Give a cache, and let everybody go who is held up there before threads are joined."""
    cache = StuckCache(request.param)
    yield cache
    cache.is_let_go.set()


stuck_in = {
    method: pytest.mark.parametrize("stuck", [method], indirect=True) for method in ("get", "set")
}


def dastra_auth(store: SharedTokenStore, dastra: DastraStandIn) -> DastraClientCredentials:
    return DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)


def warm(client: Client, cache: StuckCache, clock: FakeClock) -> None:
    """Have the cache answer a process once; what it got has ended when the cache is stuck."""
    assert client.get(DASTRA_URL).status_code == 200
    clock.advance(4000)
    cache.questions, cache.is_stuck = 0, True


def status(call: Future[Any]) -> int:
    code: int = call.result(HANGS).status_code
    return code


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@stuck_in["set"]
def test_nobody_of_the_process_waits_while_the_token_is_shared(
    connect: Connect, stuck: StuckCache, dastra: DastraStandIn, pool: ThreadPoolExecutor
) -> None:
    clock = FakeClock()
    client = connect(dastra_auth(SharedTokenStore(stuck, clock=clock), dastra))
    warm(client, stuck, clock)
    leader = pool.submit(client.get, DASTRA_URL)
    assert stuck.is_asked.wait(HANGS)

    assert [status(pool.submit(client.get, DASTRA_URL)) for _ in range(3)] == [200, 200, 200]
    assert not leader.done()
    stuck.is_let_go.set()
    assert status(leader) == 200
    assert len(dastra.token_requests) == 2


@stuck_in["get"]
def test_nobody_else_asks_a_cache_that_has_not_answered_for_half_a_second(
    connect: Connect,
    stuck: StuckCache,
    dastra: DastraStandIn,
    dtz: DtzStandIn,
    pool: ThreadPoolExecutor,
) -> None:
    clock = FakeClock()
    store = SharedTokenStore(stuck, clock=clock)
    client = connect(dastra_auth(store, dastra))
    warm(client, stuck, clock)
    held_up = pool.submit(client.get, DASTRA_URL)
    assert stuck.is_asked.wait(HANGS)
    clock.advance(0.6)
    login = DtzBearer(DtzLogin(dtz.username, dtz.password, store=store))

    assert status(pool.submit(connect(login).get, DTZ_URL)) == 200
    assert stuck.questions == 1
    assert not held_up.done()


@stuck_in["get"]
def test_a_cache_that_has_not_answered_for_a_second_is_left_alone(
    connect: Connect,
    stuck: StuckCache,
    dastra: DastraStandIn,
    dtz: DtzStandIn,
    pool: ThreadPoolExecutor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    store = SharedTokenStore(stuck, clock=clock)
    client = connect(dastra_auth(store, dastra))
    warm(client, stuck, clock)
    held_up = pool.submit(client.get, DASTRA_URL)
    assert stuck.is_asked.wait(HANGS)
    clock.advance(1.1)
    login = DtzBearer(DtzLogin(dtz.username, dtz.password, store=store))

    assert status(pool.submit(connect(login).get, DTZ_URL)) == 200
    stuck.is_let_go.set()
    assert status(held_up) == 200
    assert stuck.questions == 1
    (message,) = warnings(caplog)
    assert "does not answer" in message


# Only tasks are cancelled


def cancelled(client: Client, cache: StuckCache) -> None:
    """Cancel a call while the cache does not answer it."""

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.native.get, DASTRA_URL)
            assert await anyio.to_thread.run_sync(cache.is_asked.wait, HANGS)
            tasks.cancel_scope.cancel()

    client.portal.call(main)  # type: ignore[attr-defined]  # of async clients


@stuck_in["get"]
@pytest.mark.parametrize("kind", ASYNC_KINDS)
def test_calls_with_deadlines_of_their_own_get_a_token_though_the_cache_hangs(
    kind: str, connect: Connect, stuck: StuckCache, dastra: DastraStandIn
) -> None:
    clock = FakeClock()
    client = connect(dastra_auth(SharedTokenStore(stuck, clock=clock), dastra))
    warm(client, stuck, clock)
    cancelled(client, stuck)
    clock.advance(0.6)

    assert [client.get(DASTRA_URL).status_code for _ in range(3)] == [200, 200, 200]
    assert stuck.questions == 1


@stuck_in["get"]
@pytest.mark.parametrize("kind", ASYNC_KINDS)
def test_what_a_cancelled_calls_question_met_counts(
    kind: str,
    connect: Connect,
    stuck: StuckCache,
    dastra: DastraStandIn,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dtz_dastra_auth import _health

    is_told = threading.Event()
    warn = _health.logger.warning

    def warned(*args: Any) -> None:
        warn(*args)
        is_told.set()

    def fail() -> None:
        raise TimeoutError("redis://user:hunter2@cache.example")

    monkeypatch.setattr(_health.logger, "warning", warned)
    stuck.then = fail
    clock = FakeClock()
    client = connect(dastra_auth(SharedTokenStore(stuck, clock=clock), dastra))
    warm(client, stuck, clock)
    cancelled(client, stuck)
    stuck.is_let_go.set()

    assert is_told.wait(HANGS)
    assert client.get(DASTRA_URL).status_code == 200
    assert stuck.questions == 1
    (message,) = warnings(caplog)
    assert "TimeoutError" in message
    assert "hunter2" not in caplog.text


@stuck_in["get"]
@pytest.mark.parametrize("kind", ASYNC_KINDS)
def test_a_cache_that_hangs_for_many_holds_up_nobody_who_does_not_use_it(
    kind: str, connect: Connect, stuck: StuckCache, dastra: DastraStandIn, dtz: DtzStandIn
) -> None:
    clock = FakeClock()
    store = SharedTokenStore(stuck, clock=clock)
    warm(connect(dastra_auth(store, dastra)), stuck, clock)
    client = connect(max_connections=100)
    native = client.native
    other = DtzBearer(dtz.make_token)

    async def main() -> int:
        code = 0
        async with anyio.create_task_group() as tasks:
            for number in range(50):
                auth = DastraClientCredentials(f"shop {number}", "hunter2", store=store)
                tasks.start_soon(partial(native.get, DASTRA_URL, auth=auth))
            await anyio.wait_all_tasks_blocked()
            with anyio.move_on_after(HANGS / 4):
                code = (await native.get(DTZ_URL, auth=other)).status_code
            stuck.is_let_go.set()
            tasks.cancel_scope.cancel()
        return code

    assert client.portal.call(main) == 200  # type: ignore[attr-defined]  # of async clients
