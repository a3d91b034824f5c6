"""What is accepted at construction is right on the wire in every client alike."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import pytest

from clients import Client
from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn

Connect = Callable[..., Client]

DASTRA_URL = "https://api.dastra.eu/v1/workspaces"
DTZ_URL = "https://api.dtz.rocks/v1/me"

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))

# Each is used as both halves of a pair, the second one turned around.
TEXTS = {
    "all signs": VISIBLE,
    "spaces inside": "a b  c",
    "what looks encoded": "a%20b+c%2Bd%zz%",
    "colons alone": ":::",
    "latin letters": "clé-ünï-ß",
    "a euro sign": "a€b",
    "another alphabet": "ключ-مفتاح-鍵",
    "an emoji": "\U0001f511 \U0001f469\u200d\U0001f4bb",
    "an accent of its own": "cle\u0301",
    "full-width digits": "\uff11\uff12\uff13",
    "a no-break space inside": "a\xa0b",
    "a soft hyphen inside": "a\xadb",
    "a byte order mark inside": "a\ufeffb",
    "characters that are none": "a\ufffe\U0010ffffb",
}

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def decoded(authorization: str | None) -> str:
    scheme, _, encoded = (authorization or "").partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(encoded, validate=True).decode("ascii")


@every_text
def test_both_keys_of_a_pair_are_form_encoded_as_utf_8_before_basic(
    text: str, connect: Connect, dastra: DastraStandIn
) -> None:
    public_key, private_key = text, text[::-1]
    dastra.add_key_pair(public_key, private_key)

    response = connect(DastraClientCredentials(public_key, private_key)).get(DASTRA_URL)

    [asked] = dastra.token_requests
    halves = decoded(asked.header("Authorization"))
    # RFC 6749 appendix B; what is unreserved may stay as it is.
    assert re.fullmatch(
        r"(?:[A-Za-z0-9._~+-]|%[0-9A-F]{2})+:(?:[A-Za-z0-9._~+-]|%[0-9A-F]{2})+", halves
    )
    assert [unquote_plus(half, errors="strict") for half in halves.split(":")] == [
        public_key,
        private_key,
    ]
    assert response.status_code == 200


@every_text
def test_a_user_and_password_arrive_as_they_were_typed(
    text: str, connect: Connect, dtz: DtzStandIn
) -> None:
    username, password = text, text[::-1]
    dtz.add_user(username, password)

    response = connect(DtzBearer(DtzLogin(username, password))).get(DTZ_URL)

    [asked] = dtz.token_requests
    assert json.loads(asked.body) == {"username": username, "password": password}
    assert asked.header("Content-Type") == "application/json"
    assert response.status_code == 200


def test_a_dastra_key_of_all_signs_arrives_as_it_is(
    connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.add_key_pair("public", VISIBLE)

    response = connect(DastraApiKey(VISIBLE)).get(DASTRA_URL)

    [call] = dastra.calls
    assert (response.status_code, call.header("X-API-KEY")) == (200, VISIBLE)


def test_a_dtz_key_and_context_of_all_signs_arrive_as_they_are(
    connect: Connect, dtz: DtzStandIn
) -> None:
    key = f"apikey-{VISIBLE}"
    dtz.add_api_key(key, VISIBLE)

    response = connect(DtzApiKey(key, context_id=VISIBLE)).get(DTZ_URL)

    [call] = dtz.calls
    assert (call.header("X-API-KEY"), call.header("X-DTZ-CONTEXT")) == (key, VISIBLE)
    assert response.status_code == 200


def test_a_query_key_and_context_of_all_signs_are_percent_encoded(
    connect: Connect, dtz: DtzStandIn
) -> None:
    key = f"apikey-{VISIBLE}"
    dtz.add_api_key(key, VISIBLE)

    response = connect(DtzQueryKey(key, context_id=VISIBLE)).get(DTZ_URL)

    [call] = dtz.calls
    assert call.query == [("apiKey", key), ("contextId", VISIBLE)]
    # Only what no client and no server reads in another way is left as it is (RFC 3986, 2.3).
    assert re.fullmatch(r"[A-Za-z0-9._~%=&-]+", call.target.partition("?")[2])
    assert response.status_code == 200


def test_a_key_of_all_signs_but_colons_goes_through_basic(
    connect: Connect, dtz: DtzStandIn
) -> None:
    key = f"apikey-{VISIBLE}".replace(":", "")
    dtz.add_api_key(key, dtz.context_id)

    response = connect(DtzBasic("apikey", key)).get(DTZ_URL)

    [call] = dtz.calls
    assert decoded(call.header("Authorization")) == f"apikey:{key}"
    assert response.status_code == 200


TOKEN_PLACES: dict[str, tuple[Callable[[str], Any], str, Callable[[str], str], str]] = {
    "bearer": (DtzBearer, "Authorization", lambda token: f"Bearer {token}", ""),
    "cookie": (DtzCookie, "Cookie", lambda token: f"dtz-auth={token}", '",;\\'),
    "basic": (
        lambda token: DtzBasic("bearer", token),
        "Authorization",
        lambda token: "Basic " + base64.b64encode(f"bearer:{token}".encode()).decode(),
        ":",
    ),
}


@pytest.mark.parametrize("place", TOKEN_PLACES)
def test_a_token_of_all_signs_that_may_be_in_it_arrives_as_it_is(
    place: str, connect: Connect, dtz: DtzStandIn
) -> None:
    build, header, written, refused = TOKEN_PLACES[place]
    token = "".join(sign for sign in VISIBLE if sign not in refused)
    dtz.answer({})

    connect(build(token)).get(DTZ_URL)

    [call] = dtz.calls
    assert call.header(header) == written(token)


def test_a_login_asks_for_a_context_of_all_signs(connect: Connect, dtz: DtzStandIn) -> None:
    dtz.add_context(VISIBLE)
    login = DtzLogin(dtz.username, dtz.password, context_id=VISIBLE)

    response = connect(DtzBearer(login)).get(DTZ_URL)

    assert json.loads(dtz.token_requests[1].body) == {"contextId": VISIBLE}
    assert response.status_code == 200


def test_scopes_arrive_as_they_are(connect: Connect, dastra: DastraStandIn) -> None:
    scope = "".join(sign for sign in VISIBLE if sign not in '"\\') + " api1"
    dastra.answer({"access_token": dastra.make_token(), "expires_in": 60}, on="token")
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, scope=scope)

    response = connect(auth).get(DASTRA_URL)

    [asked] = dastra.token_requests
    fields = [part.split(b"=") for part in asked.body.split(b"&")]
    assert {name: unquote_plus(value.decode("ascii")) for name, value in fields} == {
        b"grant_type": "client_credentials",
        b"scope": scope,
    }
    assert response.status_code == 200
