"""What a type checker must accept and refuse in a user's code with fastmcp 2.

Never run: checked with ``mypy --strict`` and with pyright, in an environment with it.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from fastmcp import Client
from fastmcp.client.transports import SSETransport, StreamableHttpTransport
from fastmcp.mcp_config import RemoteMCPServer

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


def every_class_is_taken_by_the_client() -> None:
    Client(URL, auth=DastraClientCredentials("public", "private"))
    Client(URL, auth=DastraApiKey("private"))
    Client(URL, auth=DtzApiKey("apikey-1"))
    Client(URL, auth=DtzBearer("token"))
    Client(URL, auth=DtzBasic("apikey", "apikey-1"))
    Client(URL, auth=DtzCookie("token"))
    Client(URL, auth=DtzQueryKey("apikey-1"))


def every_class_is_taken_by_the_transport() -> None:
    StreamableHttpTransport(URL, auth=DastraClientCredentials("public", "private"))
    StreamableHttpTransport(URL, auth=DastraApiKey("private"))
    StreamableHttpTransport(URL, auth=DtzApiKey("apikey-1"))
    StreamableHttpTransport(URL, auth=DtzBearer("token"))
    StreamableHttpTransport(URL, auth=DtzBasic("apikey", "apikey-1"))
    StreamableHttpTransport(URL, auth=DtzCookie("token"))
    StreamableHttpTransport(URL, auth=DtzQueryKey("apikey-1"))


def every_class_is_taken_by_the_transport_of_server_sent_events() -> None:
    SSETransport(URL, auth=DastraClientCredentials("public", "private"))
    SSETransport(URL, auth=DastraApiKey("private"))
    SSETransport(URL, auth=DtzApiKey("apikey-1"))
    SSETransport(URL, auth=DtzBearer("token"))
    SSETransport(URL, auth=DtzBasic("apikey", "apikey-1"))
    SSETransport(URL, auth=DtzCookie("token"))
    SSETransport(URL, auth=DtzQueryKey("apikey-1"))


def every_class_is_taken_by_a_configuration() -> None:
    RemoteMCPServer(url=URL, auth=DastraClientCredentials("public", "private"))
    RemoteMCPServer(url=URL, auth=DastraApiKey("private"))
    RemoteMCPServer(url=URL, auth=DtzApiKey("apikey-1"))
    RemoteMCPServer(url=URL, auth=DtzBearer("token"))
    RemoteMCPServer(url=URL, auth=DtzBasic("apikey", "apikey-1"))
    RemoteMCPServer(url=URL, auth=DtzCookie("token"))
    RemoteMCPServer(url=URL, auth=DtzQueryKey("apikey-1"))


def what_comes_from_the_environment_is_taken() -> None:
    Client(URL, auth=DastraClientCredentials.from_env())
    Client(URL, auth=DtzBearer.from_env())


def a_source_is_not_an_auth() -> None:
    StreamableHttpTransport(URL, auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
    SSETransport(URL, auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
    RemoteMCPServer(url=URL, auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
