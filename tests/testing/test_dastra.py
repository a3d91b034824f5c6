"""Dastra's rules, over a real socket with TLS, by the real host names."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from collections.abc import Callable
from typing import Literal

import httpx
import pytest

from dtz_dastra_auth.testing import StandIns

FORM = {"grant_type": "client_credentials", "scope": "api1"}
Token = Callable[..., httpx.Response]


def basic(public: str, private: str) -> str:
    return "Basic " + base64.b64encode(f"{public}:{private}".encode()).decode()


@pytest.fixture
def ask(services: StandIns, http: httpx.Client) -> Token:
    """Ask for a token, right in everything that the test does not change."""

    def ask(
        data: dict[str, str | list[str]] | None = None, authorization: str | None = None
    ) -> httpx.Response:
        dastra = services.dastra
        credential = authorization or basic(dastra.public_key, dastra.private_key)
        return http.post(dastra.token_url, data=data or FORM, headers={"Authorization": credential})

    return ask


def test_client_credentials_get_an_opaque_token_that_the_api_takes(
    services: StandIns, http: httpx.Client, ask: Token
) -> None:
    answer = ask()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json().pop("access_token")
    assert re.fullmatch(r"[\w-]{43}", token)
    assert answer.json() == {
        "access_token": token,
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "api1",
    }
    call = http.get(
        services.dastra.url + "/v1/workspaces", headers={"Authorization": f"Bearer {token}"}
    )
    assert call.status_code == 200
    assert call.json()["items"][0]["label"] == "My data company"
    assert call.json()["total"] == 1


def test_key_pairs_are_alphanumeric_and_new_for_each_stand_in(services: StandIns) -> None:
    assert services.dastra.public_key.isalnum()
    assert services.dastra.private_key.isalnum()


@pytest.mark.parametrize(
    "encoded",
    [
        ("p+a%2Bb%25c%26d%3Ae%2F%3D", "s+a%2Bb%25c%26d%3Ae%2F%3D%E2%82%AC"),
        ("p%20a%2Bb%25c%26d%3Ae%2F%3D", "s%20a%2Bb%25c%26d%3Ae%2F%3D%E2%82%AC"),
    ],
    ids=["plus for a space", "percent 20 for a space"],
)
def test_both_halves_of_basic_are_form_decoded(
    services: StandIns, ask: Token, encoded: tuple[str, str]
) -> None:
    services.dastra.add_key_pair("p a+b%c&d:e/=", "s a+b%c&d:e/=€")
    assert ask(authorization=basic(*encoded)).status_code == 200


def test_basic_that_is_not_form_encoded_is_an_unknown_client(
    services: StandIns, ask: Token
) -> None:
    services.dastra.add_key_pair("pub", "a+b")
    assert ask(authorization=basic("pub", "a+b")).json()["error"] == "invalid_client"
    assert ask(authorization=basic("pub", "a%2Bb")).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        basic("nobody", "wrong"),
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Bearer something",
        "Basic",
    ],
)
@pytest.mark.parametrize("status", [400, 401])
def test_a_bad_client_is_answered_with_either_status_seen_in_the_wild(
    services: StandIns, ask: Token, authorization: str, status: Literal[400, 401]
) -> None:
    services.dastra.error_status = status
    answer = ask(authorization=authorization)
    assert answer.status_code == status
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_client_without_basic_is_unknown(services: StandIns, http: httpx.Client) -> None:
    dastra = services.dastra
    form = {**FORM, "client_id": dastra.public_key, "client_secret": dastra.private_key}
    assert http.post(dastra.token_url, data=form).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "api1"}, "invalid_request"),
        ({**FORM, "grant_type": ["client_credentials"] * 2}, "invalid_request"),
        ({**FORM, "grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_scope"),
        ({**FORM, "scope": "api2"}, "invalid_scope"),
        ({**FORM, "scope": "api1 api2"}, "invalid_scope"),
    ],
)
def test_a_form_that_is_wrong_is_refused_with_the_error_of_the_rfc(
    ask: Token, form: dict[str, str | list[str]], error: str
) -> None:
    answer = ask(form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_a_token_request_that_is_no_form_is_refused(
    services: StandIns, http: httpx.Client, kind: str
) -> None:
    dastra = services.dastra
    credential = basic(dastra.public_key, dastra.private_key)
    headers = {"Authorization": credential, "Content-Type": kind}
    body = b"grant_type=client_credentials&scope=api1"
    answer = http.post(dastra.token_url, content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_the_token_endpoint_takes_post_alone(services: StandIns, http: httpx.Client) -> None:
    answer = http.get(services.dastra.token_url)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_the_token_endpoint_is_on_the_account_host_alone(
    services: StandIns, http: httpx.Client
) -> None:
    answer = http.post("https://api.dastra.eu/connect/token", data=FORM)
    assert answer.status_code == 401
    assert not services.dastra.token_requests
    assert http.get("https://account.dastra.eu/v1/workspaces").status_code == 404


def test_the_private_key_alone_is_a_credential_of_the_api(
    services: StandIns, http: httpx.Client
) -> None:
    headers = {"X-API-Key": services.dastra.private_key}
    assert http.get("https://api.dastra.eu/me", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer unknown"},
        {"Authorization": "Bearer"},
        {"Authorization": "Token x"},
        {"X-API-Key": "unknown"},
        {"X-API-Key": ""},
    ],
)
@pytest.mark.parametrize("path", ["/me", "/v1/workspaces", "/v1/echo", "/v1/nothing"])
def test_without_a_good_credential_the_api_answers_401_with_nothing_in_it(
    http: httpx.Client, headers: dict[str, str], path: str
) -> None:
    answer = http.get("https://api.dastra.eu" + path, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert "WWW-Authenticate" not in answer.headers


def test_the_public_key_is_no_api_key(services: StandIns, http: httpx.Client) -> None:
    headers = {"X-API-Key": services.dastra.public_key}
    assert http.get("https://api.dastra.eu/me", headers=headers).status_code == 401


def test_a_bad_token_is_not_made_good_by_a_key(services: StandIns, http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer old", "X-API-Key": services.dastra.private_key}
    assert http.get("https://api.dastra.eu/me", headers=headers).status_code == 401


def test_expired_tokens_are_refused_and_new_ones_are_not(
    services: StandIns, http: httpx.Client
) -> None:
    old = services.dastra.make_token()
    services.dastra.expire_tokens()
    new = services.dastra.make_token()
    assert services.dastra.tokens_in_force == {new}
    statuses = [
        http.get("https://api.dastra.eu/me", headers={"Authorization": f"Bearer {token}"})
        for token in (old, new)
    ]
    assert [answer.status_code for answer in statuses] == [401, 200]


def test_a_token_is_refused_once_its_lifetime_is_over(
    services: StandIns, http: httpx.Client, ask: Token
) -> None:
    services.dastra.lifetime = 0
    assert ask().json()["expires_in"] == 0
    assert services.dastra.tokens_in_force == set()


def test_the_api_sets_its_affinity_cookie_until_it_gets_it_back(
    services: StandIns, http: httpx.Client
) -> None:
    headers = {"X-API-Key": services.dastra.private_key}
    first = http.get("https://api.dastra.eu/me", headers=headers)
    second = http.get("https://api.dastra.eu/me", headers=headers)
    assert "acaAffinity" in first.cookies
    assert "Set-Cookie" not in second.headers
    assert first.cookies["acaAffinity"] in (services.dastra.calls[1].header("cookie") or "")


def test_an_unknown_path_is_a_404_in_json_and_a_wrong_method_a_405(
    services: StandIns, http: httpx.Client
) -> None:
    headers = {"X-API-Key": services.dastra.private_key}
    unknown = http.get("https://api.dastra.eu/v1/nothing", headers=headers)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "not_found")
    assert http.post("https://api.dastra.eu/me", headers=headers).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_the_echo_says_what_arrived_with_any_method(
    services: StandIns, http: httpx.Client, method: str
) -> None:
    body = b"" if method == "GET" else b"\x00body\xff" * 1000
    headers = {"X-API-Key": services.dastra.private_key}
    url = "https://api.dastra.eu/v1/echo?a=1&a=%20"
    answer = http.request(method, url, headers=headers, content=body).json()
    assert answer["method"] == method
    assert answer["query"] == [["a", "1"], ["a", " "]]
    assert (answer["length"], answer["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_past_the_proxy_the_path_tells_the_token_endpoint_from_the_api(
    services: StandIns,
) -> None:
    dastra = services.dastra
    credential = basic(dastra.public_key, dastra.private_key)
    trust = ssl.create_default_context(cafile=services.ca_file)
    with httpx.Client(verify=trust, trust_env=False) as direct:
        answer = direct.post(
            f"{dastra.origin}/connect/token", data=FORM, headers={"Authorization": credential}
        )
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert direct.get(f"{dastra.origin}/me", headers=headers).status_code == 200
    assert [request.is_token_request for request in dastra.requests] == [True, False]
