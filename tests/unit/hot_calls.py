"""Calls with every client that open no socket, and auth objects whose tokens are at hand."""

from collections.abc import Callable
from typing import Any, NoReturn

import anyio
import httpx
import httpx2
import pytest
import requests
from requests.adapters import BaseAdapter

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._slot import Slot
from dtz_dastra_auth._sources import renewing
from dtz_dastra_auth._stores import Identity
from dtz_dastra_auth._token import Instant, Token
from unit.clock import FakeClock

ORIGIN = "https://api.example"
URL = f"{ORIGIN}/v1/me"
OF_HTTPX = ("httpx", "httpx-async", "httpx2", "httpx2-async")
kinds = pytest.mark.parametrize("kind", ["requests", *OF_HTTPX])
kinds_of_httpx = pytest.mark.parametrize("kind", OF_HTTPX)

See = Callable[[Any], object]


class CountingClock(FakeClock):
    """Counts how often it is read."""

    reads = 0

    def now(self) -> Instant:
        """Read both clocks."""
        self.reads += 1
        return super().now()


class NoLock:
    """A lock that nobody may take."""

    def __enter__(self) -> NoReturn:
        """Raise instead of waiting."""
        raise AssertionError("a lock was taken")

    def __exit__(self, *_: object) -> None:
        """Have nothing to give back."""


class Begun(Exception):  # no error: it says where a call has got to
    """The steps of a call have begun."""


def begin(*_: object) -> NoReturn:
    """Stand in for what begins the steps of a call."""
    raise Begun


class Seeing(BaseAdapter):
    """An adapter that shows each request as it goes out, and answers 200."""

    def __init__(self, see: See) -> None:
        super().__init__()
        self._see = see

    def send(self, request: Any, *_: object, **__: object) -> requests.Response:
        """Show the request."""
        self._see(request)
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, request.url
        response._content, response._content_consumed = b"", True
        return response

    def close(self) -> None:
        """Have nothing to close."""


def call(kind: str, auth: Any, see: See = bool, url: str = URL, **options: Any) -> Any:
    """Make a call with one kind of client, show its request as it goes out, give the response."""
    if kind == "requests":
        with requests.Session() as session:
            session.mount("https://", Seeing(see))
            return session.get(url, auth=auth, **options)
    library: Any = httpx2 if kind.startswith("httpx2") else httpx

    def answer(request: Any) -> Any:
        see(request)
        moved = {"location": "/v1/there"} if "/moved" in request.url.path else {}
        return library.Response(307 if moved else 200, headers=moved)

    return by_httpx(kind, auth, library.MockTransport(answer), url, **options)


def by_httpx(kind: str, auth: Any, transport: Any, url: str = URL, **options: Any) -> Any:
    library: Any = httpx2 if kind.startswith("httpx2") else httpx
    common = {"auth": auth, "transport": transport, "follow_redirects": True}
    if "async" not in kind:
        with library.Client(**common) as client:
            return client.get(url, **options)

    async def get() -> Any:
        async with library.AsyncClient(**common) as client:
            return await client.get(url, **options)

    return anyio.run(get)


def first_of(kind: str, auth: Auth) -> Any:
    """Give the request as it goes out, of a call that nobody has a look at before."""
    if kind == "requests":
        return requests.Request("GET", URL, auth=auth).prepare()
    library: Any = httpx2 if kind.startswith("httpx2") else httpx
    request = library.Request("GET", URL)
    if "async" not in kind:
        return next(auth.sync_auth_flow(request))
    try:
        auth.async_auth_flow(request).__anext__().send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits for something")


class House:
    """Auth objects with tokens in a store of their own."""

    def __init__(self) -> None:
        self.clock = CountingClock()
        self.store = MemoryTokenStore(clock=self.clock, jitter=lambda: 0.5)

    def auth(self, name: str = "public") -> Auth:
        auth = DastraClientCredentials(name, "private", origins=(ORIGIN,), store=self.store)
        return self.live(auth)

    def live(self, auth: Auth, value: str = "live") -> Auth:
        """Give an object's identity a token that lives for an hour."""
        self.slot(auth).keep(Token(value, 3600.0, self.clock.now()))
        return auth

    def slot(self, auth: Auth) -> Slot:
        return self.store.slot(identity_of(auth))


def identity_of(auth: Auth) -> Identity:
    source = renewing(auth._source)
    assert source is not None
    return source._identity
