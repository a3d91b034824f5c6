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
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, Recorded
from lifecycle.crowds import HANGS, finished, gather, over_sockets, start, statuses

Connect = Callable[..., Client]


def others(auth: DastraClientCredentials) -> list[Any]:
    """Make 100 calls: 60 from threads, 40 from tasks of asyncio and trio."""

    def threads(kind: str) -> list[Any]:
        client = clients.make(kind, auth, timeout=HANGS)
        try:
            return over_sockets(client, auth, 2, DASTRA_URL, times=10)
        finally:
            client.close()

    async def tasks(library: ModuleType) -> list[Any]:
        limits = library.Limits(max_connections=3)
        async with library.AsyncClient(auth=auth, timeout=HANGS, limits=limits) as client:
            return await gather(20, lambda: client.get(DASTRA_URL))

    crowds = [
        *(partial(threads, kind) for kind in ("requests.Session", "httpx.Client", "httpx2.Client")),
        partial(anyio.run, tasks, httpx, backend="asyncio"),
        partial(anyio.run, tasks, httpx2, backend="trio"),
    ]
    running = [start(crowd) for crowd in crowds]
    return [response for each in running for response in finished(each)]


def bearers(requests: list[Recorded]) -> set[str | None]:
    return {request.header("Authorization") for request in requests}


def test_100_other_calls_end_with_the_old_token_before_the_renewal_is_answered(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An early renewal gets five seconds. The clock here is the test's, but sockets go by the
    # machine's, and a hundred calls may take a slow one longer.
    monkeypatch.setattr("dtz_dastra_auth._slot.EARLY_TIMEOUT", HANGS)
    client = connect(auth, timeout=HANGS)
    client.get(DASTRA_URL)
    clock.advance(dastra.lifetime - 59)
    old = bearers(dastra.calls)
    dastra.clear_log()
    with dastra.hold() as hold:
        renewing = start(partial(client.get, DASTRA_URL))
        hold.wait_for(1, timeout=HANGS)
        responses = others(auth)
        assert statuses(responses) == [200] * 100
        assert bearers(dastra.calls) == old
        assert not renewing.done()
    assert finished(renewing).status_code == 200
    # The one that has waited has the new token, and from now on all others have it too.
    assert dastra.calls[-1].header("Authorization") not in old
    client.get(DASTRA_URL)
    assert len(bearers(dastra.calls)) == 2
    assert len(dastra.token_requests) == 1
    assert len(dastra.calls) == 102


def test_a_client_that_waits_for_its_own_early_renewal_goes_on_after_five_seconds_at_most(
    connect: Connect, auth: DastraClientCredentials, dastra: DastraStandIn, clock: FakeClock
) -> None:
    # Told by the limits that the token request is sent with, and not by waiting for them.
    client = connect(auth, timeout=HANGS)
    client.get(DASTRA_URL)
    seen: list[float] = []
    if isinstance(client.native, requests.Session):
        seen = _limits_of_requests(client, dastra, clock)
    else:
        seen = _limits_of_httpx(client, dastra, clock)
    assert seen == [pytest.approx(5.0)]


def _limits_of_requests(client: Client, dastra: DastraStandIn, clock: FakeClock) -> list[float]:
    seen: list[float] = []
    send = requests.Session.send

    def noting(self: Any, request: Any, **options: Any) -> Any:
        if request.url == dastra.token_url:
            seen.append(max(options["timeout"]))
        return send(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", noting)
        clock.advance(dastra.lifetime - 59)
        assert client.get(DASTRA_URL).status_code == 200
    return seen


def _limits_of_httpx(client: Client, dastra: DastraStandIn, clock: FakeClock) -> list[float]:
    seen: list[float] = []

    def note(request: Any) -> None:
        if request.url == dastra.token_url:
            seen.append(max(request.extensions["timeout"].values()))

    async def note_async(request: Any) -> None:
        note(request)

    is_async = "Async" in type(client.native).__name__
    client.native.event_hooks = {"request": [note_async if is_async else note]}
    clock.advance(dastra.lifetime - 59)
    assert client.get(DASTRA_URL).status_code == 200
    return seen
