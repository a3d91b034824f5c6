"""When a person has to sign in again, and that nobody asks the server in vain then."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

import clients
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraRefreshToken,
    MemoryTokenStore,
    SignInRequiredError,
    code_from_callback,
    dastra_authorization_url,
)
from oidc import persons
from oidc.persons import SignIn
from oidc.server import AuthorizationServer

#: Seconds.
LONGEST, INTERVAL = 10.0, 0.2

Connect = Callable[..., clients.Client]


def auth_of(server: AuthorizationServer, held: SignIn, **options: Any) -> DastraAuthorizationCode:
    return DastraAuthorizationCode(
        held.code,
        held.redirect_uri,
        held.client.public_key,
        held.client.private_key,
        **{
            "code_verifier": held.code_verifier,
            "token_url": server.token_url,
            "origins": [server.origin],
            **options,
        },
    )


def refreshing(
    server: AuthorizationServer, held: SignIn, refresh_token: str, **options: Any
) -> DastraRefreshToken:
    return DastraRefreshToken(
        refresh_token,
        held.client.public_key,
        held.client.private_key,
        token_url=server.token_url,
        origins=[server.origin],
        **options,
    )


def revoke(server: AuthorizationServer, held: SignIn, refresh_token: str) -> None:
    """Revoke a refresh token, and with it all that it was got with (RFC 7009)."""
    pair = held.client
    requests.post(
        f"{server.origin}/connect/revocation",
        data={"token": refresh_token},
        auth=(pair.public_key, pair.private_key),
        timeout=LONGEST,
    ).raise_for_status()


def token_requests(server: AuthorizationServer, held: SignIn) -> dict[str, int]:
    return server.counts().token_requests[held.client.public_key]


def error_in_the_end(client: clients.Client, url: str) -> SignInRequiredError:
    """Call until a person has to sign in; an access token may live on for a while."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        try:
            client.get(url)
        except SignInRequiredError as error:
            return error
        time.sleep(INTERVAL)
    raise AssertionError("nobody has to sign in")


def test_a_person_signs_in_by_the_authorization_url(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    pair = trusted.register([persons.REDIRECT_URI])
    url = dastra_authorization_url(
        pair.public_key, persons.REDIRECT_URI, authorization_url=trusted.authorization_url
    )
    assert url.code_verifier is not None
    callback = persons.sign_in(trusted, url, persons.REDIRECT_URI)
    code = code_from_callback(callback, state=url.state)
    auth = auth_of(trusted, SignIn(pair, code, url.code_verifier))
    assert connect(auth).get(trusted.workspaces_url("signed-in")).status_code == 200
    assert urlsplit(url).query.count("code_challenge=") == 1


def test_an_equal_object_with_another_store_does_not_send_the_code_again(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    held = persons.signed_in(trusted)
    for _ in range(2):
        client = connect(auth_of(trusted, held, store=MemoryTokenStore()))
        assert client.get(trusted.workspaces_url("again")).status_code == 200
    grants = trusted.grants(held.client.public_key)
    assert (grants.revoked, grants.refusals) == (0, {})


def test_a_code_that_somebody_else_has_used_means_to_sign_in_again(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    held = persons.signed_in(trusted)
    persons.tokens(trusted, held)
    with pytest.raises(SignInRequiredError, match="sign in again") as caught:
        connect(auth_of(trusted, held)).get(trusted.workspaces_url("used"))
    assert caught.value.error == "invalid_grant"


def test_a_wrong_code_verifier_means_to_sign_in_again(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    held = replace(persons.signed_in(trusted), code_verifier="wrongVerifier" * 4)
    with pytest.raises(SignInRequiredError, match="sign in again") as caught:
        connect(auth_of(trusted, held)).get(trusted.workspaces_url("verifier"))
    assert caught.value.error == "invalid_grant"


def test_a_refresh_token_that_somebody_else_has_used_means_to_sign_in_again(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    held = persons.signed_in(trusted)
    stolen = persons.tokens(trusted, held)["refresh_token"]
    persons.exchange(trusted, held.client, grant_type="refresh_token", refresh_token=stolen)
    with pytest.raises(SignInRequiredError, match="sign in again"):
        connect(refreshing(trusted, held, stolen)).get(trusted.workspaces_url("stolen"))
    assert trusted.grants(held.client.public_key).revoked == 1


def test_after_a_revocation_all_calls_fail_and_the_server_is_asked_once(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    held = persons.signed_in(trusted)
    told: list[str] = []
    client = connect(auth_of(trusted, held, on_refresh_token=told.append))
    url = trusted.workspaces_url("revoked")
    assert client.get(url).status_code == 200
    revoke(trusted, held, told[-1])
    assert "sign in again" in str(error_in_the_end(client, url))
    asked = token_requests(trusted, held)
    for _ in range(3):
        with pytest.raises(SignInRequiredError, match="sign in again"):
            client.get(url)
    assert token_requests(trusted, held) == asked
    assert asked["400"] == 1


def test_a_new_object_from_a_revoked_refresh_token_does_not_ask_either(
    trusted: AuthorizationServer, connect: Connect
) -> None:
    held = persons.signed_in(trusted)
    token = persons.tokens(trusted, held)["refresh_token"]
    revoke(trusted, held, token)
    for _ in range(2):
        with pytest.raises(SignInRequiredError, match="sign in again"):
            connect(refreshing(trusted, held, token)).get(trusted.workspaces_url("new"))
    assert token_requests(trusted, held)["400"] == 1
