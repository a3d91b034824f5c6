"""opensearch-py, over requests alone."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from opensearchpy import (
    AIOHttpConnection,
    AsyncHttpConnection,
    AsyncOpenSearch,
    Connection,
    OpenSearch,
    exceptions,
)

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, Recorded
from tools.services.main.use_opensearch_py import titles

pytestmark = pytest.mark.tool(
    "opensearch-py",
    package="opensearch-py",
    how="`OpenSearch(url, http_auth=auth, connection_class=RequestsHttpConnection)`",
    mind="Only `RequestsHttpConnection` takes it. The default connection, over urllib3, and those "
    "of `AsyncOpenSearch`, over aiohttp, take it for something else and fail before anything is "
    "sent.",
)

URL = "https://api.dastra.eu"
FOUND = {"hits": {"hits": [{"_source": {"title": "A page"}}]}}


def is_search(call: Recorded) -> bool:
    return call.path == "/search/pages/_search"


def test_searches_share_one_token(dastra: DastraStandIn, bears_token: Callable[[], bool]) -> None:
    dastra.answer(FOUND, times=2, on=is_search)
    assert titles("word") == titles("other word") == ["A page"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_search_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    dastra.fail(401, on=is_search)
    dastra.answer(FOUND, on=is_search)
    assert titles("word") == ["A page"]
    refused, repeated = dastra.calls
    assert b"word" in refused.body
    assert repeated.body == refused.body


def test_its_trace_does_not_show_the_credential(
    dastra: DastraStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    # It traces commands for curl, once its logger has a handler.
    tracer = logging.getLogger("opensearchpy.trace")
    tracer.addHandler(caplog.handler)
    tracer.setLevel(logging.DEBUG)
    try:
        dastra.answer(FOUND, on=is_search)
        titles("word")
    finally:
        tracer.removeHandler(caplog.handler)
        tracer.setLevel(logging.NOTSET)
    (token,) = dastra.tokens_in_force
    assert "curl" in caplog.text
    assert token not in caplog.text


def test_the_default_connection_fails_before_it_sends_anything(dastra: DastraStandIn) -> None:
    client = OpenSearch(URL, http_auth=DastraClientCredentials.from_env())
    with client, pytest.raises(exceptions.ConnectionError, match="positional argument"):
        client.info()
    assert dastra.requests == []


@pytest.mark.parametrize(
    "connection", [AIOHttpConnection, AsyncHttpConnection], ids=lambda each: each.__name__
)
def test_the_asynchronous_client_fails_before_it_sends_anything(
    connection: type[Connection], dastra: DastraStandIn
) -> None:
    async def search() -> None:
        auth = DastraClientCredentials.from_env()
        async with AsyncOpenSearch(URL, http_auth=auth, connection_class=connection) as client:
            await client.info()

    with pytest.raises((AttributeError, TypeError)):
        asyncio.run(search())
    assert dastra.requests == []
