"""Transports of others, which know nothing of us: a credential goes where it may there too."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from clients import Client
from conformance.methods import DTZ_URL, Method
from dtz_dastra_auth import DtzApiKey
from dtz_dastra_auth.testing import StandIns
from security.scenes_transports import (
    ADAPTERS,
    ASYNC,
    BLOCKING,
    Make,
    aiohttp,
    library_of,
)
from security.scenes_wire import (
    CARRIED,
    CLASSES,
    OF_HTTPX,
    SIBLING,
    Connect,
    carried_by,
    credentials_on,
    foreign_url,
    moved,
    named,
    next_of,
    ours_and_other,
    shown_in,
    statuses,
)

# Every client with every transport that it can have; the one on top of aiohttp needs asyncio.
WAYS = [(kind, name) for kind in OF_HTTPX for name in (ASYNC if "Async" in kind else BLOCKING)]
WAYS += [(kind, "aiohttp") for kind in OF_HTTPX if kind.endswith("asyncio")]
# Those that look at a request's headers themselves, and call no trace.
WITHOUT_TRACE = [(kind, name) for kind, name in WAYS if name in {"mock", "asgi", "aiohttp"}]

OF_DTZ = [method for method in CLASSES if method.url == DTZ_URL]
EACH_CLASS = pytest.mark.parametrize("method", CLASSES, ids=named)
EACH_WAY = pytest.mark.parametrize(("kind", "name"), WAYS)
REDIRECTS = pytest.mark.parametrize("status", [302, 307])


def through(
    connect: Connect, kind: str, name: str, services: StandIns, auth: Any, **options: Any
) -> Client:
    """Make a client that has a transport of others."""
    table: dict[str, Make] = {**(ASYNC if "Async" in kind else BLOCKING), "aiohttp": aiohttp}
    transport = table[name](library_of(kind), services)
    return connect(auth, transport=transport, **{"follow_redirects": True, **options})


@EACH_CLASS
@EACH_WAY
def test_a_credential_arrives_through_a_transport_of_others(
    method: Method, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    client = through(connect, kind, name, stand_ins, method.make(stand_ins).auth)
    response = client.get(method.url)
    [call] = method.calls(stand_ins)
    # It calls what the text of the URL says, and that is what hides the key: as documented.
    hidden = name == "aiohttp" and method.name.startswith("dtz-query")
    assert (response.status_code, carried_by(call, stand_ins) != []) == (
        (401, False) if hidden else (200, True)
    )


@REDIRECTS
@EACH_CLASS
@EACH_WAY
def test_no_transport_sees_a_credential_that_is_redirected_to_a_foreign_host(
    method: Method, status: int, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method), status=status)
    client = through(connect, kind, name, stand_ins, method.make(stand_ins).auth)
    assert client.get(method.url).status_code == 401
    [stray] = other.requests
    assert carried_by(stray, stand_ins) == []
    # A 401 of another's is nobody's reason to renew anything.
    assert statuses(ours.requests) == [200] * method.token_requests + [status]


@REDIRECTS
@pytest.mark.parametrize("method", CARRIED, ids=named)
@EACH_WAY
def test_a_credential_stays_on_inside_its_origin(
    method: Method, status: int, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.redirect(moved(method.url), status=status)
    client = through(connect, kind, name, stand_ins, method.make(stand_ins).auth)
    assert client.get(method.url).status_code == 200
    last = method.calls(stand_ins)[-1]
    assert credentials_on(last) == credentials_on(method.calls(stand_ins)[0])
    assert len(method.asked(stand_ins)) == method.token_requests


@REDIRECTS
@pytest.mark.parametrize("method", [each for each in OF_DTZ if "query" not in each.name], ids=named)
@EACH_WAY
def test_a_credential_arrives_at_another_allowed_origin(
    method: Method, status: int, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    dtz.redirect(SIBLING, status=status)
    client = through(connect, kind, name, stand_ins, method.make(stand_ins).auth)
    assert client.get(DTZ_URL).status_code == 200
    first, *refused, last = dtz.calls
    assert credentials_on(last) == credentials_on(first)
    assert (first.host, last.host) == ("api.dtz.rocks", "containers.dtz.rocks")
    # What httpx takes off is noticed by the 401 alone, and sent once more.
    assert statuses(refused) in ([], [401])
    assert len(method.asked(stand_ins)) == method.token_requests


@pytest.mark.parametrize("method", CARRIED, ids=named)
@EACH_WAY
def test_away_and_back_again_a_credential_is_where_it_may_be(
    method: Method, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    other.redirect(moved(method.url), on="any")
    client = through(connect, kind, name, stand_ins, method.make(stand_ins).auth)
    assert client.get(method.url).status_code == 200
    assert [carried_by(stray, stand_ins) for stray in other.requests] == [[]]
    assert len(method.asked(stand_ins)) == method.token_requests


@EACH_CLASS
@EACH_WAY
def test_the_next_request_to_elsewhere_carries_nothing_after_any_transport(
    method: Method, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    auth = method.make(stand_ins).auth
    client = through(connect, kind, name, stand_ins, auth, follow_redirects=False)
    following = next_of(client.get(method.url))
    pairs = [(name.decode(), value.decode()) for name, value in following.headers.raw]
    words = f"{following!r} {following.url.raw_path} {following.extensions} "
    assert shown_in(words + "".join(f"{n}: {v}\n" for n, v in pairs), stand_ins) == []


@pytest.mark.parametrize(("kind", "name"), [way for way in WAYS if way[1] == "retrying"])
@EACH_CLASS
def test_a_request_that_a_transport_sends_again_carries_its_credential_again(
    method: Method, kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.fail(503)
    client = through(connect, kind, name, stand_ins, method.make(stand_ins).auth)
    assert client.get(method.url).status_code == 200
    first, second = method.calls(stand_ins)
    assert credentials_on(first) == credentials_on(second)
    assert first.target == second.target


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def session(request: pytest.FixtureRequest, stand_ins: StandIns) -> Iterator[requests.Session]:
    """Give a session whose adapter is not requests' own."""
    with requests.Session() as session:
        session.mount("https://", request.param(stand_ins))
        yield session


@REDIRECTS
@EACH_CLASS
def test_no_adapter_sees_a_credential_that_is_redirected_to_a_foreign_host(
    method: Method, status: int, session: requests.Session, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method), status=status)
    session.auth = method.make(stand_ins).auth
    assert session.get(method.url).status_code == 401
    assert [carried_by(stray, stand_ins) for stray in other.requests] == [[]]


@pytest.mark.parametrize("where", ["same origin", "allowed origin"])
@pytest.mark.parametrize("method", [each for each in OF_DTZ if "query" not in each.name], ids=named)
def test_a_credential_goes_where_it_may_over_any_adapter(
    method: Method, where: str, session: requests.Session, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(SIBLING if where == "allowed origin" else moved(DTZ_URL))
    session.auth = method.make(stand_ins).auth
    assert session.get(DTZ_URL).status_code == 200
    first, *_, last = stand_ins.dtz.calls
    assert credentials_on(last) == credentials_on(first)


@pytest.mark.parametrize("kind", OF_HTTPX)
def test_the_callers_own_trace_is_called_for_every_request_of_a_call(
    kind: str, connect: Connect, stand_ins: StandIns
) -> None:
    seen: list[str] = []

    def trace(event: str, info: object) -> None:
        seen.append(event)

    async def trace_async(event: str, info: object) -> None:
        seen.append(event)

    stand_ins.dtz.redirect(SIBLING)
    client = connect(DtzApiKey(stand_ins.dtz.api_key), follow_redirects=True)
    own = trace_async if "Async" in kind else trace
    assert client.get(DTZ_URL, extensions={"trace": own}).status_code == 200
    # For the request and its redirect; the ways through the proxy come beside them.
    starts = [event for event in seen if event == "http11.send_request_headers.started"]
    assert len(starts) >= len(stand_ins.dtz.calls) == 2


@pytest.mark.parametrize(("kind", "name"), WITHOUT_TRACE)
def test_the_extensions_of_a_call_are_what_the_caller_gave_and_no_more_to_a_transport(
    kind: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    auth = DtzApiKey(stand_ins.dtz.api_key)
    client = through(connect, kind, name, stand_ins, auth)
    given = {"own": "kept"}
    response = client.get(DTZ_URL, extensions=given)
    assert (response.status_code, given) == (200, {"own": "kept"})
    assert response.request.extensions["own"] == "kept"
