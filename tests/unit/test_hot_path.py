"""What a call does not do when its token is at hand, which is what makes nearly all calls quick."""

import ssl
from collections.abc import Callable
from typing import Any

import httpcore
import httpcore2
import httpx
import httpx2
import pytest

from dtz_dastra_auth import DtzApiKey, DtzBasic, DtzBearer, DtzCookie, DtzLogin, _origins
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._follow_httpx import Guard
from dtz_dastra_auth._stores import Identity
from dtz_dastra_auth._token import Token
from unit.hot_calls import (
    ORIGIN,
    Begun,
    House,
    NoLock,
    begin,
    by_httpx,
    call,
    first_of,
    kinds,
    kinds_of_httpx,
)


@pytest.fixture
def house() -> House:
    """Make a store whose clock is counted."""
    return House()


MAKERS: dict[str, Callable[[House], Auth]] = {
    "client credentials": lambda house: house.auth(),
    "login": lambda house: house.live(
        DtzBearer(DtzLogin("user", "password", store=house.store), origins=(ORIGIN,))
    ),
}
renewed = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


# A call with a live token


@renewed
@kinds
def test_a_live_token_takes_one_look_at_the_clock_and_no_lock(
    kind: str, make: Callable[[House], Auth], house: House
) -> None:
    auth, reads = make(house), list[int]()
    call(kind, auth)
    slot, store = house.slot(auth), house.store
    slot._lock = store._lock = NoLock()  # type: ignore[assignment]
    house.clock.reads = 0
    call(kind, auth, lambda _: reads.append(house.clock.reads))
    assert (reads, house.clock.reads) == ([1], 1)


def value_of(request: Any, name: str) -> Any:
    raw = getattr(request.headers, "raw", None)
    if raw is None:
        return request.headers[name]
    return next(value for key, value in raw if key.decode().lower() == name.lower())


HEADERS: dict[str, tuple[Callable[[House], Auth], str]] = {
    "client credentials": (MAKERS["client credentials"], "Authorization"),
    "key": (lambda _: DtzApiKey("apikey-1", origins=[ORIGIN]), "X-API-KEY"),
    "basic": (lambda _: DtzBasic("bearer", "a.b.c", origins=[ORIGIN]), "Authorization"),
    "cookie": (lambda _: DtzCookie("a.b.c", origins=[ORIGIN]), "Cookie"),
}


@pytest.mark.parametrize(("make", "name"), HEADERS.values(), ids=HEADERS)
@kinds
def test_the_text_of_a_header_is_made_once_for_a_token(
    kind: str, make: Callable[[House], Auth], name: str, house: House
) -> None:
    auth = make(house)
    one, other = [value_of(first_of(kind, auth), name) for _ in range(2)]
    assert one is other


@kinds
def test_two_placements_of_one_token_have_each_a_text_of_their_own(kind: str, house: House) -> None:
    login, sent = DtzLogin("user", "password", store=house.store), list[str]()
    house.live(DtzBearer(login, origins=[ORIGIN]))
    for make in (DtzBearer, DtzCookie, DtzBearer):
        request = first_of(kind, make(login, origins=[ORIGIN]))
        sent.append(request.headers.get("Authorization", request.headers.get("Cookie")) + "")
    assert sent == ["Bearer live", "dtz-auth=live", "Bearer live"]


@kinds
def test_a_new_token_has_a_text_of_its_own(kind: str, house: House) -> None:
    auth, sent = house.auth(), list[str]()
    for value in ("one", "two"):
        house.clock.pass_(1)
        house.live(auth, value)
        call(kind, auth, lambda request: sent.append(request.headers["Authorization"] + ""))
    assert sent == ["Bearer one", "Bearer two"]


@kinds
def test_a_url_of_an_https_origin_is_not_taken_apart(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth, sent = house.auth(), list[Any]()
    monkeypatch.setattr(_origins, "_origin_of", begin)
    call(kind, auth, lambda request: sent.append(value_of(request, "Authorization")))
    assert len(sent) == 1


@kinds
def test_what_a_token_is_filed_under_is_derived_once_for_an_object(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth, derived, key = house.auth(), list[Identity](), Identity.key

    def counted(identity: Identity) -> bytes:
        derived.append(identity)
        return key(identity)

    monkeypatch.setattr(Identity, "key", counted)
    for _ in range(5):
        call(kind, auth)
    assert len(derived) == 1


@kinds
def test_no_steps_are_begun_for_a_live_token(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = house.auth()
    monkeypatch.setattr(Auth, "attach", begin)
    assert [call(kind, auth).status_code for _ in range(2)] == [200, 200]


def refused(house: House, auth: Auth) -> None:
    house.clock.pass_(2)
    auth._source.reject(Token("live"))


CASES: dict[str, tuple[Callable[[House, Auth], object], dict[str, Any]]] = {
    "a credential by hand": (lambda *_: None, {"headers": {"x-api-key": "own"}}),
    "a cookie": (lambda *_: None, {"headers": {"cookie": "a=b"}}),
    "another host": (lambda *_: None, {"url": "https://other.example/v1/me"}),
    "another port": (lambda *_: None, {"url": "https://api.example:8443/v1/me"}),
    "due": (lambda house, _: house.clock.pass_(3590), {}),
    "due by the wall clock": (lambda house, _: house.clock.suspend(3590), {}),
    "refused": (refused, {}),
}


@pytest.mark.parametrize(("happen", "options"), CASES.values(), ids=CASES)
@kinds
def test_steps_are_begun_where_there_is_something_to_decide(
    kind: str,
    happen: Callable[[House, Auth], object],
    options: dict[str, Any],
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    auth = house.auth()
    call(kind, auth)
    happen(house, auth)
    monkeypatch.setattr(Auth, "attach", begin)
    with pytest.raises(Begun):
        call(kind, auth, **options)


@kinds
def test_steps_are_begun_to_ask_a_callers_function(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Auth, "attach", begin)
    with pytest.raises(Begun):
        call(kind, DtzBearer(lambda: "a.b.c", origins=[ORIGIN]))


# The trace of httpx and httpx2


@kinds_of_httpx
def test_no_trace_of_ours_goes_out_before_there_is_a_redirect(kind: str, house: House) -> None:
    sent: list[tuple[str, bool]] = []

    def see(request: Any) -> None:
        trace = request.extensions.get("trace")
        sent.append((request.url.path, isinstance(trace, Guard)))

    call(kind, house.auth(), see, f"{ORIGIN}/moved")
    assert sent == [("/moved", False), ("/v1/there", True)]


@kinds_of_httpx
def test_a_request_that_was_sent_has_the_guard(kind: str, house: House) -> None:
    # Transports ask by `get`; what is made of the parts of a request takes all there is.
    asked: list[object] = []
    response = call(kind, house.auth(), lambda each: asked.append(each.extensions.get("trace")))
    assert asked == [None]
    assert isinstance(dict(response.request.extensions)["trace"], Guard)


def on_no_network(kind: str) -> Any:
    """Make a real transport, that calls traces, over a network with one answer and no socket."""
    library: Any = httpx2 if kind.startswith("httpx2") else httpx
    core: Any = httpcore2 if kind.startswith("httpx2") else httpcore
    answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if "async" in kind:
        transport = library.AsyncHTTPTransport(verify=context)
        backend = core.AsyncMockBackend(answer)
        transport._pool = core.AsyncConnectionPool(network_backend=backend)
    else:
        transport = library.HTTPTransport(verify=context)
        transport._pool = core.ConnectionPool(network_backend=core.MockBackend(answer))
    return transport


@kinds_of_httpx
def test_the_callers_own_trace_gets_all_its_events(kind: str, house: House) -> None:
    def events(auth: Any) -> list[str]:
        seen: list[str] = []

        def trace(event: str, info: dict[str, Any]) -> None:
            seen.append(f"{event} {sorted(info)}")

        async def trace_async(event: str, info: dict[str, Any]) -> None:
            trace(event, info)

        own = {"trace": trace_async if "async" in kind else trace}
        response = by_httpx(kind, auth, on_no_network(kind), extensions=own)
        assert response.content == b"ok"
        return seen

    expected = events(None)
    assert any("send_request_headers.started" in event for event in expected)
    assert events(house.auth()) == expected
