"""DTZ's identity API, over a real socket with TLS."""

from __future__ import annotations

from typing import Any, Literal

import httpx
import pytest

from dtz_dastra_auth.testing import DtzStandIn, StandIns

BASE = "https://identity.dtz.rocks/api/2021-02-21"


def assert_granted(
    dtz: DtzStandIn, http: httpx.Client, answer: httpx.Response, context: str
) -> None:
    assert answer.status_code == 200
    granted: dict[str, Any] = answer.json()
    assert granted["scope"] == context
    assert granted["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    roles = http.get(f"{BASE}/me", headers=headers).json()["roles"]
    assert any(context in role for role in roles)


def test_user_name_and_password_get_a_token_of_the_default_context(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    credentials = {"username": dtz.username, "password": dtz.password}
    assert_granted(dtz, http, http.post(f"{BASE}/token/auth", json=credentials), dtz.context_id)


def test_a_stray_cookie_does_not_matter_where_no_credential_is_asked_for(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    body = {"username": dtz.username, "password": dtz.password}
    answer = http.post(f"{BASE}/token/auth", json=body, headers={"Cookie": "a=b"})
    assert answer.status_code == 200


def test_the_lifetime_is_answered_as_a_float(dtz: DtzStandIn, http: httpx.Client) -> None:
    credentials = {"username": dtz.username, "password": dtz.password}
    answer = http.post(f"{BASE}/token/auth", json=credentials)
    assert '"expires_in":86400.0' in answer.text
    dtz.lifetime = 60
    answer = http.post(f"{BASE}/token/auth", json=credentials)
    assert '"expires_in":60}' in answer.text


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "nobody", "password": "wrong"},
        {"username": "{username}", "password": "wrong"},
        {"username": "{username}"},
        {},
        {"username": ["x"], "password": None},
    ],
)
@pytest.mark.parametrize("shape", ["msg", "status", "text"])
def test_bad_ones_are_a_401_in_each_shape_an_error_has(
    dtz: DtzStandIn,
    http: httpx.Client,
    credentials: dict[str, Any],
    shape: Literal["msg", "status", "text"],
) -> None:
    dtz.error_shape = shape
    if credentials.get("username") == "{username}":
        credentials = {**credentials, "username": dtz.username}
    answer = http.post(f"{BASE}/token/auth", json=credentials)
    assert answer.status_code == 401
    if shape == "text":
        assert answer.text == "wrong username or password"
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    else:
        assert answer.json() == {shape: "wrong username or password"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff"])
@pytest.mark.parametrize("path", ["/token/auth", "/token/refresh", "/auth/apikey"])
def test_a_body_that_is_no_json_object_is_a_400(
    http: httpx.Client, dtz: DtzStandIn, path: str, body: bytes
) -> None:
    answer = http.post(BASE + path, content=body, headers={"X-API-KEY": dtz.api_key})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/token/auth", "/token/refresh", "/auth/apikey"])
def test_a_wrong_method_is_a_405(http: httpx.Client, services: StandIns, path: str) -> None:
    assert http.get(BASE + path).status_code == 405


@pytest.mark.parametrize("way", ["bearer", "cookie", "key"])
def test_a_refresh_takes_any_credential_and_keeps_the_context(
    dtz: DtzStandIn, http: httpx.Client, way: str
) -> None:
    token = dtz.make_token(dtz.add_context("context-2"))
    headers = {
        "bearer": {"Authorization": f"Bearer {token}"},
        "cookie": {"Cookie": f"dtz-auth={token}"},
        "key": {"X-API-KEY": dtz.api_key, "X-DTZ-CONTEXT": "context-2"},
    }[way]
    answer = http.post(f"{BASE}/token/refresh", json={}, headers=headers)
    assert_granted(dtz, http, answer, "context-2")
    assert answer.json()["access_token"] != token


def test_a_refresh_can_choose_another_context(dtz: DtzStandIn, http: httpx.Client) -> None:
    other = dtz.add_context()
    headers = {"Authorization": f"Bearer {dtz.make_token()}"}
    answer = http.post(f"{BASE}/token/refresh", json={"contextId": other}, headers=headers)
    assert_granted(dtz, http, answer, other)


def test_a_refresh_without_a_good_token_or_into_a_foreign_context_is_refused(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    old = {"Authorization": f"Bearer {dtz.make_token()}"}
    dtz.expire_tokens()
    assert http.post(f"{BASE}/token/refresh", json={}, headers=old).status_code == 401
    new = {"Authorization": f"Bearer {dtz.make_token()}"}
    foreign = {"contextId": "context-of-somebody"}
    assert http.post(f"{BASE}/token/refresh", json=foreign, headers=new).status_code == 403


def test_a_key_gets_a_token_for_its_own_or_a_chosen_context(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    other = dtz.add_context()
    own = http.post(f"{BASE}/auth/apikey", json={"apiKey": dtz.api_key})
    assert_granted(dtz, http, own, dtz.context_id)
    chosen = http.post(f"{BASE}/auth/apikey", json={"apiKey": dtz.api_key, "contextId": other})
    assert_granted(dtz, http, chosen, other)


@pytest.mark.parametrize(
    "body", [{}, {"apiKey": "apikey-unknown"}, {"apiKey": 1}, {"apiKey": "1234"}]
)
def test_an_unknown_key_gets_no_token(
    http: httpx.Client, dtz: DtzStandIn, body: dict[str, Any]
) -> None:
    dtz.add_api_key("1234", dtz.context_id)
    assert http.post(f"{BASE}/auth/apikey", json=body).status_code == 401


def test_a_user_that_was_added_gets_tokens_of_the_context_given(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    dtz.add_user("ann", "pa:ss", "context-of-ann")
    answer = http.post(f"{BASE}/token/auth", json={"username": "ann", "password": "pa:ss"})
    assert_granted(dtz, http, answer, "context-of-ann")


def test_token_requests_are_told_from_calls(dtz: DtzStandIn, http: httpx.Client) -> None:
    http.post(f"{BASE}/token/auth", json={})
    http.post(f"{BASE}/auth/apikey", json={})
    http.post(f"{BASE}/token/refresh", json={})
    http.get(f"{BASE}/me")
    http.post("https://api.dtz.rocks/api/2021-02-21/token/auth", json={})
    assert len(dtz.token_requests) == 3
    assert [request.host for request in dtz.calls] == ["identity.dtz.rocks", "api.dtz.rocks"]


def test_the_discovery_document_names_an_issuer_that_tokens_do_not_have(
    http: httpx.Client, services: StandIns
) -> None:
    url = "https://identity.dtz.rocks/.well-known/openid-configuration"
    assert http.get(url).json()["issuer"] != "dtz.rocks"
    assert http.get("https://api.dtz.rocks/.well-known/openid-configuration").status_code == 401
