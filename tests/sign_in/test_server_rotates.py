"""What the authorization server does by itself: the tests beside this one are proven by it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from oidc import persons
from oidc.server import ADA, AuthorizationServer, KeyPair


def renewed(server: AuthorizationServer, client: KeyPair, token: str) -> requests.Response:
    return persons.exchange(server, client, grant_type="refresh_token", refresh_token=token)


def status_of_a_call(server: AuthorizationServer, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    return requests.get(server.workspaces_url("plain"), headers=headers).status_code


def test_a_code_becomes_an_access_token_and_a_refresh_token_without_openid(
    trusted: AuthorizationServer,
) -> None:
    tokens = persons.tokens(trusted, persons.signed_in(trusted, lifetime=7))
    assert set(tokens) == {"access_token", "refresh_token", "expires_in", "scope", "token_type"}
    assert (tokens["scope"], tokens["expires_in"]) == ("api1 offline_access", 7)
    assert status_of_a_call(trusted, tokens["access_token"]) == 200


def test_who_does_not_ask_for_offline_access_gets_no_refresh_token(
    trusted: AuthorizationServer,
) -> None:
    tokens = persons.tokens(trusted, persons.signed_in(trusted, scope="api1"))
    assert "refresh_token" not in tokens


def test_each_renewal_gives_another_refresh_token(trusted: AuthorizationServer) -> None:
    held = persons.signed_in(trusted)
    token = persons.tokens(trusted, held)["refresh_token"]
    answers = list(islice(persons.rotations(trusted, held.client, token), 3))
    given = [token, *(answer.json()["refresh_token"] for answer in answers)]
    assert len(set(given)) == 4
    grants = trusted.grants(held.client.public_key)
    assert grants.refresh_tokens == given
    assert (grants.consumed, grants.revoked, grants.refusals) == (3, 0, {})


def test_a_refresh_token_that_comes_again_ends_the_grant_and_is_counted(
    trusted: AuthorizationServer,
) -> None:
    held = persons.signed_in(trusted, lifetime=60)
    old = persons.tokens(trusted, held)["refresh_token"]
    new = renewed(trusted, held.client, old).json()
    assert renewed(trusted, held.client, old).json()["error"] == "invalid_grant"
    assert renewed(trusted, held.client, new["refresh_token"]).json()["error"] == "invalid_grant"
    assert status_of_a_call(trusted, new["access_token"]) == 401
    grants = trusted.grants(held.client.public_key)
    assert (grants.consumed, grants.revoked) == (1, 1)
    assert grants.refusals == {"refresh token already used": 1, "refresh token not found": 1}


def test_of_eight_that_send_one_refresh_token_at_once_one_is_served(
    trusted: AuthorizationServer,
) -> None:
    held = persons.signed_in(trusted)
    token = persons.tokens(trusted, held)["refresh_token"]
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(partial(renewed, trusted, held.client), [token] * 8)
        statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, *[400] * 7]
    grants = trusted.grants(held.client.public_key)
    assert (grants.consumed, grants.revoked) == (1, 1)


def test_a_code_that_comes_again_ends_the_grant_and_is_counted(
    trusted: AuthorizationServer,
) -> None:
    held = persons.signed_in(trusted, lifetime=60)
    tokens = persons.tokens(trusted, held)
    assert persons.first_answer(trusted, held).json()["error"] == "invalid_grant"
    assert status_of_a_call(trusted, tokens["access_token"]) == 401
    grants = trusted.grants(held.client.public_key)
    assert (grants.revoked, grants.refusals) == (1, {"authorization code already consumed": 1})


@pytest.mark.parametrize("verifier", ["x" * 43, ""], ids=["wrong", "empty"])
def test_a_code_is_worth_nothing_without_its_verifier(
    trusted: AuthorizationServer, verifier: str
) -> None:
    held = persons.signed_in(trusted)
    answer = persons.first_answer(trusted, replace(held, code_verifier=verifier))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_nobody_signs_in_without_pkce(trusted: AuthorizationServer) -> None:
    client = trusted.register([persons.REDIRECT_URI])
    url = persons.authorization_url(trusted, client, state="state1")
    answer = parse_qs(urlsplit(persons.sign_in(trusted, url, persons.REDIRECT_URI)).query)
    assert (answer["error"], answer["state"]) == (["invalid_request"], ["state1"])
    assert "code" not in answer


def test_nobody_signs_in_with_a_wrong_password(trusted: AuthorizationServer) -> None:
    client = trusted.register([persons.REDIRECT_URI])
    url = persons.authorization_url(trusted, client, code_challenge=persons.challenge("x" * 43))
    with pytest.raises(ValueError, match=r"401: (?s:.*)Wrong login or password"):
        persons.sign_in(trusted, url, persons.REDIRECT_URI, replace(ADA, password="wrongPassword1"))


def test_nobody_is_sent_to_where_the_application_is_not(trusted: AuthorizationServer) -> None:
    client = trusted.register(["https://127.0.0.1:2/callback"])
    url = persons.authorization_url(trusted, client, code_challenge=persons.challenge("x" * 43))
    with pytest.raises(ValueError, match=r"400: (?s:.*)redirect_uri"):
        persons.sign_in(trusted, url, persons.REDIRECT_URI)
