"""elastic-transport's `RequestsHttpNode` takes the object from the extras of its configuration.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

from elastic_transport import NodeConfig, RequestsHttpNode, Transport

from dtz_dastra_auth import DastraClientCredentials


def titles(text: str) -> list[str]:
    """Search an index."""
    auth = DastraClientCredentials.from_env()
    extras = {"requests.session.auth": auth}
    node = NodeConfig("https", "api.dastra.eu", 443, path_prefix="search", _extras=extras)
    transport = Transport([node], node_class=RequestsHttpNode)
    try:
        query = {"query": {"match": {"text": text}}}
        headers = {"Content-Type": "application/json"}
        found = transport.perform_request("POST", "/pages/_search", body=query, headers=headers)
        return [hit["_source"]["title"] for hit in found.body["hits"]["hits"]]
    finally:
        transport.close()
