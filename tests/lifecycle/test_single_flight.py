"""Any number of callers that need a token at the same time make one token request."""

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
from dtz_dastra_auth.testing import Hold
from lifecycle import wire
from lifecycle.accounts import (
    CLIENT_CREDENTIALS,
    DTZ_CODE,
    REFRESH_TOKEN,
    Account,
    methods,
    over,
)
from lifecycle.crowds import HANGS, finished, gather, in_threads, over_sockets, start, statuses

Connect = Callable[..., Client]

OCCASIONS = pytest.mark.parametrize("occasion", ["first use", "expiry", "401"])


class Crowd:
    """A number of callers, and what there was before they came."""

    def __init__(self, account: Account, clock: FakeClock, count: int) -> None:
        self.account = account
        self.service = account.service
        self.clock = clock
        self.count = count

    def meets(self, occasion: str, one: Callable[[], Any], all_of_them: Callable[[], Any]) -> None:
        """Bring it about that all callers need a token at once, and see what they did.

        Args:
            occasion: Why they need one.
            one: Makes one call.
            all_of_them: Makes the calls, and gives the responses and errors.
        """
        if occasion != "first use":
            one()
            self.clock.advance(10 if occasion == "401" else self.service.lifetime)
            self.service.clear_log()
        if occasion == "401":
            # Nobody is answered before all have sent the old token.
            with self.service.hold(on="api") as hold:
                letting_go = start(partial(self._refuse_all, hold))
                responses = all_of_them()
                letting_go.result(0)
        else:
            responses = all_of_them()
        if self.account.method.renews(occasion):
            assert statuses(responses) == [200] * self.count
            assert len(self.service.token_requests) == 1
            assert len(self.service.calls) == self.count * (2 if occasion == "401" else 1)
        else:
            # One asks whether the token that was refused still lives; for a dead one nobody asks.
            assert len(responses) == self.count
            assert over(responses)
            assert len(self.service.token_requests) == (1 if occasion == "401" else 0)
            assert len(self.service.calls) == (self.count if occasion == "401" else 0)

    def _refuse_all(self, hold: Hold) -> None:
        try:
            hold.wait_for(self.count, timeout=HANGS)
            self.service.expire_tokens()
        finally:
            hold.release()


# The large crowds: what they would find beyond the smaller ones is in what all methods share, and
# in the two gates that a sign-in has besides.
@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN)
@OCCASIONS
def test_64_threads_or_tasks_over_sockets_make_one_token_request(
    occasion: str,
    connect: Connect,
    account: Account,
    clock: FakeClock,
) -> None:
    client = connect(account.auth, timeout=HANGS)
    calls = partial(over_sockets, client, account.auth, 64, account.url)
    Crowd(account, clock, 64).meets(occasion, partial(client.get, account.url), calls)


@OCCASIONS
def test_64_threads_that_share_a_client_make_one_token_request(
    occasion: str,
    library: ModuleType,
    account: Account,
    clock: FakeClock,
) -> None:
    # Without sockets, for the reason that `over_sockets` has not to share a client.
    transport = wire.blocking(account.service, library)
    with library.Client(auth=account.auth, transport=transport, timeout=HANGS) as client:
        one = partial(client.get, account.url)
        Crowd(account, clock, 64).meets(occasion, one, lambda: in_threads(64, one))


@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN)
@OCCASIONS
def test_1000_tasks_make_one_token_request(
    occasion: str,
    library: ModuleType,
    backend: str,
    account: Account,
    clock: FakeClock,
) -> None:
    # Without sockets, whose pool takes a minute for so many; `wire` says more.
    auth = account.auth

    async def calls(count: int) -> list[Any]:
        transport = wire.asynchronous(account.service, library)
        async with library.AsyncClient(auth=auth, transport=transport, timeout=HANGS) as client:
            return await gather(count, lambda: client.get(account.url))

    def run(count: int) -> list[Any]:
        return anyio.run(calls, count, backend=backend)

    Crowd(account, clock, 1000).meets(occasion, partial(run, 1), partial(run, 1000))


@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN, DTZ_CODE)
@OCCASIONS
@pytest.mark.parametrize("backends", [["asyncio"], ["trio"], ["asyncio", "trio"]], ids="+".join)
def test_8_threads_with_an_event_loop_of_50_tasks_each_make_one_token_request(
    occasion: str,
    backends: list[str],
    account: Account,
    clock: FakeClock,
) -> None:
    # Without sockets, as above; what is shared between the loops is the auth object.
    auth = account.auth

    async def calls(count: int) -> list[Any]:
        transport = wire.asynchronous(account.service, httpx)
        async with httpx.AsyncClient(auth=auth, transport=transport, timeout=HANGS) as client:
            return await gather(count, lambda: client.get(account.url))

    def one() -> list[Any]:
        return anyio.run(calls, 1)

    def in_a(loop: str) -> Callable[[], list[Any]]:
        return lambda: anyio.run(calls, 50, backend=loop)

    def all_of_them() -> list[Any]:
        loops = (8 // len(backends)) * backends
        running = [start(in_a(loop)) for loop in loops]
        return [response for each in running for response in finished(each)]

    Crowd(account, clock, 400).meets(occasion, one, all_of_them)


@OCCASIONS
def test_asyncio_trio_and_threads_at_once_over_sockets_make_one_token_request(
    occasion: str, account: Account, clock: FakeClock
) -> None:
    async def tasks(library: ModuleType) -> list[Any]:
        async with library.AsyncClient(auth=account.auth, timeout=HANGS) as client:
            return await gather(8, lambda: client.get(account.url))

    def threads(kind: str) -> list[Any]:
        client = clients.make(kind, account.auth, timeout=HANGS)
        try:
            return over_sockets(client, account.auth, 8, account.url)
        finally:
            client.close()

    def all_of_them() -> list[Any]:
        kinds = ("requests.Session", "httpx.Client", "httpx2.Client")
        crowds = [
            *(partial(threads, kind) for kind in kinds),
            *(
                partial(anyio.run, tasks, module, backend=loop)
                for module in (httpx, httpx2)
                for loop in ("asyncio", "trio")
            ),
        ]
        running = [start(crowd) for crowd in crowds]
        return [response for each in running for response in finished(each)]

    one = partial(requests.get, account.url, auth=account.auth, timeout=HANGS)
    Crowd(account, clock, 56).meets(occasion, one, all_of_them)


# Each takes the moment in which nothing may come: one that could ask twice, two that must not.
@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN, DTZ_CODE)
def test_nobody_is_answered_from_a_second_request_while_the_first_hangs(
    connect: Connect, account: Account
) -> None:
    # The others come when the first has asked: what they wait for is its answer.
    client = connect(account.auth, timeout=HANGS)
    with account.service.hold() as hold:
        first = start(partial(client.get, account.url))
        hold.wait_for(1, timeout=HANGS)
        others = start(partial(over_sockets, client, account.auth, 10, account.url))
        # A token request that should not be there would come within a moment.
        with pytest.raises(TimeoutError):
            hold.wait_for(2, timeout=0.3)
        assert not others.done()
    assert statuses([finished(first), *finished(others)]) == [200] * 11
    assert len(account.service.token_requests) == 1


def test_a_failure_is_shared_by_all_who_waited(connect: Connect, account: Account) -> None:
    client = connect(account.auth, timeout=HANGS)
    account.service.answer({"error": "invalid_scope"}, status=400, on="token", times=None)
    errors = client.together(40, account.url)
    assert [type(error) for error in errors] == [account.method.refusal] * 40
    assert {(error.error, error.status_code) for error in errors} == {("invalid_scope", 400)}
    assert len({str(error) for error in errors}) == 1
    # Each caller has an object of its own: a raised exception collects tracebacks.
    assert len(set(map(id, errors))) == 40
    assert len(account.service.token_requests) == 1
    assert account.service.calls == []


def test_40_callers_at_a_401_share_one_renewal_on_two_connections(
    connect: Connect,
    kind: str,
    account: Account,
    clock: FakeClock,
) -> None:
    # Whoever waited for the renewal with a connection in its hands would keep the token request
    # from getting one. For threads of httpx the pool of two is one of ours, without sockets: in
    # httpcore's own, what `over_sockets` tells of happens all the time where two origins or more
    # threads than connections make it close or hand over idle ones.
    options: dict[str, Any] = {"max_connections": 2}
    if kind in ("httpx.Client", "httpx2.Client"):
        library = httpx if kind == "httpx.Client" else httpx2
        options = {"transport": wire.pooled(account.service, library, 2)}
    client = connect(account.auth, timeout=HANGS / 2, **options)
    client.get(account.url)
    clock.advance(10)
    account.service.expire_tokens()
    account.service.clear_log()
    outcomes = client.together(40, account.url)
    if account.method.renews("401"):
        assert statuses(outcomes) == [200] * 40
    else:
        assert over(outcomes)
    assert len(account.service.token_requests) == 1
    assert 1 <= [call.status for call in account.service.calls].count(401) <= 40
