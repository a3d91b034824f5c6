"""Elasticsearch's client, over elastic-transport and requests."""

from collections.abc import Callable

import pytest
from elastic_transport import NodeConfig, RequestsHttpNode
from elasticsearch import AsyncElasticsearch, AuthenticationException, Elasticsearch

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, Recorded
from tools.services.main.use_elasticsearch import titles

pytestmark = pytest.mark.tool(
    "elasticsearch",
    package="elasticsearch",
    how="`Elasticsearch(url, http_auth=auth, node_class=RequestsHttpNode)`",
    mind="Of several addresses only one gets the object this way: give each a `NodeConfig` with "
    "extras of its own, as for elastic-transport. Its own `api_key` or `basic_auth` "
    "sets a header, which wins. `AsyncElasticsearch` refuses the object.",
)

URL = "https://api.dastra.eu:443"
FOUND = {"hits": {"hits": [{"_source": {"title": "A page"}}]}}
# Without it the client takes the service for another product.
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


def is_search(call: Recorded) -> bool:
    return call.path == "/search/pages/_search"


def test_searches_share_one_token(dastra: DastraStandIn, bears_token: Callable[[], bool]) -> None:
    dastra.answer(FOUND, headers=PRODUCT, times=2, on=is_search)
    assert titles("word") == titles("other word") == ["A page"]
    assert len(dastra.calls) == 2
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_search_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    dastra.fail(401, on=is_search)
    dastra.answer(FOUND, headers=PRODUCT, on=is_search)
    assert titles("word") == ["A page"]
    refused, repeated = dastra.calls
    assert b"word" in refused.body
    assert repeated.body == refused.body


def bearers(client: Elasticsearch, dastra: DastraStandIn) -> int:
    """Call each address once, and count the calls with a credential."""
    with client:
        for node in client.transport.node_pool.all():
            node.perform_request("GET", "/")
    sent = [call.header("Authorization") for call in dastra.calls]
    assert len(sent) == 2
    return sum(each is not None for each in sent)


def test_of_several_addresses_only_one_gets_the_object(dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials.from_env()
    urls = ["https://api.dastra.eu:443/one", "https://api.dastra.eu:443/two"]
    client = Elasticsearch(urls, http_auth=auth, node_class=RequestsHttpNode)
    assert bearers(client, dastra) == 1


def test_each_address_with_extras_of_its_own_gets_the_object(dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials.from_env()
    nodes = [
        NodeConfig("https", "api.dastra.eu", 443, prefix, _extras={"requests.session.auth": auth})
        for prefix in ("one", "two")
    ]
    client = Elasticsearch(nodes, node_class=RequestsHttpNode)
    assert bearers(client, dastra) == 2


def test_a_key_of_its_own_wins(dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials.from_env()
    client = Elasticsearch(URL, http_auth=auth, api_key="its-own", node_class=RequestsHttpNode)
    with client, pytest.raises(AuthenticationException):
        client.info()
    (call,) = dastra.calls
    assert call.header("Authorization") == "ApiKey its-own"


def test_the_asynchronous_client_refuses_the_object() -> None:
    auth = DastraClientCredentials.from_env()
    with pytest.raises(ValueError, match="node_class='requests'"):
        AsyncElasticsearch(URL, http_auth=auth)
    with pytest.raises(ValueError, match="is not async"):
        AsyncElasticsearch(URL, http_auth=auth, node_class=RequestsHttpNode)
