"""A token that processes share through a cache, in every client."""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sniffio
from cachelib import SimpleCache

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI
from dtz_dastra_auth import (
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    DtzLogin,
    SharedTokenStore,
    TokenError,
    _seal,
)
from dtz_dastra_auth._token import Clock
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn

Connect = Callable[..., Client]


class WatchedCache(SimpleCache):
    """A cache that notes on which event loops it was asked.

    Attributes:
        questions: How often it was asked.
        loops: The libraries whose event loops ran on the asking threads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0
        self.loops: list[str] = []

    def _note(self) -> None:
        self.questions += 1
        with suppress(sniffio.AsyncLibraryNotFoundError):
            self.loops.append(sniffio.current_async_library())

    def get(self, key: str) -> Any:
        self._note()
        return super().get(key)

    def set(self, key: str, value: Any, timeout: Any = None) -> Any:
        self._note()
        return super().set(key, value, timeout)

    def add(self, key: str, value: Any, timeout: Any = None) -> Any:
        self._note()
        return super().add(key, value, timeout)

    def delete(self, key: str) -> Any:
        self._note()
        return super().delete(key)


class DownCache(WatchedCache):
    """A cache that nobody can reach."""

    def _note(self) -> None:
        super()._note()
        raise ConnectionError("redis://user:hunter2@cache.example")


@pytest.fixture
def cache() -> WatchedCache:
    return WatchedCache()


def process(
    cache: Any, dastra: DastraStandIn, clock: Clock | None = None
) -> DastraClientCredentials:
    """Make what another process of the fleet has: a store of its own over the same cache."""
    store = SharedTokenStore(cache, clock=clock)
    return DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)


def test_two_processes_make_one_token_request(
    connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    for _ in range(2):
        assert connect(process(cache, dastra)).get(DASTRA_URL).status_code == 200

    assert len(dastra.token_requests) == 1


def test_while_the_token_serves_the_cache_is_not_asked(
    connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    client = connect(process(cache, dastra))
    client.get(DASTRA_URL)
    asked = cache.questions
    for _ in range(5):
        client.get(DASTRA_URL)

    assert asked > 0
    assert cache.questions == asked


def test_the_cache_is_never_asked_on_an_event_loop(
    connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    clock = FakeClock()
    client = connect(process(cache, dastra, clock))
    client.get(DASTRA_URL)
    for _ in range(2):
        # An early renewal, and one after a 401.
        clock.advance(3550)
        client.get(DASTRA_URL)
        dastra.expire_tokens()
    dastra.fail(500, times=None, on="token")
    clock.advance(4000)
    with suppress(TokenError):
        client.get(DASTRA_URL)

    assert len(dastra.token_requests) > 3
    assert cache.questions > 0
    assert cache.loops == []


def test_a_401_in_one_process_renews_the_token_of_all(
    connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    clock = FakeClock()
    clients = [connect(process(cache, dastra, clock)) for _ in range(3)]
    for client in clients:
        client.get(DASTRA_URL)
    # In its first second the token would be tried again.
    clock.advance(10)
    dastra.expire_tokens()

    assert [client.get(DASTRA_URL).status_code for client in clients] == [200, 200, 200]
    assert len(dastra.token_requests) == 2


def test_callers_never_see_that_the_cache_is_down(
    connect: Connect, dastra: DastraStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    cache, clock = DownCache(), FakeClock()
    client = connect(process(cache, dastra, clock))

    assert client.get(DASTRA_URL).status_code == 200
    clock.advance(29)
    dastra.expire_tokens()
    assert client.get(DASTRA_URL).status_code == 200
    assert cache.questions == 1
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "ConnectionError" in warning
    assert "hunter2" not in caplog.text


def test_a_password_is_stretched_once_and_off_the_event_loop(
    connect: Connect, cache: WatchedCache, dtz: DtzStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretched: list[tuple[int, bool]] = []
    real = hashlib.scrypt

    def scrypt(*args: Any, **options: Any) -> bytes:
        on_loop = True
        try:
            sniffio.current_async_library()
        except sniffio.AsyncLibraryNotFoundError:
            on_loop = False
        stretched.append((threading.get_ident(), on_loop))
        return real(*args, **options)

    monkeypatch.setattr(_seal, "_roots", {})
    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    for _ in range(2):
        login = DtzLogin(dtz.username, dtz.password, store=SharedTokenStore(cache))
        assert connect(DtzBearer(login)).get(DTZ_URL).status_code == 200

    assert [on_loop for _, on_loop in stretched] == [False]
    assert len(dtz.token_requests) == 1


@pytest.mark.parametrize("status", [401, 503])
def test_the_failure_of_one_process_is_the_answer_for_all(
    status: int, connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    first, second = (connect(process(cache, dastra)) for _ in range(2))
    dastra.fail(status, times=None, on="token")
    errors = []
    for client in (first, second):
        with pytest.raises(TokenError) as caught:
            client.get(DASTRA_URL)
        errors.append(caught.value)

    assert [error.status_code for error in errors] == [status, status]
    assert str(errors[0]) == str(errors[1])
    # The first of them tries a 503 twice.
    assert len(dastra.token_requests) == (1 if status == 401 else 2)


def person(cache: Any, dastra: DastraStandIn, clock: Clock, **options: Any) -> DastraRefreshToken:
    """Make what continues a new sign-in, shared over a cache."""
    store = SharedTokenStore(cache, clock=clock, jitter=lambda: 0.0)
    pair = dastra.public_key, dastra.private_key
    return DastraRefreshToken(dastra.make_refresh_token(), *pair, store=store, **options)


def test_no_refresh_token_is_sent_while_the_cache_is_down(
    connect: Connect, dastra: DastraStandIn
) -> None:
    told: list[str] = []
    auth = person(DownCache(), dastra, FakeClock(), on_refresh_token=told.append)
    client = connect(auth)
    for _ in range(2):
        with pytest.raises(TokenError, match="no refresh token is sent") as caught:
            client.get(DASTRA_URL)
        assert "hunter2" not in str(caught.value)

    assert dastra.requests == []
    assert told == []


def test_a_sign_in_is_never_continued_or_told_on_an_event_loop(
    connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    clock, told = FakeClock(), list[str]()
    client = connect(person(cache, dastra, clock, on_refresh_token=told.append))
    # At first, early, after a 401, and at the end.
    for seconds in (3550, 10, 3600, 0):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(seconds)
        if seconds == 10:
            dastra.expire_tokens()
            assert client.get(DASTRA_URL).status_code == 200

    assert len(told) == len(dastra.token_requests) == 4
    assert dastra.refresh_tokens_in_force == {told[-1]}
    assert dastra.reuses == 0
    assert cache.questions > 0
    assert cache.loops == []


def test_two_stores_over_one_cache_share_a_sign_in(
    connect: Connect, cache: WatchedCache, dastra: DastraStandIn
) -> None:
    clock, told = FakeClock(), list[str]()
    auth = person(cache, dastra, clock, on_refresh_token=told.append)
    connect(auth).get(DASTRA_URL)
    later = DastraRefreshToken(
        told[0],
        dastra.public_key,
        dastra.private_key,
        store=SharedTokenStore(cache, clock=clock),
        on_refresh_token=told.append,
    )
    assert connect(later).get(DASTRA_URL).status_code == 200
    # The access token came from the cache; nothing was new to be told.
    assert len(dastra.token_requests) == len(told) == 1


@pytest.mark.parametrize("source", [DtzApiKeyExchange, DtzAuthorizationCode])
def test_a_token_of_dtz_is_shared_by_two_stores_over_one_cache(
    source: Any, connect: Connect, cache: WatchedCache, dtz: DtzStandIn
) -> None:
    code = dtz.make_code(REDIRECT_URI)
    given = (dtz.api_key,) if source is DtzApiKeyExchange else (code, dtz.context_id, REDIRECT_URI)
    for _ in range(2):
        auth = DtzBearer(source(*given, store=SharedTokenStore(cache)))
        assert connect(auth).get(DTZ_URL).status_code == 200

    assert len(dtz.token_requests) == 1
