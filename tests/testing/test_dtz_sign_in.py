"""How a person signs in at DTZ, over a real socket with TLS."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest

from dtz_dastra_auth.testing import DtzStandIn, StandIns
from testing.sign_ins import (
    PKCE,
    REDIRECT_URI,
    host_of,
    past_the_proxy,
    sent_back,
    stays,
    with_query,
)

IDENTITY = "https://identity.dtz.rocks"
LOGIN = f"{IDENTITY}/login/"
AUTHORIZE = f"{IDENTITY}/api/2021-02-21/oauth/authorize"


def address(dtz: DtzStandIn, **changes: str | None) -> str:
    """Give the address of a sign-in, right in everything that the test does not change."""
    fields: dict[str, str | None] = {
        "response_type": "code",
        "client_id": dtz.context_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "state": "state &=1",
    }
    return with_query(AUTHORIZE, fields | changes)


def person(dtz: DtzStandIn, rd: str | None = None) -> dict[str, str]:
    form = {"username": dtz.username, "password": dtz.password}
    return form if rd is None else {**form, "rd": rd}


def cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"a=b; dtz-auth={token}"}


def test_without_the_cookie_a_browser_is_led_to_the_login_page(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    answer = http.get(address(dtz))
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"{LOGIN}?rd={quote(address(dtz), safe='')}"


@pytest.mark.parametrize("way", ["an old cookie", "bearer", "key"])
def test_nothing_but_a_good_cookie_counts(dtz: DtzStandIn, http: httpx.Client, way: str) -> None:
    token = dtz.make_token()
    headers = {
        "an old cookie": cookie("old"),
        "bearer": {"Authorization": f"Bearer {token}"},
        "key": {"X-API-KEY": dtz.api_key},
    }[way]
    assert http.get(address(dtz), headers=headers).status_code == 307


@pytest.mark.parametrize("pkce", [{}, PKCE], ids=["plain", "PKCE"])
def test_with_the_cookie_it_is_led_back_with_a_code_and_the_state(
    dtz: DtzStandIn, http: httpx.Client, pkce: dict[str, str]
) -> None:
    answer = http.get(address(dtz, **pkce), headers=cookie(dtz.make_token()))
    fields = sent_back(answer)
    assert fields.pop("code")
    assert fields == {"state": "state &=1"}


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": "context-of-nobody"},
        {"redirect_uri": None},
        {"redirect_uri": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_nobody_is_redirected_for_a_client_or_to_an_address_that_is_in_doubt(
    dtz: DtzStandIn, http: httpx.Client, change: dict[str, str | None]
) -> None:
    answer = http.get(address(dtz, **change), headers=cookie(dtz.make_token()))
    assert stays(answer, 400)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"client_id": "context-of-ann"}, "access_denied"),
    ],
    ids=str,
)
def test_any_other_mistake_is_told_to_the_application(
    dtz: DtzStandIn, http: httpx.Client, change: dict[str, str | None], error: str
) -> None:
    dtz.add_user("ann", "pass-of-ann", "context-of-ann")
    fields = sent_back(http.get(address(dtz, **change), headers=cookie(dtz.make_token())))
    assert (fields["error"], fields["state"]) == (error, "state &=1")


def test_the_login_page_keeps_where_a_browser_came_from(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    answer = http.get(with_query(LOGIN, {"rd": 'https://dtz.rocks/?a="><script>'}))
    assert stays(answer, 200)
    assert '<form method="post">' in answer.text
    assert 'name="rd" value="https://dtz.rocks/?a=&quot;&gt;&lt;script&gt;"' in answer.text


def test_the_right_password_sets_the_cookie_and_leads_back(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    answer = http.post(LOGIN, data=person(dtz, address(dtz)))
    assert (answer.status_code, answer.headers["Location"]) == (302, address(dtz))
    pair, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert dtz.tokens_in_force == {pair.removeprefix("dtz-auth=")}
    expected = {"Path=/", "Domain=.dtz.rocks", "Secure", "HttpOnly", "SameSite=Lax"}
    assert set(attributes) == expected
    assert "code" in sent_back(http.get(answer.headers["Location"]))


def test_the_address_in_the_query_counts_where_the_form_has_none(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    page = with_query(LOGIN, {"rd": "https://api.dtz.rocks/v1/me"})
    answer = http.post(page, data=person(dtz))
    assert answer.headers["Location"] == "https://api.dtz.rocks/v1/me"
    assert http.get(answer.headers["Location"]).status_code == 200


def test_who_came_from_nowhere_is_signed_in_where_they_are(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    answer = http.post(LOGIN, data=person(dtz))
    assert stays(answer, 200)
    assert answer.cookies["dtz-auth"] in dtz.tokens_in_force
    assert http.get("https://api.dtz.rocks/v1/me").status_code == 200


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"username": "nobody"}, {"password": ""}], ids=str
)
def test_a_wrong_password_shows_the_page_again(
    dtz: DtzStandIn, http: httpx.Client, change: dict[str, str]
) -> None:
    answer = http.post(LOGIN, data=person(dtz, "https://dtz.rocks/a?b=c") | change)
    assert stays(answer, 401)
    assert 'value="https://dtz.rocks/a?b=c"' in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "rd",
    [
        "https://evil.example/",
        "//evil.example/",
        "/api",
        "http://dtz.rocks/",
        "https://customer.dtz.rocks/",
        "https://dtz.rocks:8443/",
        "https://dtz.rocks:x/",
        "https://dtz.rocks@evil.example/",
        "https://me@dtz.rocks/",
        "https://evil.example\\@dtz.rocks/",
        "https://dtz.rocks/\r\nSet-Cookie: a=b",
        "https://127.0.0.1:1/",
        "https://127.0.0.1/",
        "https://[/",
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("place", ["form", "query"])
def test_nobody_is_led_away_from_dtz_by_the_login_page(
    dtz: DtzStandIn, http: httpx.Client, rd: str, place: str
) -> None:
    if place == "form":
        answer = http.post(LOGIN, data=person(dtz, rd))
    else:
        answer = http.post(with_query(LOGIN, {"rd": rd}), data=person(dtz))
    assert stays(answer, 400)
    assert dtz.tokens_in_force == set()


def test_what_is_no_form_and_what_is_no_method_are_refused(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    assert stays(http.post(LOGIN, json=person(dtz)), 400)
    assert http.delete(LOGIN).headers["Allow"] == "GET, HEAD, POST"
    assert http.post(address(dtz)).headers["Allow"] == "GET, HEAD"


def test_a_browser_comes_from_the_sign_in_by_the_login_page_to_the_code(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    page = http.get(address(dtz)).headers["Location"]
    back = http.post(page, data=person(dtz)).headers["Location"]
    assert "code" in sent_back(http.get(back))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_past_the_proxy_a_browser_stays_at_the_origin(services: StandIns, name: str) -> None:
    dtz = services.dtz
    origin = dtz.origin.replace("127.0.0.1", name)
    with past_the_proxy(services) as direct:
        to_page = direct.get(address(dtz).replace(IDENTITY, origin))
        assert host_of(to_page) == urlsplit(origin).netloc
        page = to_page.headers["Location"]
        assert stays(direct.get(page), 200)
        form = person(dtz, dict(parse_qsl(urlsplit(page).query))["rd"])
        signed_in = direct.post(page, data=form)
        assert "Domain" not in signed_in.headers["Set-Cookie"]
        assert host_of(signed_in) == urlsplit(origin).netloc
        # Chosen here, since not every client keeps cookies of hosts without a dot.
        seen = cookie(signed_in.headers["Set-Cookie"].split(";")[0].partition("=")[2])
        direct.cookies.clear()
        answer = direct.get(signed_in.headers["Location"], headers=seen)
    assert "code" in sent_back(answer)


def test_past_the_proxy_a_service_redirects_to_the_login_page_of_the_origin(
    services: StandIns,
) -> None:
    services.dtz.redirect_unauthenticated = True
    with past_the_proxy(services) as direct:
        answer = direct.get(f"{services.dtz.origin}/v1/me")
    back = quote(f"{services.dtz.origin}/v1/me", safe="")
    assert answer.headers["Location"] == f"{services.dtz.origin}/login/?rd={back}"
