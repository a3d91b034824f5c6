"""What is ours on a request and what is the caller's, whoever has written it anew on the way."""

import functools
import itertools
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any
from unittest import mock

import httpx
import httpx2
import pytest

from conformance.methods import DTZ_URL, Method, basic
from dtz_dastra_auth import DtzApiKey, DtzBasic, DtzBearer, DtzCookie
from dtz_dastra_auth.testing import DtzStandIn, StandIns
from security.scenes_reuse import ASYNC, BLOCKING, hooks, library_of
from security.scenes_wire import (
    CARRIED,
    CLASSES,
    OF_HTTPX,
    SIBLING,
    Connect,
    build,
    carried_by,
    credentials_on,
    foreign_url,
    moved,
    named,
    next_of,
    ours_and_other,
    send,
    shown_in,
)

AT_ONCE = [method for method in CLASSES if not method.token_requests]
EACH_CLASS = pytest.mark.parametrize("method", CLASSES, ids=named)
EACH_CARRIED = pytest.mark.parametrize("method", CARRIED, ids=named)
BY_HTTPX = pytest.mark.parametrize("kind", OF_HTTPX)
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@EACH_CLASS
def test_headers_of_an_answered_request_take_nothing_to_a_foreign_url(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    _, other = ours_and_other(method, stand_ins)
    client = connect(method.make(stand_ins).auth)
    headers = client.get(method.url).request.headers
    client.get(foreign_url(method), headers=headers)
    [stray] = other.calls
    assert carried_by(stray, stand_ins) == []
    assert set(credentials_on(stray)) & {"Authorization", "X-API-KEY", "X-DTZ-CONTEXT"} == set()


@EACH_CLASS
def test_headers_of_an_answered_request_can_be_used_again_at_home(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(method.make(stand_ins).auth)
    headers = client.get(method.url).request.headers
    assert client.get(method.url, headers=headers).status_code == 200
    first, second = map(credentials_on, method.calls(stand_ins))
    # What Dastra sets is the jar's.
    assert first.items() <= second.items()


READ: dict[str, Callable[[Any], object]] = {
    "dict": dict,
    "items": lambda headers: list(headers.items()),
    "values": lambda headers: list(headers.values()),
    "get": lambda headers: [headers.get(name) for name in headers],
    "by name": lambda headers: [headers[name] for name in headers],
    "a dict of items": lambda headers: dict(headers.items()),
}


@pytest.mark.parametrize("read", READ.values(), ids=READ)
@EACH_CARRIED
def test_what_is_read_of_the_headers_does_not_show_itself(
    read: Callable[[Any], object], method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    response = connect(method.make(stand_ins).auth).get(method.url)
    headers = read(response.request.headers)
    assert shown_in(repr(headers), stand_ins) == []
    assert "***" in repr(headers)


def rewritten(library: Any, make: Callable[[Any], dict[str, str]]) -> Callable[[Any], None]:
    """Give a hook that writes the headers of a request anew."""

    def hook(request: Any) -> None:
        request.headers = library.Headers({**make(request.headers), "x-trace": "1"})

    return hook


DICTS: dict[str, Callable[[Any], dict[str, str]]] = {
    "dict": dict,
    "items": lambda headers: dict(headers.items()),
    "by name": lambda headers: {name: headers[name] for name in headers},
    "get": lambda headers: {name: headers.get(name) for name in headers},
}


@pytest.mark.parametrize("make", DICTS.values(), ids=DICTS)
@EACH_CLASS
@BY_HTTPX
def test_headers_that_a_hook_writes_anew_stay_inside(
    make: Callable[[Any], dict[str, str]],
    method: Method,
    kind: str,
    connect: Connect,
    stand_ins: StandIns,
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    auth = method.make(stand_ins).auth
    client = connect(auth, **hooks(kind, rewritten(library_of(kind), make)))
    response = client.get(method.url)
    assert method.calls(stand_ins)[0].header("x-trace") == "1"
    assert carried_by(method.calls(stand_ins)[0], stand_ins) != []
    assert shown_in(repr(response.request.headers), stand_ins) == []
    send(client, next_of(response), auth=None)
    [stray] = other.calls
    assert carried_by(stray, stand_ins) == []


Make = Callable[[Callable[[], str]], Any]
ASKED: dict[str, tuple[Make, Callable[[str], dict[str, list[str]]]]] = {
    "bearer": (DtzBearer, lambda token: {"Authorization": [f"Bearer {token}"]}),
    "basic": (
        functools.partial(DtzBasic, "bearer"),
        lambda token: {"Authorization": [basic("bearer", token)]},
    ),
    "cookie": (DtzCookie, lambda token: {"Cookie": [f"dtz-auth={token}"]}),
}


@pytest.mark.parametrize("make", DICTS.values(), ids=DICTS)
@pytest.mark.parametrize(("auth_of", "shown"), ASKED.values(), ids=ASKED)
@BY_HTTPX
def test_headers_of_a_call_before_are_known_as_ours_and_renewed(
    make: Callable[[Any], dict[str, str]],
    auth_of: Make,
    shown: Callable[[str], dict[str, list[str]]],
    connect: Connect,
    dtz: DtzStandIn,
) -> None:
    tokens = [dtz.make_token() for _ in range(3)]
    asked = iter(tokens)
    client = connect(auth_of(lambda: next(asked)))
    response = client.get(DTZ_URL)
    dtz.fail(401, on=lambda request: credentials_on(request) == shown(tokens[1]))
    assert client.get(DTZ_URL, headers=make(response.request.headers)).status_code == 200
    assert [credentials_on(call) for call in dtz.calls] == [shown(token) for token in tokens]


@BY_HTTPX
def test_a_key_of_a_call_before_gives_way_to_another_one_of_ours(
    connect: Connect, dtz: DtzStandIn
) -> None:
    dtz.add_api_key("apikey-of-another-one", dtz.context_id)
    response = connect(DtzApiKey(dtz.api_key)).get(DTZ_URL)
    client = connect(DtzApiKey("apikey-of-another-one"))
    assert client.get(DTZ_URL, headers=dict(response.request.headers)).status_code == 200
    assert [call.header("X-API-KEY") for call in dtz.calls] == [
        dtz.api_key,
        "apikey-of-another-one",
    ]


def wrap(library: Any, way: str, auth: Any) -> Any:
    """Give an auth object of the caller's own that asks ours."""

    class Wrapped(library.Auth):  # type: ignore[misc]  # of either library
        pass

    class NextOfAuthFlow(Wrapped):
        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            yield next(auth.auth_flow(request))

    class NextOfSyncFlow(Wrapped):
        def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            yield next(auth.sync_auth_flow(request))

    class AskedAndDropped(Wrapped):
        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            next(auth.auth_flow(request))
            yield request

    class Twice(Wrapped):
        def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            yield next(auth.sync_auth_flow(next(auth.sync_auth_flow(request))))

    class FromAuthFlow(Wrapped):
        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            yield from auth.auth_flow(request)

    class FromSyncFlow(Wrapped):
        def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            yield from auth.sync_auth_flow(request)

    class NextOfAsyncFlow(Wrapped):
        async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
            yield await anext(auth.async_auth_flow(request))

    ways = (NextOfAuthFlow, NextOfSyncFlow, AskedAndDropped, Twice)
    ways += (FromAuthFlow, FromSyncFlow, NextOfAsyncFlow)  # type: ignore[assignment]
    return next(each for each in ways if each.__name__ == way)()


IN_BOTH = ("NextOfAuthFlow", "AskedAndDropped", "FromAuthFlow")
WRAPPED = [(kind, way) for kind in OF_HTTPX for way in IN_BOTH]
WRAPPED += list(itertools.product(BLOCKING, ("NextOfSyncFlow", "Twice", "FromSyncFlow")))
WRAPPED += [(kind, "NextOfAsyncFlow") for kind in ASYNC]


@pytest.mark.parametrize(("kind", "way"), WRAPPED)
@EACH_CLASS
def test_the_credential_arrives_through_an_auth_object_that_wraps_ours(
    method: Method, kind: str, way: str, connect: Connect, stand_ins: StandIns
) -> None:
    made = method.make(stand_ins)
    # One for blocking clients cannot read a token answer in an async one.
    whole = way.startswith("From") and not (way == "FromAuthFlow" and "Async" in kind)
    if method.token_requests and not whole:
        # Half a flow cannot ask for a token: it finds one that is there.
        assert connect(made.auth).get(method.url).status_code == 200
    client = connect(wrap(library_of(kind), way, made.auth))
    response = client.get(method.url)
    assert response.status_code == 200
    assert len(method.asked(stand_ins)) == method.token_requests
    assert shown_in(f"{response.url} {response.request.headers!r}", stand_ins) == []


@pytest.mark.parametrize(("kind", "way"), WRAPPED)
@pytest.mark.parametrize("method", AT_ONCE, ids=named)
def test_an_auth_object_that_wraps_ours_takes_nothing_elsewhere(
    method: Method, kind: str, way: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    auth = wrap(library_of(kind), way, method.make(stand_ins).auth)
    connect(auth, follow_redirects=True).get(method.url)
    [stray] = other.calls
    assert carried_by(stray, stand_ins) == []


MINE = "Bearer of-the-caller"
BY_AUTHORIZATION = [
    method
    for method in CLASSES
    if method.name in {"dastra-client-credentials", "dtz-bearer-login", "dtz-basic-bearer"}
]
EACH_AUTHORIZATION = pytest.mark.parametrize("method", BY_AUTHORIZATION, ids=named)


def put_mine(request: Any) -> None:
    if "token" not in str(request.url):
        request.headers["Authorization"] = MINE


def called_by_hand(client: Any, url: str) -> Any:
    """Call a URL with the caller's own header, put on after ours: in httpx, a hook does so."""
    request = build(client, url)
    if hasattr(request, "register_hook"):
        put_mine(request)
        return send(client, request, allow_redirects=True)
    return send(client, request, follow_redirects=True)


def client_by_hand(kind: str, connect: Connect, auth: Any) -> Any:
    options = {} if kind.startswith("requests") else hooks(kind, put_mine)
    return connect(auth, **options)


@pytest.mark.parametrize("kind", ["requests.Session", *OF_HTTPX])
@EACH_AUTHORIZATION
def test_a_header_that_the_caller_puts_on_after_ours_stays_inside_the_origin(
    method: Method, kind: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.redirect(moved(method.url))
    client = client_by_hand(kind, connect, method.make(stand_ins).auth)
    assert called_by_hand(client, method.url).status_code == 401
    # Not renewed, not put on again, not sent again.
    assert [credentials_on(call) for call in ours.calls] == [{"Authorization": [MINE]}] * 2
    assert len(method.asked(stand_ins)) == method.token_requests


@pytest.mark.parametrize("url", [SIBLING, "https://api.dastra.eu/v1/workspaces"])
@pytest.mark.parametrize("kind", ["requests.Session"])
@pytest.mark.parametrize("method", [m for m in BY_AUTHORIZATION if m.url == DTZ_URL], ids=named)
def test_a_header_that_the_caller_puts_on_after_ours_is_off_elsewhere_and_ours_is_not_on(
    url: str, method: Method, kind: str, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(url)
    client = client_by_hand(kind, connect, method.make(stand_ins).auth)
    assert called_by_hand(client, method.url).status_code == 401
    first, second = stand_ins.dtz.calls + stand_ins.dastra.calls
    assert (credentials_on(first), credentials_on(second)) == ({"Authorization": [MINE]}, {})


@pytest.mark.parametrize("url", [SIBLING, "https://api.dastra.eu/v1/workspaces"])
@BY_HTTPX
@pytest.mark.parametrize("method", [m for m in BY_AUTHORIZATION if m.url == DTZ_URL], ids=named)
def test_what_a_hook_puts_on_every_request_is_what_arrives_everywhere(
    url: str, method: Method, kind: str, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(url)
    client = client_by_hand(kind, connect, method.make(stand_ins).auth)
    assert called_by_hand(client, method.url).status_code == 401
    calls = stand_ins.dtz.calls + stand_ins.dastra.calls
    assert [credentials_on(call) for call in calls] == [{"Authorization": [MINE]}] * 2


def by_a_function(library: Any, patched: pytest.MonkeyPatch) -> None:
    original = library.Headers.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)

    patched.setattr(library.Headers, "__init__", init)


def by_mock(library: Any, patched: pytest.MonkeyPatch) -> None:
    original = library.Headers.__init__
    wrapped = mock.create_autospec(original, side_effect=original)
    patched.setattr(library.Headers, "__init__", wrapped)


@pytest.mark.parametrize("watch", [by_a_function, by_mock])
@EACH_CLASS
@BY_HTTPX
def test_a_constructor_of_headers_that_is_watched_lets_nothing_go_elsewhere(
    watch: Callable[[Any, pytest.MonkeyPatch], None],
    method: Method,
    kind: str,
    connect: Connect,
    stand_ins: StandIns,
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    client = connect(method.make(stand_ins).auth)
    with pytest.MonkeyPatch.context() as patched:
        watch(library_of(kind), patched)
        response = client.get(method.url)
        send(client, next_of(response), auth=None)
    [stray] = other.calls
    assert carried_by(method.calls(stand_ins)[0], stand_ins) != []
    assert carried_by(stray, stand_ins) == []


@LIBRARIES
@EACH_CARRIED
def test_headers_of_a_class_made_from_the_librarys_keep_their_class(
    library: Any, method: Method, stand_ins: StandIns
) -> None:
    class Traced(library.Headers):  # type: ignore[misc]  # of either library
        pass

    with library.Client(auth=method.make(stand_ins).auth) as client:
        headers = client.get(method.url).request.headers
    made = Traced(headers)
    assert type(made) is Traced
    assert sorted(made.keys()) == sorted(headers.keys())
    assert shown_in(repr(made), stand_ins) == []
