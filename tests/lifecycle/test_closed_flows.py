"""Flows that are closed, or dropped, before they have ended: they leave no lock behind."""

import gc
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest
import requests

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn
from lifecycle.crowds import HANGS, finished, start


@pytest.mark.parametrize("end", ["close", "drop"])
def test_a_flow_that_is_closed_or_dropped_lets_others_lead(
    end: str, library: ModuleType, auth: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    flow = auth.sync_auth_flow(library.Request("GET", DASTRA_URL))
    assert next(flow).url == dastra.token_url
    # Who waits by now leads as soon as it may.
    waiting = start(lambda: requests.get(DASTRA_URL, auth=auth, timeout=HANGS))
    if end == "close":
        flow.close()
    else:
        del flow
        gc.collect()
    assert finished(waiting).status_code == 200
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("end", ["close", "drop"])
def test_an_async_flow_that_is_closed_or_dropped_lets_others_lead(
    end: str,
    library: ModuleType,
    backend: str,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
) -> None:
    async def main() -> Any:
        flow = auth.async_auth_flow(library.Request("GET", DASTRA_URL))
        assert (await anext(flow)).url == dastra.token_url
        if end == "close":
            await flow.aclose()
        else:
            del flow
            gc.collect()
        with anyio.fail_after(HANGS):
            async with library.AsyncClient(auth=auth) as client:
                return await client.get(DASTRA_URL)

    assert anyio.run(main, backend=backend).status_code == 200
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("closed", ["before the first request", "before the replay"])
def test_a_flow_that_is_closed_elsewhere_leaves_nothing_behind(
    closed: str, auth: DastraClientCredentials, dastra: DastraStandIn, clock: FakeClock
) -> None:
    if closed == "before the first request":
        auth.sync_auth_flow(httpx.Request("GET", DASTRA_URL)).close()
    else:
        requests.get(DASTRA_URL, auth=auth, timeout=HANGS)
        clock.advance(10)
        dastra.expire_tokens()
        flow = auth.sync_auth_flow(httpx.Request("GET", DASTRA_URL))
        call = next(flow)
        assert flow.send(httpx.Response(401, request=call)).url == dastra.token_url
        flow.close()
    assert requests.get(DASTRA_URL, auth=auth, timeout=HANGS).status_code == 200
    assert len(dastra.token_requests) == (1 if closed == "before the first request" else 2)
