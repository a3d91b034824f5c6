"""CacheControl: an adapter that keeps what the service lets be kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from cachecontrol import CacheControl
from cachecontrol.caches import FileCache

from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, Method
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from tools.requests_addons.secrets_sent import EVERY_METHOD, files_below, secrets_sent
from tools.requests_addons.use_cachecontrol import workspaces

KEEP = {"Cache-Control": "max-age=60"}

pytestmark = pytest.mark.tool(
    "CacheControl",
    package="CacheControl",
    how="`CacheControl(session)`, `session.auth = auth`",
    mind="A `FileCache` writes the values of the headers that the service's `Vary` names onto "
    "disk, a credential among them. Without `Vary` one cache gives its answers to every "
    "credential. It logs the URLs of `DtzQueryKey` at DEBUG: use `CredentialFilter`.",
)


def test_what_may_be_kept_is_asked_for_once(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    dastra.answer({"total": 7}, headers=KEEP)
    assert workspaces(3) == [7, 7, 7]
    assert len(dastra.calls) == 1
    assert bears_token()


def test_a_401_is_not_kept_whatever_the_service_says(dastra: DastraStandIn) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    with CacheControl(requests.Session()) as session:
        session.auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
        session.get("https://api.dastra.eu/me")
        clock.advance(10)
        dastra.answer({}, 401, headers=KEEP)
        dastra.answer({}, 200, headers=KEEP)
        assert [session.get(DASTRA_URL).status_code for _ in range(2)] == [200, 200]
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_a_changed_answer_is_asked_for_with_the_credential(dtz: DtzStandIn) -> None:
    dtz.answer({"a": 1}, headers={"ETag": '"1"'})
    dtz.answer(None, 304, headers={"ETag": '"1"'})
    with CacheControl(requests.Session()) as session:
        session.auth = DtzApiKey(dtz.api_key)
        assert [session.get(DTZ_URL).json() for _ in range(2)] == [{"a": 1}, {"a": 1}]
    assert [call.header("If-None-Match") for call in dtz.calls] == [None, '"1"']
    assert {call.header("X-API-KEY") for call in dtz.calls} == {dtz.api_key}


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_no_credential_is_in_a_file_cache(
    method: Method, stand_ins: StandIns, tmp_path: Path
) -> None:
    stand_ins.dastra.answer({}, headers=KEEP)
    stand_ins.dtz.answer({}, headers=KEEP)
    with CacheControl(requests.Session(), cache=FileCache(str(tmp_path))) as session:
        session.auth = method.make(stand_ins).auth
        session.get(method.url)
    kept = files_below(tmp_path)
    assert b"max-age" in kept
    assert [secret for secret in secrets_sent(stand_ins) if secret in kept] == []


def test_a_file_cache_holds_the_credential_where_the_service_varies_by_it(
    dtz: DtzStandIn, tmp_path: Path
) -> None:
    # What `mind` says. Should this ever fail, it can be taken away there.
    dtz.answer({}, headers={**KEEP, "Vary": "X-API-KEY"})
    with CacheControl(requests.Session(), cache=FileCache(str(tmp_path))) as session:
        session.get(DTZ_URL, auth=DtzApiKey(dtz.api_key))
    assert dtz.api_key.encode() in files_below(tmp_path)
