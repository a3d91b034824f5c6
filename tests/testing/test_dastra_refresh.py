"""Codes and refresh tokens at Dastra's token endpoint, over a real socket with TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dtz_dastra_auth.testing import DastraStandIn
from rfc7636 import CHALLENGE, VERIFIER
from testing.sign_ins import REDIRECT_URI

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(dastra: DastraStandIn, http: httpx.Client) -> Ask:
    """Send a form to the token endpoint as the default client."""

    def ask(pair: tuple[str, str] | None = None, **form: str | None) -> httpx.Response:
        sent = {name: value for name, value in form.items() if value is not None}
        pair = pair or (dastra.public_key, dastra.private_key)
        return http.post(dastra.token_url, data=sent, auth=pair)

    return ask


@pytest.fixture
def exchange(ask: Ask) -> Ask:
    """Exchange a code, right in everything that the test does not change."""

    def exchange(code: str | None, /, **changes: object) -> httpx.Response:
        form: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI}
        return ask(**{**form, "code": code, **changes})

    return exchange


@pytest.fixture
def refresh(ask: Ask) -> Ask:
    """Send a refresh token."""

    def refresh(token: str | None, /, **changes: object) -> httpx.Response:
        form: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": token}
        return ask(**{**form, **changes})

    return refresh


def refused(answer: httpx.Response, error: str = "invalid_grant") -> bool:
    return (answer.status_code, answer.json()["error"]) == (400, error)


def opens(http: httpx.Client, answer: httpx.Response) -> bool:
    """Say whether the API takes the access token of an answer."""
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return http.get("https://api.dastra.eu/me", headers=bearer).status_code == 200


def test_a_code_gets_an_access_token_and_a_refresh_token(
    dastra: DastraStandIn, http: httpx.Client, exchange: Ask
) -> None:
    answer = exchange(dastra.make_code(REDIRECT_URI))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert opens(http, answer)
    granted = answer.json()
    assert dastra.refresh_tokens_in_force == {granted.pop("refresh_token")}
    del granted["access_token"]
    assert granted == {
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "api1 offline_access",
    }


def test_without_offline_access_there_is_no_refresh_token(
    dastra: DastraStandIn, exchange: Ask
) -> None:
    answer = exchange(dastra.make_code(REDIRECT_URI, scope="api1"))
    assert answer.json()["scope"] == "api1"
    assert "refresh_token" not in answer.json()
    assert dastra.refresh_tokens_in_force == set()


def test_a_code_with_pkce_takes_its_verifier(dastra: DastraStandIn, exchange: Ask) -> None:
    code = dastra.make_code(REDIRECT_URI, code_challenge=CHALLENGE)
    assert exchange(code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize(
    ("challenge", "change"),
    [
        (None, {"redirect_uri": REDIRECT_URI + "/"}),
        (None, {"code_verifier": VERIFIER}),
        (CHALLENGE, {}),
        (CHALLENGE, {"code_verifier": ""}),
        (CHALLENGE, {"code_verifier": VERIFIER[:-1] + "ö"}),
        (CHALLENGE, {"code_verifier": CHALLENGE}),
    ],
)
def test_an_exchange_that_does_not_fit_its_sign_in_is_refused_and_spends_nothing(
    dastra: DastraStandIn, exchange: Ask, challenge: str | None, change: dict[str, str]
) -> None:
    code = dastra.make_code(REDIRECT_URI, code_challenge=challenge)
    assert refused(exchange(code, **change))
    verifier = VERIFIER if challenge else None
    assert exchange(code, code_verifier=verifier).status_code == 200
    assert dastra.reuses == 0


@pytest.mark.parametrize("change", [{"code": None}, {"code": ""}, {"redirect_uri": None}])
def test_an_exchange_without_code_or_address_is_no_request(
    dastra: DastraStandIn, exchange: Ask, change: dict[str, str | None]
) -> None:
    assert refused(exchange(dastra.make_code(REDIRECT_URI), **change), "invalid_request")


def test_an_unknown_code_is_refused(exchange: Ask) -> None:
    assert refused(exchange("unknown"))


def test_a_code_is_refused_once_its_lifetime_is_over(dastra: DastraStandIn, exchange: Ask) -> None:
    assert dastra.code_lifetime == 300
    dastra.code_lifetime = 0
    assert refused(exchange(dastra.make_code(REDIRECT_URI)))
    assert dastra.reuses == 0


def test_a_code_that_comes_again_revokes_all_that_was_made_from_it(
    dastra: DastraStandIn, http: httpx.Client, exchange: Ask, refresh: Ask
) -> None:
    code = dastra.make_code(REDIRECT_URI)
    first = exchange(code)
    second = refresh(first.json()["refresh_token"])
    other = exchange(dastra.make_code(REDIRECT_URI))
    assert refused(exchange(code))
    assert dastra.reuses == 1
    assert [opens(http, answer) for answer in (first, second, other)] == [False, False, True]
    assert dastra.refresh_tokens_in_force == {other.json()["refresh_token"]}
    assert refused(refresh(second.json()["refresh_token"]))
    assert dastra.reuses == 1


def test_codes_and_refresh_tokens_are_their_clients_alone(
    dastra: DastraStandIn, exchange: Ask, refresh: Ask
) -> None:
    dastra.add_key_pair("other", "others-key")
    mine, others = (dastra.public_key, dastra.private_key), ("other", "others-key")
    code, token = dastra.make_code(REDIRECT_URI), dastra.make_refresh_token()
    assert refused(exchange(code, pair=others))
    assert refused(refresh(token, pair=others))
    assert exchange(code, pair=mine).status_code == refresh(token, pair=mine).status_code == 200
    code = dastra.make_code(REDIRECT_URI, public_key="other")
    token = dastra.make_refresh_token(public_key="other")
    assert exchange(code, pair=others).status_code == refresh(token, pair=others).status_code == 200
    assert dastra.reuses == 0


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
def test_both_grants_take_a_client_that_is_known(
    dastra: DastraStandIn, ask: Ask, grant: str
) -> None:
    answer = ask(
        (dastra.public_key, "wrong"),
        grant_type=grant,
        code=dastra.make_code(REDIRECT_URI),
        redirect_uri=REDIRECT_URI,
        refresh_token=dastra.make_refresh_token(),
    )
    assert refused(answer, "invalid_client")


def test_a_refresh_gives_a_new_refresh_token_and_keeps_the_access_token(
    dastra: DastraStandIn, http: httpx.Client, exchange: Ask, refresh: Ask
) -> None:
    first = exchange(dastra.make_code(REDIRECT_URI))
    second = refresh(first.json()["refresh_token"])
    third = refresh(second.json()["refresh_token"])
    assert [opens(http, answer) for answer in (first, second, third)] == [True] * 3
    assert dastra.refresh_tokens_in_force == {third.json()["refresh_token"]}
    assert third.json()["scope"] == "api1 offline_access"
    assert dastra.reuses == 0


def test_a_spent_refresh_token_that_comes_again_revokes_its_whole_family(
    dastra: DastraStandIn, http: httpx.Client, refresh: Ask
) -> None:
    token, other = dastra.make_refresh_token(), dastra.make_refresh_token()
    answers = [refresh(token)]
    answers.append(refresh(answers[-1].json()["refresh_token"]))
    assert refused(refresh(token))
    assert dastra.reuses == 1
    assert [opens(http, answer) for answer in answers] == [False, False]
    assert refused(refresh(answers[-1].json()["refresh_token"]))
    assert dastra.reuses == 1, "the newest one was never spent"
    assert refused(refresh(token))
    assert dastra.reuses == 2
    assert dastra.refresh_tokens_in_force == {other}


def test_without_rotation_a_refresh_token_goes_on(dastra: DastraStandIn, refresh: Ask) -> None:
    dastra.rotates = False
    token = dastra.make_refresh_token()
    answers = [refresh(token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert not any("refresh_token" in answer.json() for answer in answers)
    assert (dastra.refresh_tokens_in_force, dastra.reuses) == ({token}, 0)


def test_a_spent_refresh_token_is_taken_again_in_the_leeway(
    dastra: DastraStandIn, refresh: Ask
) -> None:
    dastra.reuse_leeway = 60.0
    token = dastra.make_refresh_token()
    news = [refresh(token).json()["refresh_token"] for _ in range(3)]
    assert len(set(news)) == 3
    assert dastra.refresh_tokens_in_force == set(news)
    assert dastra.reuses == 0
    dastra.reuse_leeway = 0.0
    assert refused(refresh(token))
    assert (dastra.refresh_tokens_in_force, dastra.reuses) == (set(), 1)


def test_the_leeway_saves_no_token_of_a_family_that_is_revoked(
    dastra: DastraStandIn, exchange: Ask, refresh: Ask
) -> None:
    dastra.reuse_leeway = 60.0
    code = dastra.make_code(REDIRECT_URI)
    token = exchange(code).json()["refresh_token"]
    refresh(token)
    exchange(code)
    assert refused(refresh(token))
    assert dastra.reuses == 2


def test_a_refresh_may_ask_for_less_and_never_for_more(
    dastra: DastraStandIn, exchange: Ask, refresh: Ask
) -> None:
    token = dastra.make_refresh_token()
    assert refused(refresh(token, scope="api1 admin"), "invalid_scope")
    answer = refresh(token, scope="api1")
    assert answer.json()["scope"] == "api1"
    assert refresh(answer.json()["refresh_token"]).json()["scope"] == "api1 offline_access"


@pytest.mark.parametrize("token", [None, ""])
def test_a_refresh_without_its_token_is_no_request(refresh: Ask, token: str | None) -> None:
    assert refused(refresh(token), "invalid_request")


def test_refresh_tokens_that_expired_are_refused_and_are_no_reuse(
    dastra: DastraStandIn, refresh: Ask
) -> None:
    spent = dastra.make_refresh_token()
    tokens = [spent, dastra.make_refresh_token(), refresh(spent).json()["refresh_token"]]
    dastra.expire_refresh_tokens()
    assert all(refused(refresh(token)) for token in tokens)
    assert refresh(dastra.make_refresh_token()).status_code == 200
    assert dastra.reuses == 0


def test_access_tokens_expire_without_their_refresh_token(
    dastra: DastraStandIn, http: httpx.Client, exchange: Ask, refresh: Ask
) -> None:
    answer = exchange(dastra.make_code(REDIRECT_URI))
    dastra.expire_tokens()
    assert not opens(http, answer)
    assert opens(http, refresh(answer.json()["refresh_token"]))


def test_an_answer_that_the_test_commands_spends_nothing(
    dastra: DastraStandIn, exchange: Ask, refresh: Ask
) -> None:
    code, token = dastra.make_code(REDIRECT_URI), dastra.make_refresh_token()
    dastra.fail(503, on="token", times=2)
    assert exchange(code).status_code == refresh(token).status_code == 503
    assert exchange(code).status_code == refresh(token).status_code == 200


def test_a_reset_forgets_all_that_was_made_and_set(
    dastra: DastraStandIn, exchange: Ask, refresh: Ask
) -> None:
    code, token = dastra.make_code(REDIRECT_URI), dastra.make_refresh_token()
    refresh(token)
    refresh(token)
    dastra.rotates, dastra.reuse_leeway, dastra.code_lifetime = False, 30.0, 1.0
    dastra.reset()
    assert (dastra.rotates, dastra.reuse_leeway, dastra.code_lifetime) == (True, 0.0, 300.0)
    assert (dastra.refresh_tokens_in_force, dastra.reuses) == (set(), 0)
    assert refused(exchange(code))
    assert refused(refresh(token))
    assert dastra.reuses == 0
