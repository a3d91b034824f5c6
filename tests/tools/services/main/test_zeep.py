"""zeep over requests."""

from collections.abc import Callable

import pytest
import zeep.exceptions

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.services.main.soap_service import answer_greeting, answer_wsdl, is_soap
from tools.services.main.use_zeep import greet

pytestmark = pytest.mark.tool(
    "zeep",
    package="zeep",
    how="`session.auth = auth`, `Transport(session=session)`",
    mind="The WSDL says where the calls go, which can be another host or plain http: no credential "
    "goes along to a place that is not among the origins.",
)


def test_the_wsdl_and_the_call_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_wsdl(dastra)
    answer_greeting(dastra)
    assert greet("Ada") == "Hello!"
    assert [call.method for call in dastra.calls] == ["GET", "POST"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_no_credential_goes_where_a_wsdl_leads_that_is_no_origin(
    dastra: DastraStandIn, dtz: DtzStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_wsdl(dastra, address="https://api.dtz.rocks/v1/echo")
    with pytest.raises(zeep.exceptions.Error, match="401"):
        greet("Ada")
    assert bears_token()
    (call,) = dtz.calls
    assert call.header("Authorization") is None


def test_a_call_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    answer_wsdl(dastra)
    dastra.fail(401, on=is_soap)
    answer_greeting(dastra)
    assert greet("Ada") == "Hello!"
    _, refused, repeated = dastra.calls
    assert (refused.status, repeated.status) == (401, 200)
    assert b"Ada" in refused.body
    assert repeated.body == refused.body
