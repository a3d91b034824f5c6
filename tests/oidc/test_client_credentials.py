"""Client credentials against an authorization server that nobody here wrote.

The clock is real here and nowhere else: the tokens age on the server's, not on ours.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

import clients
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError

if TYPE_CHECKING:
    from oidc.server import AuthorizationServer, Counts, KeyPair

#: Seconds.
DURATION, INTERVAL = 10.0, 0.3

PAIRS = ("plain", "awkward")
CALLERS = [(kind, pair) for kind in clients.KINDS for pair in PAIRS]


def credentials(server: AuthorizationServer, pair: KeyPair) -> DastraClientCredentials:
    # A store of its own: with the shared one, one client would renew for all of them.
    return DastraClientCredentials(
        pair.public_key,
        pair.private_key,
        token_url=server.token_url,
        origins=[server.origin],
        store=MemoryTokenStore(),
    )


@dataclass(frozen=True)
class Run:
    """What each caller got, an error included, and what the server counted meanwhile."""

    number: str
    statuses: dict[str, Future[list[int]]]
    counts: Counts

    def counted(self, kind: str, pair: str) -> dict[str, int]:
        """Give how many answers of each status the server gave to a caller."""
        return self.counts.calls[f"{name(kind, pair)}-{self.number}"]


@pytest.fixture(scope="module")
def run(trusted: AuthorizationServer, key_pairs: dict[str, KeyPair]) -> Run:
    """Let every client call with every key pair, all at the same time."""
    # Tests that are shared out among processes can come to one process in two lots, and the server
    # stays for both.
    number = secrets.token_hex(4)

    def calls(kind: str, pair: str) -> list[int]:
        auth = credentials(trusted, key_pairs[pair])
        return list(statuses(kind, auth, trusted.workspaces_url(f"{name(kind, pair)}-{number}")))

    with ThreadPoolExecutor(len(CALLERS)) as threads:
        futures = {name(*caller): threads.submit(calls, *caller) for caller in CALLERS}
    return Run(number, futures, trusted.counts())


def name(kind: str, pair: str) -> str:
    return f"{kind}-{pair}"


def statuses(kind: str, auth: DastraClientCredentials, url: str) -> Iterator[int]:
    with closing(clients.make(kind, auth)) as client:
        end = time.monotonic() + DURATION
        while time.monotonic() < end:
            yield client.get(url).status_code
            time.sleep(INTERVAL)


@pytest.mark.parametrize(("kind", "pair"), CALLERS)
def test_a_call_every_third_of_a_second_for_ten_seconds_gets_nothing_but_200(
    run: Run, kind: str, pair: str
) -> None:
    got = run.statuses[name(kind, pair)].result()
    assert Counter(got) == {200: len(got)}
    assert len(got) > 1


@pytest.mark.parametrize(("kind", "pair"), CALLERS)
def test_each_call_costs_the_resource_server_one_200(run: Run, kind: str, pair: str) -> None:
    assert run.counted(kind, pair)["200"] == len(run.statuses[name(kind, pair)].result())


@pytest.mark.parametrize("pair", PAIRS)
def test_every_token_that_was_refused_is_replaced_by_a_new_one(
    run: Run, key_pairs: dict[str, KeyPair], pair: str
) -> None:
    issued = run.counts.token_requests[key_pairs[pair].public_key]["200"]
    refused = sum(run.counted(kind, pair).get("401", 0) for kind in clients.KINDS)
    # Each client starts with one.
    assert issued >= len(clients.KINDS) + refused


def test_the_server_knows_a_token_as_active_until_it_expires(
    trusted: AuthorizationServer, key_pairs: dict[str, KeyPair]
) -> None:
    auth = credentials(trusted, key_pairs["awkward"])
    answer = requests.get(trusted.workspaces_url("introspection"), auth=auth, timeout=DURATION)
    token = str(answer.request.headers["Authorization"]).removeprefix("Bearer ")
    assert trusted.is_active(token)
    end = time.monotonic() + DURATION
    while trusted.is_active(token) and time.monotonic() < end:
        time.sleep(INTERVAL)
    assert not trusted.is_active(token)


def test_the_server_refuses_a_key_pair_that_is_not_form_encoded(
    trusted: AuthorizationServer, key_pairs: dict[str, KeyPair]
) -> None:
    pair = key_pairs["awkward"]
    answer = requests.post(
        trusted.token_url,
        data={"grant_type": "client_credentials", "scope": "api1"},
        auth=(pair.public_key, pair.private_key),
        timeout=DURATION,
    )
    assert answer.json()["error"] == "invalid_request"


def test_a_wrong_private_key_is_a_token_error_named_invalid_client(
    trusted: AuthorizationServer, key_pairs: dict[str, KeyPair], connect: Callable[..., Any]
) -> None:
    auth = credentials(trusted, replace(key_pairs["plain"], private_key="wrongPrivateKey1"))
    with pytest.raises(TokenError) as caught:
        connect(auth).get(trusted.workspaces_url("wrong"))
    assert caught.value.error == "invalid_client"
