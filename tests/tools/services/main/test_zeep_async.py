"""zeep over httpx."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
import zeep
import zeep.exceptions
from zeep.transports import AsyncTransport

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.services.main.soap_service import answer_greeting, answer_wsdl, is_soap
from tools.services.main.use_zeep_async import WSDL, greet

pytestmark = pytest.mark.tool(
    "zeep's AsyncTransport",
    package="zeep",
    how="`AsyncTransport(client=AsyncClient(auth=auth), wsdl_client=Client(auth=auth))`",
    mind="A client without `auth` sends no credential. The WSDL says where the calls go: no "
    "credential goes along to a place that is not among the origins.",
)


def test_the_wsdl_and_the_call_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_wsdl(dastra)
    answer_greeting(dastra)
    assert asyncio.run(greet("Ada")) == "Hello!"
    assert [call.method for call in dastra.calls] == ["GET", "POST"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_no_credential_goes_where_a_wsdl_leads_that_is_no_origin(
    dastra: DastraStandIn, dtz: DtzStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_wsdl(dastra, address="https://api.dtz.rocks/v1/echo")
    with pytest.raises(zeep.exceptions.Error, match="401"):
        asyncio.run(greet("Ada"))
    assert bears_token()
    (call,) = dtz.calls
    assert call.header("Authorization") is None


def test_a_call_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    answer_wsdl(dastra)
    dastra.fail(401, on=is_soap)
    answer_greeting(dastra)
    assert asyncio.run(greet("Ada")) == "Hello!"
    _, refused, repeated = dastra.calls
    assert (refused.status, repeated.status) == (401, 200)
    assert b"Ada" in refused.body
    assert repeated.body == refused.body


def test_a_client_that_was_not_given_the_object_sends_no_credential(dastra: DastraStandIn) -> None:
    answer_wsdl(dastra)
    calls = httpx.AsyncClient(auth=DastraClientCredentials.from_env())
    transport = AsyncTransport(client=calls)
    with transport.wsdl_client:
        zeep.AsyncClient(WSDL, transport=transport)
    (call,) = dastra.calls
    assert call.header("Authorization") is None
    assert dastra.token_requests == []
