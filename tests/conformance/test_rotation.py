"""Refresh tokens that take each other's place, in every client."""

from collections.abc import Callable
from typing import Any

import pytest

from clients import Client
from clock import FakeClock
from conformance.databases import WAYS, Database, sent
from conformance.methods import DASTRA_URL, REDIRECT_URI
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraRefreshToken,
    MemoryTokenStore,
    SignInRequiredError,
)
from dtz_dastra_auth.testing import DastraStandIn

Connect = Callable[..., Client]


@WAYS
def test_a_new_refresh_token_replaces_the_old_one_and_is_told(
    connect: Connect,
    auth: DastraRefreshToken,
    dastra: DastraStandIn,
    clock: FakeClock,
    database: Database,
) -> None:
    client = connect(auth)
    for _ in range(4):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(dastra.lifetime)
    assert len(set(sent(dastra))) == 4
    assert sent(dastra)[1:] == database.told[:-1]
    assert dastra.refresh_tokens_in_force == {database.told[-1]}
    assert dastra.reuses == 0


def test_the_code_that_began_it_leads_to_the_first_of_them(
    connect: Connect,
    dastra: DastraStandIn,
    store: MemoryTokenStore,
    clock: FakeClock,
    database: Database,
) -> None:
    auth = DastraAuthorizationCode(
        dastra.make_code(REDIRECT_URI),
        REDIRECT_URI,
        dastra.public_key,
        dastra.private_key,
        on_refresh_token=database.save,
        store=store,
    )
    client = connect(auth)
    for _ in range(3):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(dastra.lifetime)
    assert sent(dastra)[1:] == database.told[:-1]
    assert dastra.refresh_tokens_in_force == {database.told[-1]}


def test_objects_from_different_refresh_tokens_of_a_sign_in_share_it(
    connect: Connect,
    make: Callable[..., Any],
    dastra: DastraStandIn,
    clock: FakeClock,
    database: Database,
) -> None:
    first = make()
    connect(first).get(DASTRA_URL)
    clock.advance(dastra.lifetime)
    connect(first).get(DASTRA_URL)
    dastra.clear_log()
    # One from each refresh token that there has been, spent or not.
    clients = [connect(make(token)) for token in database.told] + [connect(make())]
    for client in clients:
        assert client.get(DASTRA_URL).status_code == 200
    assert dastra.token_requests == []
    clock.advance(dastra.lifetime)
    for client in clients:
        assert client.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 1
    assert dastra.reuses == 0


def test_two_stores_share_the_rotation(
    connect: Connect, make: Callable[..., Any], dastra: DastraStandIn, clock: FakeClock
) -> None:
    clients = [connect(make(store=MemoryTokenStore(clock=clock))) for _ in range(2)]
    for _ in range(3):
        for client in clients:
            assert client.get(DASTRA_URL).status_code == 200
        clock.advance(dastra.lifetime)
    # Each store has access tokens of its own; none of the refresh tokens came twice.
    assert len(set(sent(dastra))) == len(dastra.token_requests) == 6
    assert dastra.reuses == 0


def test_a_store_that_is_cleared_leaves_the_sign_in(
    connect: Connect,
    auth: DastraRefreshToken,
    dastra: DastraStandIn,
    store: MemoryTokenStore,
    database: Database,
) -> None:
    client = connect(auth)
    for _ in range(3):
        assert client.get(DASTRA_URL).status_code == 200
        store.clear()
    assert sent(dastra)[1:] == database.told[:-1]
    assert dastra.reuses == 0


def test_a_server_without_rotation_is_sent_the_same_one_and_nobody_is_told(
    connect: Connect,
    auth: DastraRefreshToken,
    dastra: DastraStandIn,
    clock: FakeClock,
    database: Database,
) -> None:
    dastra.rotates = False
    client = connect(auth)
    for _ in range(3):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(dastra.lifetime)
    assert len(dastra.token_requests) == 3
    assert len(set(sent(dastra))) == 1
    assert database.told == []


def test_one_that_somebody_else_has_used_means_to_sign_in_again(
    connect: Connect,
    make: Callable[..., Any],
    auth: DastraRefreshToken,
    dastra: DastraStandIn,
    clock: FakeClock,
    database: Database,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    # Whoever has a copy of it from this process's database.
    stolen = f"grant_type=refresh_token&refresh_token={database.told[0]}"
    first = dastra.token_requests[0]
    headers = (("Host", first.host), ("Content-Type", str(first.header("Content-Type"))))
    credentials = (("Authorization", str(first.header("Authorization"))),)
    request = dastra.arrived(
        "POST", first.target, headers + credentials, stolen.encode(), connection=0
    )
    assert dastra.ordinary(request).status == 200
    clock.advance(dastra.lifetime)
    for _ in range(2):
        with pytest.raises(SignInRequiredError, match="sign in again"):
            client.get(DASTRA_URL)
        clock.advance(120)
    assert dastra.reuses == 1
    # A new object from the same refresh token does not ask either.
    with pytest.raises(SignInRequiredError):
        connect(make(database.told[0])).get(DASTRA_URL)
    assert dastra.reuses == 1
