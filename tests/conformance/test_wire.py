"""What goes over the wire, method by method, in every client."""

import base64
from collections.abc import Callable

from clients import Client
from conformance.methods import CREDENTIAL_HEADERS, DASTRA_URL, DTZ_URL, Made, Method
from dtz_dastra_auth import (
    DastraClientCredentials,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, StandIns

Connect = Callable[..., Client]


def expected(made: Made, call: Recorded, services: StandIns) -> dict[str, str]:
    """Fill the token that the service has given out into what is expected of a call."""
    in_force = services.dtz.tokens_in_force | services.dastra.tokens_in_force
    sent = [token for token in in_force if token in (call.header("Authorization") or "")]
    sent += [token for token in in_force if token in (call.header("Cookie") or "")]
    token = sent[0] if sent else "<token>"
    return {name: value.replace("<token>", token) for name, value in made.headers.items()}


def test_the_credential_is_on_the_wire_as_the_service_has_it(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    made = method.make(stand_ins)
    response = connect(made.auth).get(method.url)
    assert response.status_code == 200
    [call] = method.calls(stand_ins)
    sent = {name: call.header(name) for name in CREDENTIAL_HEADERS if call.header(name)}
    assert sent == expected(made, call, stand_ins)
    assert call.target.partition("?")[2] == made.query


def test_three_calls_make_one_token_request_and_never_a_401(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(method.make(stand_ins).auth)
    statuses = [client.get(method.url).status_code for _ in range(3)]
    assert statuses == [200, 200, 200]
    assert len(method.asked(stand_ins)) == method.token_requests
    answered = [call.status for call in stand_ins.dastra.requests + stand_ins.dtz.requests]
    assert answered == [200] * (3 + method.token_requests)


def test_the_first_call_is_token_request_then_api_call(
    connect: Connect, dastra: DastraStandIn
) -> None:
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    connect(auth).get(DASTRA_URL)
    assert [request.host for request in dastra.requests] == ["account.dastra.eu", "api.dastra.eu"]


def test_the_dastra_token_request_is_as_documented(connect: Connect, dastra: DastraStandIn) -> None:
    pair = f"{dastra.public_key}:{dastra.private_key}"
    connect(DastraClientCredentials(dastra.public_key, dastra.private_key)).get(DASTRA_URL)
    [asked] = dastra.token_requests
    assert (asked.method, asked.target) == ("POST", "/connect/token")
    assert asked.body == b"grant_type=client_credentials&scope=api1"
    assert asked.header("Content-Type") == "application/x-www-form-urlencoded"
    assert asked.header("Content-Length") == str(len(asked.body))
    assert asked.header("Transfer-Encoding") is None
    assert asked.header("Authorization") == "Basic " + base64.b64encode(pair.encode()).decode()
    assert asked.header("Accept-Encoding") == "identity"
    assert asked.header("Cookie") is None


def test_key_pairs_with_signs_in_them_are_form_encoded_before_basic(
    connect: Connect, dastra: DastraStandIn
) -> None:
    public_key, private_key = "a+b%c&d:e/f g=h", "1=2 3/4:5&6%7+8"
    dastra.add_key_pair(public_key, private_key)
    response = connect(DastraClientCredentials(public_key, private_key)).get(DASTRA_URL)
    [asked] = dastra.token_requests
    sent = base64.b64decode((asked.header("Authorization") or "").removeprefix("Basic ")).decode()
    assert response.status_code == 200
    assert sent == "a%2Bb%25c%26d%3Ae%2Ff%20g%3Dh:1%3D2%203%2F4%3A5%266%257%2B8"


def test_a_scope_of_ones_own_is_asked_for(connect: Connect, dastra: DastraStandIn) -> None:
    dastra.answer({"access_token": "t", "token_type": "Bearer", "expires_in": 60}, on="token")
    dastra.answer({})
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, scope="api1 more")
    assert connect(auth).get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert asked.body == b"grant_type=client_credentials&scope=api1+more"


def test_a_dtz_login_sends_json_and_no_credential(connect: Connect, dtz: DtzStandIn) -> None:
    connect(DtzBearer(DtzLogin(dtz.username, dtz.password))).get(DTZ_URL)
    [asked] = dtz.token_requests
    assert (asked.host, asked.target) == ("identity.dtz.rocks", "/api/2021-02-21/token/auth")
    assert asked.header("Content-Type") == "application/json"
    assert asked.header("Authorization") is None
    assert asked.body == (
        f'{{"username": "{dtz.username}", "password": "{dtz.password}"}}'.encode()
    )


def test_a_dtz_login_changes_into_the_chosen_context(connect: Connect, dtz: DtzStandIn) -> None:
    context = dtz.add_context()
    login = DtzLogin(dtz.username, dtz.password, context_id=context)
    response = connect(DtzBearer(login)).get(DTZ_URL)
    _, changed = dtz.token_requests
    assert changed.target == "/api/2021-02-21/token/refresh"
    assert changed.body == f'{{"contextId": "{context}"}}'.encode()
    assert (changed.header("Authorization") or "").startswith("Bearer ey")
    assert context in str(response.json())


def test_the_rest_of_a_query_keeps_its_bytes(connect: Connect, stand_ins: StandIns) -> None:
    auth = DtzQueryKey(stand_ins.dtz.api_key)
    response = connect(auth).get(DTZ_URL + "?a=1%2F2&apiKey=apikey-old&b=x%20y")
    assert response.status_code == 200
    [call] = stand_ins.dtz.calls
    assert call.target == f"/v1/me?a=1%2F2&b=x%20y&apiKey={stand_ins.dtz.api_key}"


def test_dastra_leaves_the_callers_cookies_alone(connect: Connect, dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    connect(auth).get(DASTRA_URL, headers={"Cookie": "acaAffinity=1; own=2"})
    [call] = dastra.calls
    assert call.header("Cookie") == "acaAffinity=1; own=2"


def test_a_dtz_header_credential_goes_out_without_a_cookie(
    connect: Connect, dtz: DtzStandIn
) -> None:
    client = connect(DtzBearer(dtz.make_token()))
    response = client.get(DTZ_URL, headers={"Cookie": "stray=1"})
    [call] = dtz.calls
    assert (response.status_code, call.header("Cookie")) == (200, None)


def test_the_dtz_cookie_stands_beside_the_callers_own(connect: Connect, dtz: DtzStandIn) -> None:
    token = dtz.make_token()
    client = connect(DtzCookie(token))
    response = client.get(DTZ_URL, headers={"Cookie": "own=1; dtz-auth=old"})
    [call] = dtz.calls
    assert (response.status_code, call.header("Cookie")) == (200, f"own=1; dtz-auth={token}")
