"""What a type checker must accept and refuse in the add-ons of httpx and httpx2.

Never run: checked with ``mypy --strict`` and with pyright, in the environment of these tools.
hishel's clients take anything when they are made; the ``auth`` of theirs that is typed is httpx's.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import hishel.httpx
import hishel.httpx2
import httpx
from httpx_retries import RetryTransport
from httpx_sse import connect_sse

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


def every_class_is_taken_by_hishel_for_httpx(client: hishel.httpx.CacheClient) -> None:
    client.auth = DastraClientCredentials("public", "private")
    client.auth = DastraApiKey("private")
    client.auth = DtzApiKey("apikey-1")
    client.auth = DtzBearer("token")
    client.auth = DtzBasic("apikey", "apikey-1")
    client.auth = DtzCookie("token")
    client.auth = DtzQueryKey("apikey-1")
    client.get(URL, auth=DtzApiKey.from_env())


async def every_class_is_taken_by_hishel_for_httpx2(
    client: hishel.httpx2.AsyncCacheClient,
) -> None:
    client.auth = DastraClientCredentials("public", "private")
    client.auth = DastraApiKey("private")
    client.auth = DtzApiKey("apikey-1")
    client.auth = DtzBearer("token")
    client.auth = DtzBasic("apikey", "apikey-1")
    client.auth = DtzCookie("token")
    client.auth = DtzQueryKey("apikey-1")
    await client.get(URL, auth=DtzApiKey.from_env())


def every_class_goes_over_a_retry_transport(transport: RetryTransport) -> None:
    httpx.Client(transport=transport, auth=DastraClientCredentials("public", "private"))
    httpx.Client(transport=transport, auth=DastraApiKey("private"))
    httpx.Client(transport=transport, auth=DtzApiKey("apikey-1"))
    httpx.Client(transport=transport, auth=DtzBearer("token"))
    httpx.Client(transport=transport, auth=DtzBasic("apikey", "apikey-1"))
    httpx.Client(transport=transport, auth=DtzCookie("token"))
    httpx.Client(transport=transport, auth=DtzQueryKey("apikey-1"))
    httpx.AsyncClient(transport=transport, auth=DtzApiKey.from_env())


def events_are_read_over_a_client_that_has_one(auth: DtzApiKey) -> None:
    with connect_sse(httpx.Client(auth=auth), "GET", URL, auth=auth) as source:
        print(next(source.iter_sse()).data)


async def a_source_is_not_an_auth(
    client: hishel.httpx.CacheClient, other: hishel.httpx2.AsyncCacheClient, login: DtzLogin
) -> None:
    client.auth = login  # type: ignore[assignment]
    await other.get(URL, auth=login)  # type: ignore[arg-type]
    httpx.Client(transport=RetryTransport(), auth=login)  # type: ignore[arg-type]
