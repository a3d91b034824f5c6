"""elastic-transport over requests."""

from collections.abc import Callable

import pytest
from elastic_transport import HttpxHttpNode, NodeConfig, RequestsHttpNode

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, Recorded, StandIns
from tools.services.main.use_elastic_transport import titles

pytestmark = pytest.mark.tool(
    "elastic-transport",
    package="elastic-transport",
    how='`NodeConfig(…, _extras={"requests.session.auth": auth})`, `node_class=RequestsHttpNode`',
    mind="A node that is made prepares a request that it never sends: the token is asked for then. "
    "It takes the object out of its configuration: make a new `NodeConfig` for each node. Nodes of "
    "other kinds, httpx's too, leave it there and send no credential.",
)

FOUND = {"hits": {"hits": [{"_source": {"title": "A page"}}]}}


def configuration() -> NodeConfig:
    extras = {"requests.session.auth": DastraClientCredentials.from_env()}
    return NodeConfig("https", "api.dastra.eu", 443, _extras=extras)


def is_search(call: Recorded) -> bool:
    return call.path == "/search/pages/_search"


def test_searches_share_one_token(dastra: DastraStandIn, bears_token: Callable[[], bool]) -> None:
    dastra.answer(FOUND, times=2, on=is_search)
    assert titles("word") == titles("other word") == ["A page"]
    assert len(dastra.calls) == 2
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_search_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    dastra.fail(401, on=is_search)
    dastra.answer(FOUND, on=is_search)
    assert titles("word") == ["A page"]
    refused, repeated = dastra.calls
    assert b"word" in refused.body
    assert repeated.body == refused.body


def test_a_request_that_is_prepared_and_never_sent_costs_nothing_but_the_token(
    dastra: DastraStandIn,
) -> None:
    RequestsHttpNode(configuration()).close()
    assert dastra.calls == []
    assert len(dastra.token_requests) == 1


def test_a_second_node_of_one_configuration_has_no_credential(dastra: DastraStandIn) -> None:
    config = configuration()
    nodes = [RequestsHttpNode(config), RequestsHttpNode(config)]
    for node in nodes:
        node.perform_request("GET", "/v1/workspaces")
        node.close()
    assert [call.status for call in dastra.calls] == [200, 401]


def test_a_node_over_httpx_sends_no_credential(dastra: DastraStandIn, stand_ins: StandIns) -> None:
    node = HttpxHttpNode(configuration().replace(ca_certs=stand_ins.ca_file))
    node.perform_request("GET", "/v1/workspaces")
    node.close()
    assert [call.header("Authorization") for call in dastra.calls] == [None]
