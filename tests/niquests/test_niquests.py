"""niquests, in an environment of its own: installing it replaces urllib3."""

import asyncio
from collections.abc import Callable
from typing import Any

import niquests
import pytest

from clock import FakeClock
from conformance.methods import DASTRA_URL, METHODS, Method
from dtz_dastra_auth import ConfigurationError, DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, StandIns

ALL_METHODS = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
STATIC = [method for method in METHODS if not method.token_requests and "call" not in method.name]
ECHO_URL = "https://api.dastra.eu/v1/echo"


@pytest.fixture(params=["Session", "get"])
def send(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Make a call through a session, or through the function that makes one for each call."""
    if request.param == "get":
        return niquests.request

    def through_a_session(method: str, url: str, auth: Any, **options: Any) -> Any:
        with niquests.Session() as session:
            session.auth = auth
            return session.request(method, url, **options)

    return through_a_session


@ALL_METHODS
def test_every_method_works(method: Method, send: Callable[..., Any], stand_ins: StandIns) -> None:
    auth = method.make(stand_ins).auth
    statuses = [send("GET", method.url, auth=auth).status_code for _ in range(3)]
    assert statuses == [200, 200, 200]
    assert len(method.asked(stand_ins)) == method.token_requests
    assert {request.status for request in method.calls(stand_ins)} == {200}


def test_a_401_is_one_renewal_and_one_replay(
    send: Callable[..., Any], dastra: DastraStandIn
) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    send("GET", DASTRA_URL, auth=auth)
    clock.advance(10)
    dastra.expire_tokens()
    dastra.clear_log()
    response = send("POST", ECHO_URL, auth=auth, data=b"body")
    assert response.status_code == 200
    assert response.history == []
    assert [request.status for request in dastra.requests] == [401, 200, 200]
    assert [call.body for call in dastra.calls] == [b"body", b"body"]


def test_a_multiplexed_call_gets_its_401_and_the_next_one_renews(dastra: DastraStandIn) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    with niquests.Session(multiplexed=True) as session:
        session.auth = auth
        assert session.get(DASTRA_URL).status_code == 200
        clock.advance(10)
        dastra.expire_tokens()
        assert session.get(DASTRA_URL).status_code in (200, 401)
        assert session.get(DASTRA_URL).status_code == 200


def test_the_session_can_be_given_for_token_requests(dastra: DastraStandIn) -> None:
    with niquests.Session() as session:
        given: Any = session
        session.auth = DastraClientCredentials(dastra.public_key, dastra.private_key, session=given)
        assert session.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("method", STATIC, ids=lambda method: method.name)
def test_an_async_session_takes_what_needs_no_token_request(
    method: Method, stand_ins: StandIns
) -> None:
    async def main() -> int | None:
        async with niquests.AsyncSession() as session:
            return (await session.get(method.url, auth=method.make(stand_ins).auth)).status_code

    assert asyncio.run(main()) == 200


def test_an_async_session_is_refused_where_a_token_is_renewed(dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)

    async def main() -> None:
        async with niquests.AsyncSession() as session:
            await session.get(DASTRA_URL, auth=auth)

    with pytest.raises(ConfigurationError, match=r"niquests\.AsyncSession is not supported"):
        asyncio.run(main())
    assert dastra.requests == []


def test_a_blocking_session_works_while_an_event_loop_runs(dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)

    async def main() -> int | None:
        with niquests.Session() as session:
            return session.get(DASTRA_URL, auth=auth).status_code

    assert asyncio.run(main()) == 200
