"""hishel: clients and transports of httpx and httpx2 that keep answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import hishel.httpx
import hishel.httpx2
import pytest
from hishel import SqliteStorage

from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from tools.httpx_addons.main.use_hishel import AsyncStorage, Storage, workspaces
from tools.requests_addons.secrets_sent import files_below, secrets_sent

pytestmark = pytest.mark.tool(
    "hishel",
    package="hishel",
    how="`CacheClient(auth=auth)`, of `hishel.httpx` and `hishel.httpx2`, sync and async",
    mind="It writes the requests' headers, credentials included, into its storage: leave them "
    "out, as here. Answers are looked up by URL alone: give each credential a storage of its own. "
    "With `rfc=True` answers to `Authorization` are kept only where the service allows it.",
)

LIBRARIES = pytest.mark.parametrize("library", [hishel.httpx, hishel.httpx2])
KEEP = {"Cache-Control": "max-age=60, public"}


def test_the_second_answer_comes_out_of_the_cache(
    dastra: DastraStandIn, bears_token: Callable[[], bool], tmp_path: Path
) -> None:
    assert workspaces(tmp_path / "answers.db") == [1, 1]
    assert len(dastra.calls) == 1
    assert bears_token()


@LIBRARIES
@pytest.mark.parametrize("rfc", [False, True])
def test_no_credential_is_in_the_storage(
    library: Any, rfc: bool, stand_ins: StandIns, tmp_path: Path
) -> None:
    for method in METHODS:
        stand_ins.dastra.answer({}, headers=KEEP)
        stand_ins.dtz.answer({}, headers=KEEP)
        storage = Storage(database_path=tmp_path / f"{method.name}.db")
        with library.CacheClient(
            storage=storage, rfc=rfc, auth=method.make(stand_ins).auth
        ) as client:
            answers = [client.get(method.url) for _ in range(2)]
        assert [each.extensions["caching"]["from_cache"] for each in answers] == [False, True]
    kept = files_below(tmp_path)
    assert [secret for secret in secrets_sent(stand_ins) if secret in kept] == []


@LIBRARIES
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_is_the_answer_to_the_renewed_token_that_is_kept(
    library: Any, backend: str, dastra: DastraStandIn, tmp_path: Path
) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)

    async def main() -> None:
        storage = AsyncStorage(database_path=tmp_path / "answers.db")
        async with library.AsyncCacheClient(storage=storage, auth=auth) as client:
            await client.get("https://api.dastra.eu/me")
            clock.advance(10)
            dastra.expire_tokens()
            answers = [await client.get(DASTRA_URL) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [each.extensions["caching"]["from_cache"] for each in answers] == [False, True]

    anyio.run(main, backend=backend)
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_storages_of_their_own_keep_the_answers_to_two_credentials_apart(
    dtz: DtzStandIn, tmp_path: Path
) -> None:
    answers = []
    for name in ("one", "another"):
        dtz.answer({"for": name})
        storage = Storage(database_path=tmp_path / name)
        auth = DtzApiKey(f"apikey-{name}")
        with hishel.httpx.CacheClient(storage=storage, auth=auth) as client:
            answers.append(client.get(DTZ_URL).json()["for"])
    assert answers == ["one", "another"]


def test_a_storage_as_it_comes_holds_the_credential(dtz: DtzStandIn, tmp_path: Path) -> None:
    # What `mind` says. Should this ever fail, the storages in the example can go.
    storage = SqliteStorage(database_path=tmp_path / "answers.db")
    with hishel.httpx.CacheClient(storage=storage, auth=DtzApiKey(dtz.api_key)) as client:
        client.get(DTZ_URL)
    assert dtz.api_key.encode() in files_below(tmp_path)
