"""How a person signs in at Dastra, over a real socket with TLS."""

from __future__ import annotations

import httpx
import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from rfc7636 import VERIFIER
from testing.sign_ins import (
    PKCE,
    REDIRECT_URI,
    past_the_proxy,
    sent_back,
    stays,
    with_query,
)

AUTHORIZE = "https://account.dastra.eu/connect/authorize"


def address(dastra: DastraStandIn, **changes: str | None) -> str:
    """Give the address of a sign-in, right in everything that the test does not change."""
    fields: dict[str, str | None] = {
        "response_type": "code",
        "client_id": dastra.public_key,
        "redirect_uri": REDIRECT_URI,
        "scope": "api1 offline_access",
        "state": "state &=1",
        **PKCE,
    }
    return with_query(AUTHORIZE, fields | changes)


def person(dastra: DastraStandIn) -> dict[str, str]:
    return {"username": dastra.username, "password": dastra.password}


def test_the_page_asks_for_user_name_and_password(
    dastra: DastraStandIn, http: httpx.Client
) -> None:
    answer = http.get(address(dastra))
    assert stays(answer, 200)
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<form method="post">' in answer.text
    for name in ("username", "password"):
        assert f'<label for="{name}">' in answer.text
        assert f'id="{name}" name="{name}"' in answer.text


def test_the_right_password_leads_back_with_a_code_and_the_state(
    dastra: DastraStandIn, http: httpx.Client
) -> None:
    fields = sent_back(http.post(address(dastra), data=person(dastra)))
    assert fields.pop("code")
    assert fields == {"state": "state &=1"}
    assert dastra.authorization_url == AUTHORIZE


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"username": "nobody"}, {"password": ""}]
)
def test_a_wrong_password_shows_the_page_again(
    dastra: DastraStandIn, http: httpx.Client, change: dict[str, str]
) -> None:
    answer = http.post(address(dastra), data=person(dastra) | change)
    assert stays(answer, 401)
    assert 'role="alert"' in answer.text
    assert '<form method="post">' in answer.text


def test_who_cancels_is_led_back_without_a_code(dastra: DastraStandIn, http: httpx.Client) -> None:
    assert 'name="cancel"' in http.get(address(dastra)).text
    fields = sent_back(http.post(address(dastra), data={"cancel": "yes", "password": ""}))
    assert (fields["error"], fields["state"]) == ("access_denied", "state &=1")
    assert "code" not in fields


@pytest.mark.leaks(
    "nothing beside it tells that it is a callback's",
    finding="Dastra authorization code in the log record of httpcore.http11 .*",
)
def test_a_sign_in_without_state_and_pkce_gets_a_code_alone(
    dastra: DastraStandIn, http: httpx.Client
) -> None:
    url = address(dastra, state=None, code_challenge=None, code_challenge_method=None)
    assert set(sent_back(http.post(url, data=person(dastra)))) == {"code"}


@pytest.mark.parametrize(
    "uri", ["https://app.example/cb?next=%2Fhome", "http://app.example/cb?", "http://[::1]:5000"]
)
def test_the_query_of_the_redirect_uri_is_kept(
    dastra: DastraStandIn, http: httpx.Client, uri: str
) -> None:
    location = http.post(address(dastra, redirect_uri=uri), data=person(dastra)).headers["Location"]
    join = {"?": "", "e": "&"}.get(uri[-1], "?")
    assert location.startswith(f"{uri}{join}code=")


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": "/callback"},
        {"redirect_uri": "//app.example/callback"},
        {"redirect_uri": "https:///callback"},
        {"redirect_uri": "https://[/callback"},
        {"redirect_uri": "https://app.example/#there"},
        {"redirect_uri": "https://app.example\\@other.example/"},
        {"redirect_uri": "https://app.example/\r\nSet-Cookie: a=b"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_redirected_for_a_client_or_to_an_address_that_is_in_doubt(
    dastra: DastraStandIn, http: httpx.Client, change: dict[str, str | None], method: str
) -> None:
    data = person(dastra) if method == "POST" else None
    assert stays(http.request(method, address(dastra, **change), data=data), 400)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_client_or_an_address_that_is_named_twice_is_in_doubt(
    dastra: DastraStandIn, http: httpx.Client, name: str
) -> None:
    value = {"client_id": dastra.public_key, "redirect_uri": REDIRECT_URI}[name]
    assert stays(http.get(f"{address(dastra)}&{name}={value}"), 400)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "offline_access"}, "invalid_scope"),
        ({"scope": "api1 admin"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
    ids=str,
)
def test_any_other_mistake_is_told_to_the_application(
    dastra: DastraStandIn, http: httpx.Client, change: dict[str, str | None], error: str
) -> None:
    fields = sent_back(http.get(address(dastra, **change)))
    assert (fields["error"], fields["state"]) == (error, "state &=1")
    assert fields["error_description"]


def test_a_parameter_that_is_sent_twice_is_a_mistake(
    dastra: DastraStandIn, http: httpx.Client
) -> None:
    fields = sent_back(http.get(address(dastra) + "&scope=api1"))
    assert fields["error"] == "invalid_request"


def test_what_is_no_form_and_what_is_no_method_are_refused(
    dastra: DastraStandIn, http: httpx.Client
) -> None:
    assert stays(http.post(address(dastra), json=person(dastra)), 400)
    answer = http.delete(address(dastra))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_the_sign_in_is_on_the_account_host_alone_and_no_token_request(
    dastra: DastraStandIn, http: httpx.Client
) -> None:
    http.get(address(dastra))
    elsewhere = address(dastra).replace("account.", "api.")
    assert http.get(elsewhere).status_code == 401
    assert len(dastra.calls) == 2


def test_past_the_proxy_a_person_signs_in_the_same_way(services: StandIns) -> None:
    dastra = services.dastra
    url = address(dastra).replace("https://account.dastra.eu", dastra.origin)
    with past_the_proxy(services) as direct:
        assert stays(direct.get(url), 200)
        code = sent_back(direct.post(url, data=person(dastra)))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        form["code_verifier"] = VERIFIER
        pair = (dastra.public_key, dastra.private_key)
        answer = direct.post(f"{dastra.origin}/connect/token", data=form, auth=pair)
    assert answer.json()["refresh_token"] in dastra.refresh_tokens_in_force


def test_credentials_of_the_person_stay_when_all_else_is_reset(dastra: DastraStandIn) -> None:
    before = person(dastra)
    dastra.reset()
    assert person(dastra) == before


def test_both_grants_are_token_requests_past_the_proxy_too(services: StandIns) -> None:
    dastra = services.dastra
    pair, url = (dastra.public_key, dastra.private_key), f"{dastra.origin}/connect/token"
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI}
    with past_the_proxy(services) as direct:
        form["code"] = dastra.make_code(REDIRECT_URI)
        token = direct.post(url, data=form, auth=pair).json()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        assert direct.post(url, data=form, auth=pair).status_code == 200
    assert [request.status for request in dastra.token_requests] == [200, 200]
