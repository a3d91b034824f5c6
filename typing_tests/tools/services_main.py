"""What a type checker must accept and refuse in gql, pystac-client and the clients of searches.

Never run: checked with ``mypy --strict`` and with pyright, in the environment of these tools. What
takes anything refuses nothing: gql's transports over httpx, opensearch-py, elastic-transport,
Elasticsearch, and what openapi-python-client generates. zeep has no annotations.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from elastic_transport import NodeConfig, RequestsHttpNode
from elasticsearch import Elasticsearch
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.requests import RequestsHTTPTransport
from opensearchpy import OpenSearch, RequestsHttpConnection
from pystac_client import Client
from pystac_client.stac_api_io import StacApiIO

from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)

URL = "https://api.dtz.rocks/"


def every_class_is_taken_by_gql() -> None:
    RequestsHTTPTransport(URL, auth=DastraClientCredentials("public", "private"))
    RequestsHTTPTransport(URL, auth=DastraApiKey("private"))
    RequestsHTTPTransport(URL, auth=DtzApiKey("apikey-1"))
    RequestsHTTPTransport(URL, auth=DtzBearer("token"))
    RequestsHTTPTransport(URL, auth=DtzBasic("apikey", "apikey-1"))
    RequestsHTTPTransport(URL, auth=DtzCookie("token"))
    RequestsHTTPTransport(URL, auth=DtzQueryKey("apikey-1"))
    RequestsHTTPTransport(URL, auth=DastraClientCredentials.from_env())
    HTTPXTransport(URL, auth=DastraClientCredentials.from_env())
    HTTPXAsyncTransport(URL, auth=DastraClientCredentials.from_env())


def a_source_is_not_an_auth_in_gql() -> None:
    RequestsHTTPTransport(URL, auth=DtzLogin("user", "password"))  # type: ignore[arg-type]


def every_class_is_taken_by_pystac_client() -> None:
    Client.open(URL, request_modifier=DastraClientCredentials("public", "private"))
    Client.open(URL, request_modifier=DastraApiKey("private"))
    Client.open(URL, request_modifier=DtzApiKey("apikey-1"))
    Client.open(URL, request_modifier=DtzBearer("token"))
    Client.open(URL, request_modifier=DtzBasic("apikey", "apikey-1"))
    Client.open(URL, request_modifier=DtzCookie("token"))
    Client.open(URL, request_modifier=DtzQueryKey("apikey-1"))
    Client.open(URL, request_modifier=DastraClientCredentials.from_env())
    StacApiIO(request_modifier=DtzApiKey("apikey-1")).session.auth = DtzApiKey("apikey-1")


def a_source_is_not_an_auth_in_pystac_client() -> None:
    Client.open(URL, request_modifier=DtzLogin("user", "password"))  # type: ignore[arg-type]


def searches_take_it(auth: DastraClientCredentials) -> None:
    OpenSearch(URL, http_auth=auth, connection_class=RequestsHttpConnection)
    Elasticsearch(URL, http_auth=auth, node_class=RequestsHttpNode)
    RequestsHttpNode(
        NodeConfig("https", "localhost", 443, _extras={"requests.session.auth": auth})
    ).session.auth = DtzApiKey("apikey-1")
