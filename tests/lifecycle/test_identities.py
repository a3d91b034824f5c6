"""Identities: two never meet, and a thousand cost nothing but their tokens."""

import gc
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest

from clients import Client
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, DastraRefreshToken, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, StandIns
from lifecycle import wire
from lifecycle.accounts import CLIENT_CREDENTIALS, REFRESH_TOKEN, Account, Method, methods
from lifecycle.crowds import HANGS, finished, over_sockets, start, statuses

Connect = Callable[..., Client]
Make = Callable[..., Any]


@pytest.fixture
def other(method: Method, stand_ins: StandIns, store: MemoryTokenStore) -> Iterator[Account]:
    """Give another account of the same service."""
    made = Account(method, stand_ins, store, number=1)
    yield made
    made.check()


def test_two_identities_in_one_process_never_meet(
    connect: Connect, account: Account, other: Account
) -> None:
    accounts = [account, other]
    paths = ["", "?other=1"]
    tokens = []
    for each in accounts:
        answer = each.granted(3600)
        tokens.append(answer["access_token"])
        each.service.answer(answer, on=each.asks, times=None)

    def crowd(number: int) -> list[Any]:
        auth, url = accounts[number].auth, account.url + paths[number]
        return over_sockets(connect(auth, timeout=HANGS), auth, 20, url)

    running = [start(lambda number=number: crowd(number)) for number in (0, 1)]  # type: ignore[misc]
    for crowd_of_one in running:
        assert statuses(finished(crowd_of_one)) == [200] * 20
    assert len(account.service.token_requests) == 2
    calls = account.service.calls
    sent = {(call.target.partition("?")[2], call.header("Authorization")) for call in calls}
    assert sent == {("", f"Bearer {tokens[0]}"), ("other=1", f"Bearer {tokens[1]}")}


def test_the_failure_of_one_identity_is_not_that_of_another(
    connect: Connect, account: Account, other: Account
) -> None:
    other.service.fail(400, on=other.asks, times=None)
    client = connect(other.auth)
    with pytest.raises(client.errors):
        client.get(other.url)
    assert connect(account.auth).get(account.url).status_code == 200


def one_key_pair(dastra: DastraStandIn) -> list[Make]:
    return [partial(DastraClientCredentials, dastra.public_key, dastra.private_key)] * 1000


def a_thousand_key_pairs(dastra: DastraStandIn) -> list[Make]:
    pairs = [(f"public{number}", f"private{number}") for number in range(1000)]
    for pair in pairs:
        dastra.add_key_pair(*pair)
    return [partial(DastraClientCredentials, *pair) for pair in pairs]


def a_thousand_persons(dastra: DastraStandIn) -> list[Make]:
    pair = dastra.public_key, dastra.private_key
    return [partial(DastraRefreshToken, dastra.make_refresh_token(), *pair) for _ in range(1000)]


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def in_requests(auths: list[Any], dastra: DastraStandIn) -> list[Any]:
    with wire.session(dastra) as session:
        return [session.get(DASTRA_URL, auth=auth) for auth in auths]


def in_a_client(library: ModuleType, auths: list[Any], dastra: DastraStandIn) -> list[Any]:
    with library.Client(transport=wire.blocking(dastra, library)) as client:
        return [client.get(DASTRA_URL, auth=auth) for auth in auths]


async def in_an_async_client(
    library: ModuleType, auths: list[Any], dastra: DastraStandIn
) -> list[Any]:
    responses: list[Any] = []
    transport = wire.asynchronous(dastra, library)
    async with library.AsyncClient(transport=transport) as client, anyio.create_task_group() as t:

        async def call(auth: Any) -> None:
            responses.append(await client.get(DASTRA_URL, auth=auth))

        for auth in auths:
            t.start_soon(call, auth)
    return responses


# One of those that are made of an identity alone, and one of those that hold a sign-in besides.
@pytest.mark.parametrize("makers", [one_key_pair, a_thousand_key_pairs, a_thousand_persons])
@pytest.mark.parametrize("how", ["requests", "Client", "AsyncClient"])
def test_a_thousand_objects_leave_no_threads_and_no_files(
    makers: Callable[[DastraStandIn], list[Make]],
    how: str,
    dastra: DastraStandIn,
    store: MemoryTokenStore,
) -> None:
    # Without sockets, so that whatever there is more afterwards is the package's own.
    with wire.session(dastra) as session:
        auths = [make(store=store, session=session) for make in makers(dastra)]
        # What earlier tests left to the garbage collector is not to go in between.
        gc.collect()
        threads, files = threading.active_count(), open_files()
        if how == "requests":
            responses = in_requests(auths, dastra)
        elif how == "Client":
            responses = in_a_client(httpx, auths, dastra)
        else:
            responses = anyio.run(in_an_async_client, httpx, auths, dastra)
        assert threading.active_count() <= threads
        assert open_files() <= files
    assert statuses(responses) == [200] * 1000
    assert len(dastra.token_requests) == (1 if makers is one_key_pair else 1000)
    assert dastra.reuses == 0


@pytest.mark.parametrize("cls", [DastraClientCredentials, DastraRefreshToken])
def test_objects_that_are_made_and_never_used_ask_for_nothing(
    cls: Any, dastra: DastraStandIn, store: MemoryTokenStore
) -> None:
    gc.collect()
    threads, files = threading.active_count(), open_files()
    rest = ("private",) if cls is DastraClientCredentials else ("public", "private")
    auths = [cls(f"secret{number}", *rest, store=store) for number in range(1000)]
    assert threading.active_count() <= threads
    assert open_files() <= files
    assert len(set(auths)) == 1000
    assert dastra.requests == []


# What is left open is a driver's: with a gate and a function to call, and without.
@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN)
def test_calls_over_sockets_leave_no_more_files_than_their_clients_had(
    connect: Connect, account: Account, store: MemoryTokenStore
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    threads, files = threading.active_count(), open_files()
    for _ in range(20):
        assert client.get(account.url).status_code == 200
        # As renewed by each of the calls.
        store.clear()
    # The stand-in's side of a connection, in this process too, is closed a moment later.
    assert threading.active_count() <= threads
    assert open_files() <= files + 8
