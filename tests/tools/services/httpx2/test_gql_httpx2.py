"""gql over httpx2."""

import asyncio
from collections.abc import Callable

import httpx
import httpx2
import pytest
from gql import Client
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport

from dtz_dastra_auth import DastraApiKey, TokenError
from dtz_dastra_auth.testing import DastraStandIn, Recorded
from tools.services.httpx2.use_gql_httpx2 import workspaces

pytestmark = pytest.mark.tool(
    "gql's transports over httpx2",
    package="gql",
    how="`HTTPXAsyncTransport(url, auth=auth)`, with gql's extra `httpx2`",
    mind="httpx2 refuses an object that is for httpx alone; this package's are for both.",
)

URL = "https://api.dastra.eu/graphql"
ANSWER = {"data": {"workspaces": [{"label": "My data company"}]}}


def is_graphql(call: Recorded) -> bool:
    return call.path == "/graphql"


def test_queries_share_one_token(dastra: DastraStandIn, bears_token: Callable[[], bool]) -> None:
    dastra.answer(ANSWER, times=2, on=is_graphql)
    for _ in range(2):
        assert asyncio.run(workspaces()) == ["My data company"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_query_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    dastra.fail(401, on=is_graphql)
    dastra.answer(ANSWER, on=is_graphql)
    assert asyncio.run(workspaces()) == ["My data company"]
    refused, repeated = dastra.calls
    assert b"workspaces" in refused.body
    assert repeated.body == refused.body


def test_the_clients_are_those_of_httpx2() -> None:
    blocking = HTTPXTransport(URL, auth=DastraApiKey.from_env())
    with Client(transport=blocking):
        assert isinstance(blocking.client, httpx2.Client)

    async def connect() -> None:
        transport = HTTPXAsyncTransport(URL, auth=DastraApiKey.from_env())
        async with Client(transport=transport):
            assert isinstance(transport.client, httpx2.AsyncClient)

    asyncio.run(connect())


def test_an_object_for_httpx_alone_is_refused() -> None:
    transport = HTTPXTransport(URL, auth=httpx.BasicAuth("user", "password"))
    with pytest.raises(TypeError, match="auth"), Client(transport=transport):
        pass


def test_the_error_says_why_no_token_was_had(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with pytest.raises(TransportConnectionFailed, match="invalid_client") as raised:
        asyncio.run(workspaces())
    assert isinstance(raised.value.__cause__, TokenError)
    assert dastra.calls == []
