"""What the caller put on a request wins, and nothing of ours goes beside it."""

from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests

import clients
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import DastraClientCredentials, DtzBearer, DtzQueryKey, MemoryTokenStore
from dtz_dastra_auth.testing import Recorded, StandIns
from security.scenes_wire import (
    CLASSES,
    COPIES,
    Connect,
    build,
    carried_by,
    credentials_on,
    method_of,
    named,
    send,
    statuses,
)

# As a caller writes them: with a value of every kind that is not ours.
BY_HAND = {
    "Authorization": "Bearer by-hand",
    "X-API-KEY": "apikey-by-hand",
    "authorization": "Basic Ynk6aGFuZA==",
    "x-api-key": "by-hand",
}
# `requests.get` has no session whose headers could be set.
PLACES = [
    (kind, place)
    for kind in clients.KINDS
    for place in ("request", "client")
    if (kind, place) != ("requests.get", "client")
]
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
EACH_CLASS = pytest.mark.parametrize("method", CLASSES, ids=named)
EACH_HEADER = pytest.mark.parametrize("name", BY_HAND)


def is_by_hand(call: Recorded, name: str, services: StandIns, **beside: str) -> bool:
    """Tell whether a request arrived with the caller's header, once, and nothing of ours."""
    expected = {"X-API-KEY" if "key" in name.lower() else "Authorization": [BY_HAND[name]]}
    expected |= {header: [value] for header, value in beside.items()}
    ours = carried_by(call, services)
    return (credentials_on(call), ours, call.query) == (expected, [], [])


@EACH_HEADER
@EACH_CLASS
@pytest.mark.parametrize(("kind", "place"), PLACES)
def test_a_credential_put_on_by_hand_is_all_that_goes_out_and_its_401_is_handed_back(
    name: str, method: Method, place: str, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(method.make(stand_ins).auth)
    headers = {name: BY_HAND[name], "Cookie": "own=1"}
    if place == "client":
        client.native.headers.update(headers)
    response = client.get(method.url, **({"headers": headers} if place == "request" else {}))
    assert response.status_code == 401
    [call] = method.calls(stand_ins)
    assert is_by_hand(call, name, stand_ins, Cookie="own=1")
    assert method.asked(stand_ins) == []


@EACH_CLASS
def test_a_credential_put_on_by_hand_is_good_for_what_it_is_good_for(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dastra.add_key_pair("public-by-hand", BY_HAND["X-API-KEY"])
    stand_ins.dtz.add_api_key(BY_HAND["X-API-KEY"], "context-by-hand")
    client = connect(method.make(stand_ins).auth)
    by_hand = client.get(method.url, headers={"X-API-KEY": BY_HAND["X-API-KEY"]})
    # The next call, without one, is authenticated as ever.
    assert [by_hand.status_code, client.get(method.url).status_code] == [200, 200]
    first, second = method.calls(stand_ins)
    assert is_by_hand(first, "X-API-KEY", stand_ins)
    assert carried_by(second, stand_ins) != []


@pytest.mark.parametrize("kind", ["requests.Session"])
def test_a_session_header_taken_off_for_one_request_leaves_room_for_ours(
    connect: Connect, stand_ins: StandIns
) -> None:
    auth = DtzBearer(stand_ins.dtz.make_token())
    client = connect(auth)
    client.native.headers["X-API-KEY"] = "apikey-by-hand"
    assert client.get(DTZ_URL, headers={"X-API-KEY": None}).status_code == 200
    assert client.get(DTZ_URL).status_code == 401


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
@EACH_HEADER
@EACH_CLASS
def test_calling_the_auth_object_again_leaves_a_credential_put_on_by_hand(
    name: str, method: Method, copied: Callable[[Any], Any], stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    headers = {name: BY_HAND[name], "Cookie": "own=1"}
    request = requests.Request("GET", method.url, headers=headers, auth=auth).prepare()
    twin = auth(copied(auth(request)))
    for each in (request, twin):
        assert dict(each.headers) == headers
        assert each.url == method.url
    assert method.asked(stand_ins) == []


@EACH_HEADER
@EACH_CLASS
def test_a_request_that_is_not_prepared_yet_keeps_what_was_put_on_by_hand(
    name: str, method: Method, stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    request = auth(auth(requests.Request("GET", method.url, headers={name: BY_HAND[name]})))
    with requests.Session() as session:
        prepared = session.prepare_request(request)
        assert session.send(prepared, verify=stand_ins.ca_file).status_code == 401
    [call] = method.calls(stand_ins)
    assert is_by_hand(call, name, stand_ins)


@LIBRARIES
@EACH_HEADER
@EACH_CLASS
def test_a_request_of_httpx_sent_twice_keeps_what_was_put_on_by_hand(
    name: str, method: Method, library: Any, stand_ins: StandIns
) -> None:
    with library.Client(auth=method.make(stand_ins).auth) as client:
        request = client.build_request("GET", method.url, headers={name: BY_HAND[name]})
        assert [client.send(request).status_code for _ in range(2)] == [401, 401]
    for call in method.calls(stand_ins):
        assert is_by_hand(call, name, stand_ins)
    assert method.asked(stand_ins) == []


# What requests does with `response.request` has no auth object in it, and no key in its URL.
SENT_AGAIN = [method for method in METHODS if "query" not in method.name]


@pytest.mark.parametrize("method", SENT_AGAIN, ids=named)
def test_a_request_that_is_sent_again_is_not_doubled(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(method.make(stand_ins).auth)
    response = client.get(method.url)
    assert send(client, response.request).status_code == 200
    first, second = method.calls(stand_ins)
    assert credentials_on(first) == credentials_on(second)
    assert [len(values) for values in credentials_on(second).values()] == [1] * len(
        credentials_on(first)
    )
    assert len(method.asked(stand_ins)) == method.token_requests


@pytest.mark.parametrize("left", ["refused by the service", "at its end"])
def test_our_own_credential_on_a_request_that_is_sent_again_is_renewed(
    left: str, connect: Connect, stand_ins: StandIns
) -> None:
    dastra, clock = stand_ins.dastra, FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    client = connect(auth)
    request = build(client, DASTRA_URL)
    assert send(client, request).status_code == 200
    dastra.expire_tokens()
    # Refused long before its end, or at an end that everybody knows of.
    clock.advance(60 if left == "refused by the service" else 2 * 3600)
    if isinstance(request, requests.PreparedRequest) and left == "at its end":
        # requests asks the auth object of a session for nothing when a prepared request is sent.
        auth(request)
    assert send(client, request).status_code == 200
    old, *refused, new = dastra.calls
    assert statuses(refused) == ([401] if left == "refused by the service" else [])
    assert len(new.headers_named("Authorization")) == 1
    assert new.header("Authorization") != old.header("Authorization")
    assert len(dastra.token_requests) == 2


QUERIES = [
    "apiKey=apikey-old",
    "a=1%2F2&apiKey=apikey-old&b=x%20y",
    "apiKey=apikey-old&apiKey=apikey-older&c",
    "api%4Bey=apikey-old&plus=a+b&tilde=%7E",
    "apiKey&a=1&&b=%2f&c=",
    "apikey=another-name&APIKEY=another-name&xapiKey=too",
    "contextId=context-theirs&a=%E2%82%AC",
    "a=1;apiKey=part-of-a&b=2",
]


@pytest.mark.parametrize("context", [None, "context-chosen"], ids=["no-context", "context"])
@pytest.mark.parametrize("query", QUERIES)
def test_a_key_in_the_url_is_replaced_and_the_rest_of_the_query_keeps_its_bytes(
    query: str, context: str | None, connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    dtz.answer({}, times=None)
    client = connect(DtzQueryKey(dtz.api_key, context_id=context))
    ours = ["apiKey"] if context is None else ["apiKey", "contextId"]
    connect().get(f"{DTZ_URL}?{query}")
    client.get(f"{DTZ_URL}?{query}")
    theirs, sent = [call.target.partition("?")[2].split("&") for call in dtz.calls]
    added = [f"apiKey={dtz.api_key}", f"contextId={context}"][: len(ours)]
    names = [part.partition("=")[0].replace("%4B", "K") for part in theirs]
    kept = [part for part, name in zip(theirs, names, strict=True) if name not in ours]
    assert sent == [*kept, *added]


def test_a_key_in_the_url_is_replaced_beside_parameters_of_the_clients_own(
    connect: Connect, kind: str, stand_ins: StandIns
) -> None:
    client = connect(DtzQueryKey(stand_ins.dtz.api_key))
    response = client.get(DTZ_URL, params={"apiKey": "apikey-old", "page": "2"})
    assert response.status_code == 200
    [call] = method_of("dtz-query").calls(stand_ins)
    assert call.query == [("page", "2"), ("apiKey", stand_ins.dtz.api_key)]
