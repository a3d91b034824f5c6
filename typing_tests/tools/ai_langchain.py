"""What a type checker must accept and refuse in a user's code with langchain-mcp-adapters.

Never run: checked with ``mypy --strict`` and with pyright, in an environment with it.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.sessions import SSEConnection, StreamableHttpConnection

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

URL = "http://127.0.0.1:8000/mcp"


def every_class_is_taken_by_a_connection() -> None:
    StreamableHttpConnection(
        transport="streamable_http", url=URL, auth=DastraClientCredentials("public", "private")
    )
    StreamableHttpConnection(transport="streamable_http", url=URL, auth=DastraApiKey("private"))
    StreamableHttpConnection(transport="streamable_http", url=URL, auth=DtzApiKey("apikey-1"))
    StreamableHttpConnection(transport="streamable_http", url=URL, auth=DtzBearer("token"))
    StreamableHttpConnection(
        transport="streamable_http", url=URL, auth=DtzBasic("apikey", "apikey-1")
    )
    StreamableHttpConnection(transport="streamable_http", url=URL, auth=DtzCookie("token"))
    StreamableHttpConnection(transport="streamable_http", url=URL, auth=DtzQueryKey("apikey-1"))


def every_class_is_taken_by_a_connection_of_server_sent_events() -> None:
    SSEConnection(transport="sse", url=URL, auth=DastraClientCredentials("public", "private"))
    SSEConnection(transport="sse", url=URL, auth=DastraApiKey("private"))
    SSEConnection(transport="sse", url=URL, auth=DtzApiKey("apikey-1"))
    SSEConnection(transport="sse", url=URL, auth=DtzBearer("token"))
    SSEConnection(transport="sse", url=URL, auth=DtzBasic("apikey", "apikey-1"))
    SSEConnection(transport="sse", url=URL, auth=DtzCookie("token"))
    SSEConnection(transport="sse", url=URL, auth=DtzQueryKey("apikey-1"))


def a_client_takes_a_dictionary_that_has_it(auth: DastraClientCredentials) -> None:
    MultiServerMCPClient({"one": {"transport": "streamable_http", "url": URL, "auth": auth}})


def what_comes_from_the_environment_is_taken() -> None:
    SSEConnection(transport="sse", url=URL, auth=DastraClientCredentials.from_env())
    SSEConnection(transport="sse", url=URL, auth=DtzBearer.from_env())


def a_source_is_not_an_auth() -> None:
    SSEConnection(transport="sse", url=URL, auth=DtzLogin("u", "p"))  # type: ignore[typeddict-item]
