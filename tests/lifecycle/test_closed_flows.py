"""Flows that are closed, or dropped, before they have ended: they leave no lock behind."""

import gc
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest
import requests

from clock import FakeClock
from dtz_dastra_auth import SignInRequiredError
from lifecycle.accounts import Account
from lifecycle.crowds import HANGS, finished, start


@pytest.mark.parametrize("end", ["close", "drop"])
def test_a_flow_that_is_closed_or_dropped_lets_others_lead(
    end: str, library: ModuleType, account: Account
) -> None:
    flow = account.auth.sync_auth_flow(library.Request("GET", account.url))
    assert account.is_for_a_token(next(flow).url)
    # Who waits by now leads as soon as it may.
    waiting = start(lambda: requests.get(account.url, auth=account.auth, timeout=HANGS))
    if end == "close":
        flow.close()
    else:
        del flow
        gc.collect()
    assert finished(waiting).status_code == 200
    assert len(account.service.token_requests) == 1


@pytest.mark.parametrize("end", ["close", "drop"])
def test_an_async_flow_that_is_closed_or_dropped_lets_others_lead(
    end: str,
    library: ModuleType,
    backend: str,
    account: Account,
) -> None:
    async def main() -> Any:
        flow = account.auth.async_auth_flow(library.Request("GET", account.url))
        assert account.is_for_a_token((await anext(flow)).url)
        if end == "close":
            await flow.aclose()
        else:
            del flow
            gc.collect()
        with anyio.fail_after(HANGS):
            async with library.AsyncClient(auth=account.auth) as client:
                return await client.get(account.url)

    assert anyio.run(main, backend=backend).status_code == 200
    assert len(account.service.token_requests) == 1


@pytest.mark.parametrize("closed", ["first use", "401"])
def test_a_flow_that_is_closed_elsewhere_leaves_nothing_behind(
    closed: str, account: Account, clock: FakeClock
) -> None:
    if closed == "first use":
        account.auth.sync_auth_flow(httpx.Request("GET", account.url)).close()
    else:
        requests.get(account.url, auth=account.auth, timeout=HANGS)
        clock.advance(10)
        account.service.expire_tokens()
        flow = account.auth.sync_auth_flow(httpx.Request("GET", account.url))
        call = next(flow)
        asked = flow.send(httpx.Response(401, request=call))
        assert account.is_for_a_token(asked.url)
        flow.close()
    if not account.method.renews(closed):
        # Refused by the API, and by the identity service: nothing is left to renew it with.
        with pytest.raises(SignInRequiredError):
            requests.get(account.url, auth=account.auth, timeout=HANGS)
    else:
        assert requests.get(account.url, auth=account.auth, timeout=HANGS).status_code == 200
    assert len(account.service.token_requests) == (1 if closed == "first use" else 2)
