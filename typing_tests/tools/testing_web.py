"""What a type checker must accept and refuse in tests of apps of Starlette and FastAPI.

Never run: checked with ``mypy --strict`` and with pyright. TestClient is a client of httpx2.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import fastapi.testclient
import httpx2
import starlette.testclient

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


def every_class_is_an_attribute_of_starlettes(client: starlette.testclient.TestClient) -> None:
    client.auth = DastraClientCredentials("public", "private")
    client.auth = DastraClientCredentials.from_env()
    client.auth = DastraApiKey("private")
    client.auth = DastraApiKey.from_env()
    client.auth = DtzApiKey("apikey-1")
    client.auth = DtzApiKey.from_env()
    client.auth = DtzBearer("token")
    client.auth = DtzBearer.from_env()
    client.auth = DtzBasic("apikey", "apikey-1")
    client.auth = DtzBasic.from_env()
    client.auth = DtzCookie("token")
    client.auth = DtzCookie.from_env()
    client.auth = DtzQueryKey("apikey-1")
    client.auth = DtzQueryKey.from_env()


def and_of_fastapis(client: fastapi.testclient.TestClient) -> None:
    client.auth = DastraClientCredentials("public", "private")
    client.auth = DastraClientCredentials.from_env()
    client.auth = DastraApiKey("private")
    client.auth = DastraApiKey.from_env()
    client.auth = DtzApiKey("apikey-1")
    client.auth = DtzApiKey.from_env()
    client.auth = DtzBearer("token")
    client.auth = DtzBearer.from_env()
    client.auth = DtzBasic("apikey", "apikey-1")
    client.auth = DtzBasic.from_env()
    client.auth = DtzCookie("token")
    client.auth = DtzCookie.from_env()
    client.auth = DtzQueryKey("apikey-1")
    client.auth = DtzQueryKey.from_env()


def every_class_is_taken_by_a_call(client: starlette.testclient.TestClient) -> None:
    client.get("/", auth=DastraClientCredentials("public", "private"))
    client.get("/", auth=DastraClientCredentials.from_env())
    client.get("/", auth=DastraApiKey("private"))
    client.get("/", auth=DastraApiKey.from_env())
    client.get("/", auth=DtzApiKey("apikey-1"))
    client.get("/", auth=DtzApiKey.from_env())
    client.get("/", auth=DtzBearer("token"))
    client.get("/", auth=DtzBearer.from_env())
    client.get("/", auth=DtzBasic("apikey", "apikey-1"))
    client.get("/", auth=DtzBasic.from_env())
    client.get("/", auth=DtzCookie("token"))
    client.get("/", auth=DtzCookie.from_env())
    client.get("/", auth=DtzQueryKey("apikey-1"))
    client.get("/", auth=DtzQueryKey.from_env())


def a_test_client_is_a_client(client: fastapi.testclient.TestClient) -> httpx2.Client:
    return client


def a_source_is_not_an_auth(
    starlettes: starlette.testclient.TestClient, fastapis: fastapi.testclient.TestClient
) -> None:
    starlettes.get("/", auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
    starlettes.auth = DtzLogin("user", "password")  # type: ignore[assignment]
    fastapis.get("/", auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
    fastapis.auth = DtzLogin("user", "password")  # type: ignore[assignment]
