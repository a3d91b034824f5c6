"""opensearch-py hands ``http_auth=`` to a session of requests in its `RequestsHttpConnection`.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from opensearchpy import OpenSearch, RequestsHttpConnection

from dtz_dastra_auth import DastraClientCredentials


def titles(text: str) -> list[str]:
    """Search an index."""
    with OpenSearch(
        "https://api.dastra.eu",
        url_prefix="search",
        http_auth=DastraClientCredentials.from_env(),
        connection_class=RequestsHttpConnection,
    ) as client:
        found = client.search(index="pages", body={"query": {"match": {"text": text}}})
        return [hit["_source"]["title"] for hit in found["hits"]["hits"]]
