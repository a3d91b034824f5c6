"""Elasticsearch's client takes the object as ``http_auth=``, together with `RequestsHttpNode`.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from elastic_transport import RequestsHttpNode
from elasticsearch import Elasticsearch

from dtz_dastra_auth import DastraClientCredentials


def titles(text: str) -> list[str]:
    """Search an index."""
    url = "https://api.dastra.eu:443/search"
    auth = DastraClientCredentials.from_env()
    with Elasticsearch(url, http_auth=auth, node_class=RequestsHttpNode) as client:
        found = client.search(index="pages", query={"match": {"text": text}})
        return [hit["_source"]["title"] for hit in found["hits"]["hits"]]
