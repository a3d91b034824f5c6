"""While one caller renews early, nobody else waits."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import requests

import clients
from clients import Client
from clock import FakeClock
from dtz_dastra_auth.testing import Recorded
from lifecycle.accounts import CLIENT_CREDENTIALS, REFRESH_TOKEN, Account, methods
from lifecycle.crowds import HANGS, finished, gather, over_sockets, start, statuses

Connect = Callable[..., Client]


def others(account: Account) -> list[Any]:
    """Make 100 calls: 60 from threads, 40 from tasks of asyncio and trio."""

    def threads(kind: str) -> list[Any]:
        client = clients.make(kind, account.auth, timeout=HANGS)
        try:
            return over_sockets(client, account.auth, 2, account.url, times=10)
        finally:
            client.close()

    async def tasks(library: ModuleType) -> list[Any]:
        limits = library.Limits(max_connections=3)
        async with library.AsyncClient(auth=account.auth, timeout=HANGS, limits=limits) as client:
            return await gather(20, lambda: client.get(account.url))

    crowds = [
        *(partial(threads, kind) for kind in ("requests.Session", "httpx.Client", "httpx2.Client")),
        partial(anyio.run, tasks, httpx, backend="asyncio"),
        partial(anyio.run, tasks, httpx2, backend="trio"),
    ]
    running = [start(crowd) for crowd in crowds]
    return [response for each in running for response in finished(each)]


def bearers(requests: list[Recorded]) -> set[str | None]:
    return {request.header("Authorization") for request in requests}


# A hundred calls in each client.
@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN)
def test_100_other_calls_end_with_the_old_token_before_the_renewal_is_answered(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An early renewal gets five seconds. The clock here is the test's, but sockets go by the
    # machine's, and a hundred calls may take a slow one longer.
    monkeypatch.setattr("dtz_dastra_auth._slot.EARLY_TIMEOUT", HANGS)
    client = connect(account.auth, timeout=HANGS)
    client.get(account.url)
    clock.advance(account.service.lifetime - 59)
    old = bearers(account.service.calls)
    account.service.clear_log()
    with account.service.hold() as hold:
        renewing = start(partial(client.get, account.url))
        hold.wait_for(1, timeout=HANGS)
        responses = others(account)
        assert statuses(responses) == [200] * 100
        assert bearers(account.service.calls) == old
        assert not renewing.done()
    assert finished(renewing).status_code == 200
    # The one that has waited has the new token, and from now on all others have it too.
    assert account.service.calls[-1].header("Authorization") not in old
    client.get(account.url)
    assert len(bearers(account.service.calls)) == 2
    assert len(account.service.token_requests) == 1
    assert len(account.service.calls) == 102


def test_who_waits_for_its_own_early_renewal_goes_on_after_five_seconds_but_for_a_sign_in(
    connect: Connect, account: Account, clock: FakeClock
) -> None:
    # Told by the limits that the token request is sent with, and not by waiting for them.
    client = connect(account.auth, timeout=HANGS)
    client.get(account.url)
    seen: list[float] = []
    if isinstance(client.native, requests.Session):
        seen = _limits_of_requests(client, account, clock)
    else:
        seen = _limits_of_httpx(client, account, clock)
    # A refresh token that was on its way may be spent: its answer is waited for, and not cut off.
    assert seen == [pytest.approx(30.0 if account.method.signs_in else 5.0)]


def _limits_of_requests(client: Client, account: Account, clock: FakeClock) -> list[float]:
    seen: list[float] = []
    send = requests.Session.send

    def noting(self: Any, request: Any, **options: Any) -> Any:
        if account.is_for_a_token(request.url):
            seen.append(max(options["timeout"]))
        return send(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", noting)
        clock.advance(account.service.lifetime - 59)
        assert client.get(account.url).status_code == 200
    return seen


def _limits_of_httpx(client: Client, account: Account, clock: FakeClock) -> list[float]:
    seen: list[float] = []

    def note(request: Any) -> None:
        if account.is_for_a_token(request.url):
            seen.append(max(request.extensions["timeout"].values()))

    async def note_async(request: Any) -> None:
        note(request)

    is_async = "Async" in type(client.native).__name__
    client.native.event_hooks = {"request": [note_async if is_async else note]}
    clock.advance(account.service.lifetime - 59)
    assert client.get(account.url).status_code == 200
    return seen
