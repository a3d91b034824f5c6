"""How DTZ authenticates a request, in the verifier's order, over a real socket with TLS."""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from dtz_dastra_auth.testing import DtzStandIn

ME = "https://api.dtz.rocks/v1/me"
Headers = dict[str, str]
Get = Callable[..., httpx.Response]


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture
def get(http: httpx.Client) -> Get:
    def get(headers: Headers | None = None, url: str = ME) -> httpx.Response:
        return http.get(url, headers=headers)

    return get


def context_of(answer: httpx.Response) -> str:
    """Read the chosen context from the roles."""
    assert answer.status_code == 200
    context: str = answer.json()["roles"][0].rpartition("/")[2]
    return context


def good(dtz: DtzStandIn) -> dict[str, Headers]:
    token = dtz.make_token()
    return {
        "key": {"X-API-KEY": dtz.api_key},
        "bearer": {"Authorization": f"Bearer {token}"},
        "basic with a key": {"Authorization": basic(f"apikey:{dtz.api_key}")},
        "basic with a token": {"Authorization": basic(f"bearer:{token}")},
        "cookie": {"Cookie": f"dtz-auth={token}"},
        "cookie among others": {"Cookie": f"a=b; dtz-auth={token}; c=d"},
    }


METHODS = [
    "key",
    "bearer",
    "basic with a key",
    "basic with a token",
    "cookie",
    "cookie among others",
]


@pytest.mark.parametrize("method", METHODS)
def test_each_way_to_authenticate_gets_the_roles_of_the_default_context(
    dtz: DtzStandIn, get: Get, method: str
) -> None:
    assert context_of(get(good(dtz)[method])) == dtz.context_id


@pytest.mark.parametrize("host", DtzStandIn.hosts)
def test_every_host_of_the_allow_list_answers_for_its_own_name(
    dtz: DtzStandIn, get: Get, host: str
) -> None:
    answer = get({"X-API-KEY": dtz.api_key}, f"https://{host}/v1/me")
    assert context_of(answer) == dtz.context_id
    assert dtz.calls[-1].host == host


def test_the_query_gets_the_roles_too(dtz: DtzStandIn, get: Get) -> None:
    assert context_of(get(url=f"{ME}?apiKey={dtz.api_key}")) == dtz.context_id


def test_a_key_chooses_its_context_in_header_and_query(dtz: DtzStandIn, get: Get) -> None:
    other = dtz.add_context()
    chosen = {"X-API-KEY": dtz.api_key, "X-DTZ-CONTEXT": other}
    assert context_of(get(chosen)) == other
    assert context_of(get(url=f"{ME}?apiKey={dtz.api_key}&contextId={other}")) == other


def test_an_empty_context_counts_as_absent(dtz: DtzStandIn, get: Get) -> None:
    empty = {"X-API-KEY": dtz.api_key, "X-DTZ-CONTEXT": ""}
    assert context_of(get(empty)) == dtz.context_id
    assert context_of(get(url=f"{ME}?apiKey={dtz.api_key}&contextId=")) == dtz.context_id


def test_a_context_of_somebody_else_is_refused(dtz: DtzStandIn, get: Get) -> None:
    foreign = {"X-API-KEY": dtz.api_key, "X-DTZ-CONTEXT": "context-of-somebody"}
    assert get(foreign).status_code == 401
    assert get(url=f"{ME}?apiKey={dtz.api_key}&contextId=context-x").status_code == 401


@pytest.mark.parametrize("method", ["key", "bearer", "basic with a key", "basic with a token"])
@pytest.mark.parametrize("cookie", ["theme=dark", "dtz_auth=x", "dtz-auth=bad", "DTZ-AUTH=x", ""])
def test_any_other_cookie_beats_a_right_credential(
    dtz: DtzStandIn, get: Get, method: str, cookie: str
) -> None:
    assert get({**good(dtz)[method], "Cookie": cookie}).status_code == 401


def test_a_stray_cookie_beats_a_right_key_in_the_query(dtz: DtzStandIn, get: Get) -> None:
    assert get({"Cookie": "a=b"}, f"{ME}?apiKey={dtz.api_key}").status_code == 401


def test_a_right_cookie_beats_everything_that_is_wrong(dtz: DtzStandIn, get: Get) -> None:
    headers = {**good(dtz)["cookie"], "Authorization": "Nonsense", "X-API-KEY": "wrong"}
    assert get(headers, f"{ME}?apiKey=a&apiKey=b").status_code == 200


def test_an_authorization_header_hides_a_right_key(dtz: DtzStandIn, get: Get) -> None:
    headers = {"Authorization": "Bearer wrong", "X-API-KEY": dtz.api_key}
    assert get(headers).status_code == 401


def test_a_key_header_hides_a_right_key_in_the_query(dtz: DtzStandIn, get: Get) -> None:
    assert get({"X-API-KEY": "wrong"}, f"{ME}?apiKey={dtz.api_key}").status_code == 401


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "Bearer  ", "Bearer\t", "Token ", ""])
def test_the_bearer_scheme_is_taken_in_one_spelling_alone(
    dtz: DtzStandIn, get: Get, scheme: str
) -> None:
    assert get({"Authorization": scheme + dtz.make_token()}).status_code == 401


@pytest.mark.parametrize("scheme", ["basic ", "BASIC "])
def test_the_basic_scheme_is_taken_in_one_spelling_alone(
    dtz: DtzStandIn, get: Get, scheme: str
) -> None:
    right = basic(f"apikey:{dtz.api_key}").removeprefix("Basic ")
    assert get({"Authorization": scheme + right}).status_code == 401


@pytest.mark.parametrize("text", ["apikey", "user:{key}", "Apikey:{key}", ":{key}", "{key}:"])
def test_basic_needs_one_of_its_two_user_names(dtz: DtzStandIn, get: Get, text: str) -> None:
    authorization = basic(text.format(key=dtz.api_key))
    assert get({"Authorization": authorization}).status_code == 401


def test_what_follows_a_second_colon_in_basic_is_lost(dtz: DtzStandIn, get: Get) -> None:
    dtz.add_api_key("apikey-with:colon", dtz.context_id)
    lost = basic(f"apikey:{dtz.api_key}:anything")
    assert get({"Authorization": lost}).status_code == 200
    never = basic("apikey:apikey-with:colon")
    assert get({"Authorization": never}).status_code == 401


def test_a_key_without_its_prefix_is_refused_even_if_it_is_known(dtz: DtzStandIn, get: Get) -> None:
    dtz.add_api_key("1234", dtz.context_id)
    assert get({"X-API-KEY": "1234"}).status_code == 401
    assert get({"Authorization": basic("apikey:1234")}).status_code == 401
    assert get(url=f"{ME}?apiKey=1234").status_code == 401


@pytest.mark.parametrize("name", ["apikey", "APIKEY", "api_key", "ApiKey"])
def test_the_names_in_the_query_are_case_sensitive(dtz: DtzStandIn, get: Get, name: str) -> None:
    assert get(url=f"{ME}?{name}={dtz.api_key}").status_code == 401


@pytest.mark.parametrize(
    "query", ["apiKey={key}&apiKey={key}", "apiKey={key}&contextId=&contextId="]
)
def test_a_parameter_twice_crashes_the_handler(dtz: DtzStandIn, get: Get, query: str) -> None:
    assert get(url=f"{ME}?{query.format(key=dtz.api_key)}").status_code == 500


@pytest.mark.parametrize("broken", ["!!!", "YXBpa2V5", "YXBpa2V5On", "YQ==YQ==", "_w==", "/w=="])
def test_broken_base64_crashes_the_handler(get: Get, broken: str) -> None:
    padded_right = broken == "YXBpa2V5"
    assert get({"Authorization": "Basic " + broken}).status_code == (401 if padded_right else 500)


def test_a_401_is_plain_text_without_a_challenge(get: Get) -> None:
    answer = get()
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "WWW-Authenticate" not in answer.headers


def test_an_unauthenticated_call_can_be_redirected_to_a_page_that_is_a_200(
    dtz: DtzStandIn, get: Get, http: httpx.Client
) -> None:
    dtz.redirect_unauthenticated = True
    answer = get(url=ME + "?a=b&c=d")
    assert answer.status_code == 307
    location = httpx.URL(answer.headers["Location"])
    assert (location.host, location.path) == ("identity.dtz.rocks", "/login/")
    assert location.params["rd"] == ME + "?a=b&c=d"
    page = http.get(location)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert get({"X-API-KEY": dtz.api_key}).status_code == 200


def test_a_token_is_a_jwt_with_the_claims_of_the_real_one(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    keys = http.get("https://identity.dtz.rocks/.well-known/jwks.json").json()["keys"]
    token = jwt.decode(dtz.make_token(), RSAKey.import_key(keys[0]), ["RS256"])
    assert (token.header["alg"], token.header["kid"]) == ("RS256", "dtz1")
    assert token.claims["iss"] == token.claims["aud"] == "dtz.rocks"
    assert token.claims["scope"] == dtz.context_id
    assert token.claims["exp"] - token.claims["iat"] == 86400
    assert "d" not in keys[0]


def test_a_token_is_taken_for_fifteen_minutes_past_its_end(dtz: DtzStandIn, get: Get) -> None:
    tokens = [dtz.make_token(lifetime=-14 * 60), dtz.make_token(lifetime=-16 * 60)]
    answers = [get({"Authorization": f"Bearer {token}"}).status_code for token in tokens]
    assert answers == [200, 401]
    assert dtz.tokens_in_force == {tokens[0]}


def test_a_token_that_somebody_else_signed_is_refused(dtz: DtzStandIn, get: Get) -> None:
    header, claims, _ = dtz.make_token().split(".")
    forged = jwt.encode(
        {"alg": "HS256", "kid": "dtz1"},
        {"iss": "dtz.rocks", "aud": "dtz.rocks"},
        OctKey.generate_key(256),
        ["HS256"],
    )
    for token in (f"{header}.{claims}.AAAA", f"{header}.{claims}.", forged, "a.b.c", ".."):
        assert get({"Authorization": f"Bearer {token}"}).status_code == 401


def test_expired_tokens_are_refused_and_keys_are_not(dtz: DtzStandIn, get: Get) -> None:
    old = dtz.make_token()
    dtz.expire_tokens()
    assert get({"Cookie": f"dtz-auth={old}"}).status_code == 401
    assert get({"Cookie": f"dtz-auth={dtz.make_token()}"}).status_code == 200
    assert get({"X-API-KEY": dtz.api_key}).status_code == 200


def test_a_token_works_in_the_context_it_was_made_for(dtz: DtzStandIn, get: Get) -> None:
    other = dtz.add_context("context-other")
    assert context_of(get({"Authorization": f"Bearer {dtz.make_token(other)}"})) == "context-other"


def test_the_echo_is_on_every_host_and_needs_a_credential(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    for url in ("https://cr.dtz.rocks/v1/echo", f"{dtz.identity_url}/echo"):
        assert http.post(url, content=b"x").status_code == 401
        answer = http.post(url, content=b"xy", headers={"X-API-KEY": dtz.api_key})
        assert (answer.json()["method"], answer.json()["length"]) == ("POST", 2)


def test_an_unknown_path_is_a_404(dtz: DtzStandIn, get: Get) -> None:
    assert get({"X-API-KEY": dtz.api_key}, "https://api.dtz.rocks/v1/no").status_code == 404
