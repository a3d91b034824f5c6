"""Identities: two never meet, and a thousand cost nothing but their tokens."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest

from clients import Client
from conformance.methods import DASTRA_URL, basic
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, Recorded
from lifecycle import wire
from lifecycle.crowds import HANGS, finished, over_sockets, start, statuses

Connect = Callable[..., Client]


class Tenants:
    """Two key pairs of one service, each with a token of its own."""

    def __init__(self, dastra: DastraStandIn, store: MemoryTokenStore) -> None:
        pairs = [(dastra.public_key, dastra.private_key), (dastra.public_key + "2", "second")]
        dastra.add_key_pair(*pairs[1])
        self.tokens = [dastra.make_token(), dastra.make_token()]
        self.auths = [DastraClientCredentials(*pair, store=store) for pair in pairs]
        for pair, token in zip(pairs, self.tokens, strict=True):
            answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
            dastra.answer(answer, on=self._asks(basic(*pair)), times=None)

    @staticmethod
    def _asks(credentials: str) -> Callable[[Recorded], bool]:
        def asks(request: Recorded) -> bool:
            return request.is_token_request and request.header("Authorization") == credentials

        return asks


def test_two_identities_in_one_process_never_meet(
    connect: Connect, dastra: DastraStandIn, store: MemoryTokenStore
) -> None:
    tenants = Tenants(dastra, store)
    paths = ["/v1/workspaces", "/me"]

    def crowd(number: int) -> list[Any]:
        client = connect(tenants.auths[number], timeout=HANGS)
        return over_sockets(client, tenants.auths[number], 20, dastra.url + paths[number])

    running = [start(lambda number=number: crowd(number)) for number in (0, 1)]  # type: ignore[misc]
    for each in running:
        assert statuses(finished(each)) == [200] * 20
    assert len(dastra.token_requests) == 2
    sent = {(call.path, call.header("Authorization")) for call in dastra.calls}
    assert sent == {
        (path, f"Bearer {token}") for path, token in zip(paths, tenants.tokens, strict=True)
    }


def test_the_failure_of_one_identity_is_not_that_of_another(
    connect: Connect, dastra: DastraStandIn, store: MemoryTokenStore
) -> None:
    wrong = DastraClientCredentials(dastra.public_key, "wrong", store=store)
    right = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    client = connect(wrong)
    with pytest.raises(client.errors):
        client.get(DASTRA_URL)
    assert connect(right).get(DASTRA_URL).status_code == 200


def one_key_pair(dastra: DastraStandIn) -> list[tuple[str, str]]:
    return [(dastra.public_key, dastra.private_key)] * 1000


def a_thousand_key_pairs(dastra: DastraStandIn) -> list[tuple[str, str]]:
    pairs = [(f"public{number}", f"private{number}") for number in range(1000)]
    for pair in pairs:
        dastra.add_key_pair(*pair)
    return pairs


PAIRS = pytest.mark.parametrize("pairs", [one_key_pair, a_thousand_key_pairs])


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


@PAIRS
@pytest.mark.parametrize("how", ["requests", "Client", "AsyncClient"])
def test_a_thousand_objects_leave_no_threads_and_no_files(
    pairs: Callable[[DastraStandIn], list[tuple[str, str]]],
    how: str,
    dastra: DastraStandIn,
    store: MemoryTokenStore,
) -> None:
    # Without sockets, so that whatever there is more afterwards is the package's own.
    with wire.session(dastra) as session:
        auths = [DastraClientCredentials(*p, store=store, session=session) for p in pairs(dastra)]
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
    assert len(dastra.token_requests) == len(set(pairs(dastra)))


def test_objects_that_are_made_and_never_used_ask_for_nothing(
    dastra: DastraStandIn, store: MemoryTokenStore
) -> None:
    gc.collect()
    threads, files = threading.active_count(), open_files()
    auths = [
        DastraClientCredentials(f"public{number}", "private", store=store) for number in range(1000)
    ]
    assert threading.active_count() <= threads
    assert open_files() <= files
    assert len(set(auths)) == 1000
    assert dastra.requests == []


def test_calls_over_sockets_leave_no_more_files_than_their_clients_had(
    connect: Connect, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    threads, files = threading.active_count(), open_files()
    for _ in range(20):
        assert client.get(DASTRA_URL).status_code == 200
        # As renewed by each of the calls.
        auth._source._kept_in().clear()  # type: ignore[attr-defined]
    # The stand-in's side of a connection, in this process too, is closed a moment later.
    assert threading.active_count() <= threads
    assert open_files() <= files + 8
