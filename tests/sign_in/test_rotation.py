"""What a person has signed in for, renewed ten times by crowds, where reuse is detected.

The clock is the server's: an access token lives for three to four seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from oidc.server import AuthorizationServer, Grants
from sign_in.crowds import KINDS, Crowd, Stay, run

THREADS, TASKS, RENEWALS = 32, 200, 10


def crowds(which: str, callers: int) -> list[list[Crowd]]:
    """Give a crowd for each kind of client that runs so, each with a sign-in of its own."""
    of_threads = [kind for kind in KINDS if "Async" not in kind]
    kinds = of_threads if which == "threads" else [kind for kind in KINDS if which in kind]
    return [[Crowd(kind, callers)] for kind in kinds]


def everybody() -> list[Crowd]:
    """Give as many threads and tasks of all kinds together."""
    return [Crowd(k, TASKS // 4 if "Async" in k else THREADS // 3 + 1) for k in KINDS]


#: Who calls at the same time: a list for each sign-in.
TOGETHER = {
    "threads": crowds("threads", THREADS),
    "asyncio": crowds("asyncio", TASKS),
    "trio": crowds("trio", TASKS),
    "everybody": [everybody()],
}


@dataclass(frozen=True)
class Seen:
    """A stay that is over, and what the server counted meanwhile."""

    stay: Stay
    grants: Grants
    calls: dict[str, int]


@pytest.fixture(scope="module", params=TOGETHER)
def seen(request: pytest.FixtureRequest, trusted: AuthorizationServer) -> list[Seen]:
    """Let crowds call until each sign-in was renewed ten times."""
    stays = [
        Stay(
            trusted,
            each,
            renewals=RENEWALS,
            half_of_them_anew=request.param == "everybody",
            lifetime=4,
        )
        for each in TOGETHER[request.param]
    ]
    run(stays)
    counts = trusted.counts()
    clients = [stay.held.client.public_key for stay in stays]
    return [
        Seen(stay, trusted.grants(client), counts.calls[client])
        for stay, client in zip(stays, clients, strict=True)
    ]


def test_every_call_is_a_200(seen: list[Seen]) -> None:
    for each in seen:
        assert each.stay.statuses() == {"200": len(each.stay.results)}
        assert len(each.stay.results) >= sum(crowd.callers for crowd in each.stay.crowds)


def test_each_call_costs_the_resource_server_one_200(seen: list[Seen]) -> None:
    assert [each.calls["200"] for each in seen] == [len(each.stay.results) for each in seen]


def test_there_were_ten_renewals(seen: list[Seen]) -> None:
    assert min(each.grants.consumed for each in seen) >= RENEWALS


def test_no_refresh_token_and_no_code_comes_twice(seen: list[Seen]) -> None:
    assert [each.grants.refusals for each in seen] == [{}] * len(seen)
    assert [each.grants.revoked for each in seen] == [0] * len(seen)


def test_each_new_refresh_token_is_told_once_and_in_order(seen: list[Seen]) -> None:
    for each in seen:
        assert each.stay.told == each.grants.refresh_tokens
        assert len(each.stay.told) == each.grants.consumed + 1


def test_an_answer_that_is_slow_to_come_is_not_given_up(trusted: AuthorizationServer) -> None:
    # Five seconds are renewed in the last of them; half of what is left then is all that such a
    # renewal may take, where nothing is lost with its answer.
    stays = [
        Stay(trusted, [Crowd(kind, 8)], renewals=3, lifetime=5, answer_time=0.8) for kind in KINDS
    ]
    run(stays)
    grants = [trusted.grants(stay.held.client.public_key) for stay in stays]
    assert [stay.statuses() for stay in stays] == [{"200": len(stay.results)} for stay in stays]
    assert [each.refusals for each in grants] == [{}] * len(stays)
