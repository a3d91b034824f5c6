"""What a type checker must accept and refuse in a user's code with mcp 1.

Never run: checked with ``mypy --strict`` and with pyright, in an environment with it.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import httpx
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

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


def every_class_is_taken_by_the_transport_of_server_sent_events() -> None:
    sse_client(URL, auth=DastraClientCredentials("public", "private"))
    sse_client(URL, auth=DastraApiKey("private"))
    sse_client(URL, auth=DtzApiKey("apikey-1"))
    sse_client(URL, auth=DtzBearer("token"))
    sse_client(URL, auth=DtzBasic("apikey", "apikey-1"))
    sse_client(URL, auth=DtzCookie("token"))
    sse_client(URL, auth=DtzQueryKey("apikey-1"))


def every_class_is_taken_by_the_client_of_a_transport() -> None:
    streamable_http_client(
        URL, http_client=httpx.AsyncClient(auth=DastraClientCredentials("public", "private"))
    )
    streamable_http_client(URL, http_client=httpx.AsyncClient(auth=DastraApiKey("private")))
    streamable_http_client(URL, http_client=httpx.AsyncClient(auth=DtzApiKey("apikey-1")))
    streamable_http_client(URL, http_client=httpx.AsyncClient(auth=DtzBearer("token")))
    streamable_http_client(URL, http_client=httpx.AsyncClient(auth=DtzBasic("apikey", "apikey-1")))
    streamable_http_client(URL, http_client=httpx.AsyncClient(auth=DtzCookie("token")))
    streamable_http_client(URL, http_client=httpx.AsyncClient(auth=DtzQueryKey("apikey-1")))


def what_comes_from_the_environment_is_taken() -> None:
    sse_client(URL, auth=DastraClientCredentials.from_env())
    sse_client(URL, auth=DtzBearer.from_env())


def a_source_is_not_an_auth() -> None:
    sse_client(URL, auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
