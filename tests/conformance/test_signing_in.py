"""What each way to sign in sends for a token, and what comes of a refusal, in every client."""

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI, basic
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    MemoryTokenStore,
    SignInRequiredError,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded
from rfc7636 import CHALLENGE, VERIFIER

Connect = Callable[..., Client]

FORM = "application/x-www-form-urlencoded"
IDENTITY = "/api/2021-02-21"
# A callback of an app may have a query of its own, and what a code may hold is nearly everything.
ODD_URI = "https://shop.example/back?to=a%20b&x=%C3%A9+y"
ODD = "a+b/c=d&e%f g"


def pair(dastra: DastraStandIn) -> tuple[str, str]:
    return dastra.public_key, dastra.private_key


def form(request: Recorded) -> dict[str, str]:
    """Read the form of a token request, in which nothing may be there twice."""
    assert (request.method, request.header("Content-Type")) == ("POST", FORM)
    assert request.header("Content-Length") == str(len(request.body))
    fields = parse_qs(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    return {name: value for name, [value] in fields.items()}


def refused(client: Client, url: str, error: type[TokenError] = TokenError) -> Any:
    """Make a call that gets no token, and give the error."""
    with pytest.raises(client.errors) as caught:
        client.get(url)
    assert type(caught.value) is error
    return caught.value


def test_the_exchange_of_a_code_is_as_rfc_6749_and_7636_have_it(
    connect: Connect, dastra: DastraStandIn
) -> None:
    code = dastra.make_code(REDIRECT_URI, code_challenge=CHALLENGE)
    auth = DastraAuthorizationCode(code, REDIRECT_URI, *pair(dastra), code_verifier=VERIFIER)
    assert connect(auth).get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert form(asked) == {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    assert asked.target == "/connect/token"
    assert asked.header("Authorization") == basic(*pair(dastra))
    assert asked.header("Accept-Encoding") == "identity"
    assert asked.header("Cookie") is None


def test_without_a_verifier_none_is_sent(connect: Connect, dastra: DastraStandIn) -> None:
    code = dastra.make_code(REDIRECT_URI)
    auth = DastraAuthorizationCode(code, REDIRECT_URI, *pair(dastra))
    assert connect(auth).get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert sorted(form(asked)) == ["code", "grant_type", "redirect_uri"]


def test_a_refresh_is_as_rfc_6749_has_it(connect: Connect, dastra: DastraStandIn) -> None:
    refresh_token = dastra.make_refresh_token()
    auth = DastraRefreshToken(refresh_token, *pair(dastra))
    assert connect(auth).get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert form(asked) == {"grant_type": "refresh_token", "refresh_token": refresh_token}
    assert asked.header("Authorization") == basic(*pair(dastra))


def test_odd_characters_are_form_encoded(
    connect: Connect, dastra: DastraStandIn, dtz: DtzStandIn
) -> None:
    answer = {"access_token": "t", "token_type": "Bearer", "expires_in": 600}
    for service in (dastra, dtz):
        service.answer(answer, on="token", times=None)
        service.answer({}, times=None)
    # A code that was exchanged is known to the process, and not sent again.
    code = ODD + uuid.uuid4().hex
    keys = "a+b%c&d:e/f g=h", "1=2 3/4:5&6%7+8"
    source = DtzAuthorizationCode(code, "context-1", ODD_URI)
    connect(DastraAuthorizationCode(code, ODD_URI, *keys)).get(DASTRA_URL)
    connect(DastraRefreshToken(code, *keys)).get(DASTRA_URL)
    connect(DtzBearer(source)).get(DTZ_URL)
    by_code, by_refresh_token = dastra.token_requests
    [at_dtz] = dtz.token_requests
    assert (form(by_code)["code"], form(by_code)["redirect_uri"]) == (code, ODD_URI)
    assert form(by_refresh_token)["refresh_token"] == code
    assert (form(at_dtz)["code"], form(at_dtz)["redirect_uri"]) == (code, ODD_URI)
    encoded = "a%2Bb%25c%26d%3Ae%2Ff%20g%3Dh", "1%3D2%203%2F4%3A5%266%257%2B8"
    assert by_code.header("Authorization") == basic(*encoded)


def test_the_exchange_of_a_code_at_dtz_has_the_context_as_client_and_secret(
    connect: Connect, dtz: DtzStandIn
) -> None:
    code = dtz.make_code(REDIRECT_URI, code_challenge=CHALLENGE)
    source = DtzAuthorizationCode(code, dtz.context_id, REDIRECT_URI, code_verifier=VERIFIER)
    assert connect(DtzBearer(source)).get(DTZ_URL).status_code == 200
    [asked] = dtz.token_requests
    assert form(asked) == {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_id": dtz.context_id,
        "client_secret": dtz.context_id,
    }
    assert (asked.host, asked.target) == ("identity.dtz.rocks", f"{IDENTITY}/oauth/token")
    assert asked.header("Authorization") is None


@pytest.fixture
def signed_in(connect: Connect, dtz: DtzStandIn, store: MemoryTokenStore) -> Client:
    """Return a client whose person has just signed in at DTZ."""
    code = dtz.make_code(REDIRECT_URI)
    source = DtzAuthorizationCode(code, dtz.context_id, REDIRECT_URI, store=store)
    client = connect(DtzBearer(source))
    client.get(DTZ_URL)
    return client


def test_a_sign_in_at_dtz_is_renewed_by_its_own_token(
    signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(dtz.lifetime - 10)
    assert signed_in.get(DTZ_URL).status_code == 200
    _, asked = dtz.token_requests
    assert (asked.method, asked.target) == ("POST", f"{IDENTITY}/token/refresh")
    assert asked.header("Authorization") == dtz.calls[0].header("Authorization")
    assert asked.header("Content-Type") == "application/json"
    assert json.loads(asked.body) == {"contextId": dtz.context_id}
    assert dtz.calls[0].header("Authorization") != dtz.calls[1].header("Authorization")


def test_a_sign_in_at_dtz_is_over_with_its_token(
    signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(dtz.lifetime)
    dtz.clear_log()
    assert "sign in again" in str(refused(signed_in, DTZ_URL, SignInRequiredError))
    assert dtz.requests == []


def test_a_token_that_the_api_refused_renews_a_sign_in_while_the_identity_service_takes_it(
    signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(10)
    dtz.fail(401)
    assert signed_in.get(DTZ_URL).status_code == 200
    assert [asked.target for asked in dtz.token_requests] == [
        f"{IDENTITY}/oauth/token",
        f"{IDENTITY}/token/refresh",
    ]


@pytest.mark.parametrize("context", [None, "context-chosen"])
def test_the_exchange_of_an_api_key_is_json(
    context: str | None, connect: Connect, dtz: DtzStandIn
) -> None:
    dtz.add_context("context-chosen")
    source = DtzApiKeyExchange(dtz.api_key, context_id=context)
    response = connect(DtzBearer(source)).get(DTZ_URL)
    assert response.status_code == 200
    assert (context or dtz.context_id) in str(response.json())
    [asked] = dtz.token_requests
    content = {"apiKey": dtz.api_key} | ({"contextId": context} if context else {})
    assert (asked.method, asked.target) == ("POST", f"{IDENTITY}/auth/apikey")
    assert json.loads(asked.body) == content
    assert asked.header("Content-Type") == "application/json"
    assert (asked.header("Authorization"), asked.header("X-API-KEY")) == (None, None)
    # The key has gone to the identity service alone.
    assert dtz.api_key not in str(dtz.calls)
