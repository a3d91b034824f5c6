"""niquests: the interface of requests over HTTP/1.1, 2 and 3, blocking and on an event loop.

What it shares with requests is tested in ``tests/niquests``.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import niquests
import pytest
from niquests.hooks import LeakyBucketLimiter, LifeCycleHook

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import (
    ConfigurationError,
    DastraClientCredentials,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.httpx_addons.niquests.use_niquests import me, workspaces

pytestmark = pytest.mark.tool(
    "niquests",
    package="niquests",
    how="`niquests.Session(auth=auth)`, `niquests.AsyncSession(auth=auth)`",
    mind="An `AsyncSession` refuses objects that would ask for a token. A multiplexed call gets "
    "its 401, and the next one has a new token. Installing niquests replaces urllib3.",
)


def test_calls_at_once_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    assert workspaces(10) == [200] * 10
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_key_goes_out_from_an_event_loop(dtz: DtzStandIn) -> None:
    assert asyncio.run(me(10)) == [200] * 10
    assert [call.header("X-API-KEY") for call in dtz.calls] == [dtz.api_key] * 10


def test_an_async_session_refuses_what_would_ask_for_a_token(dtz: DtzStandIn) -> None:
    auth = DtzBearer(DtzLogin.from_env())

    async def main() -> None:
        async with niquests.AsyncSession(auth=auth) as session:
            await session.get("https://api.dtz.rocks/v1/me")

    with pytest.raises(ConfigurationError, match=r"use niquests\.Session, or httpx\.AsyncClient"):
        asyncio.run(main())
    assert dtz.requests == []


def test_hooks_see_a_renewal_as_one_call(dastra: DastraStandIn) -> None:
    seen: list[int | None] = []

    class Hooks(LifeCycleHook[Any]):
        def response(self, response: niquests.Response, **kwargs: Any) -> None:
            seen.append(response.raise_for_status().status_code)

    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    hooks: Any = Hooks() + LeakyBucketLimiter(rate=1000)
    with niquests.Session(base_url="https://api.dastra.eu", hooks=hooks) as session:
        session.auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
        session.get("/me")
        clock.advance(10)
        dastra.expire_tokens()
        assert session.get("/v1/workspaces").status_code == 200
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert seen == [200, 200]


def test_retries_go_out_with_the_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    dastra.fail(503, times=2)
    retries = niquests.RetryConfiguration(total=3, status_forcelist=[503])
    with niquests.Session(retries=retries) as session:
        session.auth = DastraClientCredentials.from_env()
        assert session.get(DASTRA_URL).status_code == 200
    assert [call.status for call in dastra.calls] == [503, 503, 200]
    assert bears_token()
    assert len(dastra.token_requests) == 1
