"""What comes of a sign-in, or a key, that is refused, in every client."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI
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
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from rfc7636 import CHALLENGE, VERIFIER

Connect = Callable[..., Client]


def pair(dastra: DastraStandIn) -> tuple[str, str]:
    return dastra.public_key, dastra.private_key


def refused(client: Client, url: str, error: type[TokenError] = TokenError) -> Any:
    """Make a call that gets no token, and give the error."""
    with pytest.raises(client.errors) as caught:
        client.get(url)
    assert type(caught.value) is error
    return caught.value


@pytest.mark.parametrize("wrong", ["key", "context"])
def test_an_api_key_that_is_refused_is_a_token_error(
    wrong: str, connect: Connect, dtz: DtzStandIn
) -> None:
    key = "apikey-unknown" if wrong == "key" else dtz.api_key
    context = "context-of-others" if wrong == "context" else None
    client = connect(DtzBearer(DtzApiKeyExchange(key, context_id=context)))
    error = refused(client, DTZ_URL)
    assert error.status_code == 401
    assert key not in str(error)
    assert dtz.calls == []


@pytest.mark.parametrize("wrong", ["code", "redirect_uri", "code_verifier"])
@pytest.mark.parametrize("service", ["dastra", "dtz"])
def test_a_code_that_is_refused_means_to_sign_in_again_and_is_sent_once(
    service: str,
    wrong: str,
    connect: Connect,
    dastra: DastraStandIn,
    dtz: DtzStandIn,
    store: MemoryTokenStore,
    clock: FakeClock,
) -> None:
    at = dastra if service == "dastra" else dtz
    given = {
        "code": at.make_code(REDIRECT_URI, code_challenge=CHALLENGE),
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    given[wrong] = {"redirect_uri": "https://other.example/"}.get(wrong, uuid.uuid4().hex * 2)
    code, uri, verifier = given.values()
    auth: Any
    if at is dastra:
        auth = DastraAuthorizationCode(
            code, uri, *pair(dastra), code_verifier=verifier, store=store
        )
    else:
        context = dtz.context_id
        auth = DtzBearer(
            DtzAuthorizationCode(code, context, uri, code_verifier=verifier, store=store)
        )
    client = connect(auth)
    for _ in range(3):
        error = refused(client, DASTRA_URL if at is dastra else DTZ_URL, SignInRequiredError)
        assert error.status_code == 400
        assert error.error == ("invalid_grant" if at is dastra else None)
        clock.advance(120)
    assert len(at.token_requests) == 1
    assert at.calls == []


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_refresh_token_means_to_sign_in_again_and_is_sent_once(
    status: int, connect: Connect, dastra: DastraStandIn, store: MemoryTokenStore, clock: FakeClock
) -> None:
    said = {"error": "invalid_grant", "error_description": "It is over."}
    dastra.answer(said, status, on="token", times=None)
    auth = DastraRefreshToken(dastra.make_refresh_token(), *pair(dastra), store=store)
    client = connect(auth)
    for _ in range(3):
        error = refused(client, DASTRA_URL, SignInRequiredError)
        assert (error.error, error.description) == ("invalid_grant", "It is over.")
        assert error.status_code == status
        clock.advance(120)
    assert len(dastra.token_requests) == 1
    assert dastra.calls == []


@pytest.mark.parametrize("error", ["invalid_client", "invalid_scope", "server_error"])
def test_no_other_error_ends_a_sign_in(
    error: str, connect: Connect, dastra: DastraStandIn, store: MemoryTokenStore, clock: FakeClock
) -> None:
    dastra.answer({"error": error}, 400, on="token")
    client = connect(DastraRefreshToken(dastra.make_refresh_token(), *pair(dastra), store=store))
    assert refused(client, DASTRA_URL).error == error
    clock.advance(120)
    assert client.get(DASTRA_URL).status_code == 200


def test_without_offline_access_a_sign_in_is_over_with_its_token(
    connect: Connect, dastra: DastraStandIn, store: MemoryTokenStore, clock: FakeClock
) -> None:
    code = dastra.make_code(REDIRECT_URI, scope="api1")
    told: list[str] = []
    auth = DastraAuthorizationCode(
        code, REDIRECT_URI, *pair(dastra), on_refresh_token=told.append, store=store
    )
    client = connect(auth)
    assert client.get(DASTRA_URL).status_code == 200
    clock.advance(dastra.lifetime)
    assert "offline_access" in str(refused(client, DASTRA_URL, SignInRequiredError))
    assert len(dastra.token_requests) == 1
    assert told == []
