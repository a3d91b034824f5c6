"""What shows an object shows no secret: texts, dumps, the headers that were sent, and pickles."""

import copy
import pickle
import pprint
import reprlib
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from _pytest._io.saferepr import saferepr, saferepr_unlimited
from cachelib import SimpleCache

from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import (
    DastraClientCredentials,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
    SharedTokenStore,
)
from dtz_dastra_auth._token import Token
from dtz_dastra_auth.testing import StandIns
from security.scenes_wire import (
    OF_REQUESTS,
    SIBLING,
    Connect,
    moved,
    named,
    ours_and_other,
    shown_in,
    signed_in_with,
)

DUMPS: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda thing: f"{thing}",
    "pprint": pprint.pformat,
    "reprlib": reprlib.repr,
    "what pytest shows": saferepr,
    "what pytest shows in full": saferepr_unlimited,
}
EACH_METHOD = pytest.mark.parametrize("method", METHODS, ids=named)


def dumped(*things: Any) -> str:
    """Give every dump of some things."""
    return "\n".join(dump(thing) for dump in DUMPS.values() for thing in things)


def parts_of(auth: Any) -> list[Any]:
    """Give an auth object and what it is made of, alone and in containers."""
    source: Any = auth._source
    parts = [auth, source, auth._placement, auth._origins]
    parts += [part for part in (getattr(source, "_store", None),) if part is not None]
    return [*parts, parts, dict(enumerate(parts)), tuple(parts)]


@EACH_METHOD
@pytest.mark.parametrize("kind", ["requests.Session", "httpx.Client"])
def test_no_dump_of_an_object_that_was_used_shows_a_secret(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    assert connect(auth).get(method.url).status_code == 200
    assert shown_in(dumped(*parts_of(auth)), stand_ins) == []


def test_no_dump_of_a_source_a_store_or_a_token_shows_a_secret(stand_ins: StandIns) -> None:
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    token = Token(dtz.make_token(), 60.0)
    memory = MemoryTokenStore()
    shared = SharedTokenStore(SimpleCache())
    login = DtzLogin(dtz.username, dtz.password, store=memory)
    credentials = DastraClientCredentials(dastra.public_key, dastra.private_key, store=shared)
    things: list[Any] = [token, memory, shared, login, credentials, DtzBearer(login)]
    assert shown_in(dumped(*things, things), stand_ins) == []


def test_a_failed_comparison_of_two_tokens_shows_neither(
    stand_ins: StandIns, request: pytest.FixtureRequest
) -> None:
    one, other = (Token(stand_ins.dtz.make_token(), 60.0) for _ in range(2))
    explained: Any = request.config.hook.pytest_assertrepr_compare(
        config=request.config, op="==", left=one, right=other
    )
    # It explains the fields of other dataclasses, one by one; here it shows the two as they are.
    assert not explained
    assert shown_in(f"{one!r} {other!r}", stand_ins) == []


def requests_of(response: Any) -> list[Any]:
    """Give the requests that a response tells of."""
    return [each.request for each in (*response.history, response)]


@EACH_METHOD
def test_the_headers_that_were_sent_do_not_show_a_credential(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.redirect(moved(method.url))
    response = connect(method.make(stand_ins).auth, follow_redirects=True).get(method.url)
    shown = [dumped(request, request.headers) for request in requests_of(response)]
    assert shown_in("\n".join(shown), stand_ins) == []
    assert len(response.history) == 1


@EACH_METHOD
def test_a_header_that_does_not_show_itself_is_there_all_the_same(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    made = method.make(stand_ins)
    headers = connect(made.auth).get(method.url).request.headers
    for name, value in made.headers.items():
        assert headers[name].startswith(value.partition("<token>")[0])
        assert headers.get(name.lower()) == headers[name]
        assert name.lower() in [each.lower() for each in headers]


@EACH_METHOD
def test_a_pickled_response_takes_no_source_along(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    response = connect(method.make(stand_ins).auth).get(method.url)
    data = pickle.dumps(response)
    if method.token_requests:
        # What makes tokens stays here; the token that was sent goes along in its header.
        dastra, dtz = stand_ins.dastra, stand_ins.dtz
        makers = [dastra.private_key, dtz.password, dtz.api_key, *signed_in_with(stand_ins)]
        for secret in makers:
            assert secret.encode() not in data
    twin = pickle.loads(data)
    assert (twin.status_code, twin.content) == (200, response.content)
    assert shown_in(f"{twin!r} {twin.request!r} {twin.request.headers!r}", stand_ins) == []
    assert sorted(twin.request.headers) == sorted(response.request.headers)


@EACH_METHOD
@pytest.mark.parametrize("kind", OF_REQUESTS)
def test_a_copied_response_and_its_request_do_not_show_a_credential(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    response = connect(method.make(stand_ins).auth).get(method.url)
    request = response.request
    twins = [request.copy(), copy.copy(request), copy.deepcopy(request)]
    shown = "".join(f"{twin!r} {twin.url} {twin.headers!r} {twin.hooks!r}" for twin in twins)
    assert shown_in(shown, stand_ins) == []


@pytest.mark.parametrize("url", [DTZ_URL, SIBLING])
def test_an_error_of_a_callable_shows_no_token_of_an_earlier_call(
    url: str, connect: Connect, stand_ins: StandIns
) -> None:
    tokens = [stand_ins.dtz.make_token()]
    client = connect(DtzBearer(tokens.pop))
    assert client.get(url).status_code == 200
    with pytest.raises(IndexError) as caught:
        client.get(url)
    text = "".join(traceback.format_exception(caught.value))
    assert shown_in(f"{text} {caught.value.args}", stand_ins) == []


def test_a_refusal_shows_no_secret_anywhere_in_its_chain(
    connect: Connect, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    said = f"no such client: {dastra.private_key}"
    dastra.answer({"error": "invalid_client", "error_description": said}, status=400, on="token")
    client = connect(DastraClientCredentials(dastra.public_key, dastra.private_key))
    with pytest.raises(client.errors) as caught:
        client.get(DASTRA_URL)
    error: BaseException | None = caught.value
    while error is not None:
        text = "".join(traceback.format_exception(error))
        assert shown_in(f"{text} {error!r} {error.args!r} {vars(error)!r}", stand_ins) == []
        error = error.__cause__ or error.__context__
