"""What a type checker must accept and refuse in a user's code where httpx2 is installed.

Never run: checked with ``mypy --strict`` and with pyright, in an environment with httpx2. The rest
is in ``test_public_names.py``, which must hold there too.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from typing import assert_type

import httpx
import httpx2
from requests.auth import AuthBase

from dtz_dastra_auth import (
    AuthError,
    ConfigurationError,
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    TokenError,
)

URL = "https://api.dtz.rocks/"


def every_class_is_taken() -> None:
    httpx2.Client(auth=DastraClientCredentials("public", "private"))
    httpx2.Client(auth=DastraApiKey("private"))
    httpx2.Client(auth=DtzApiKey("apikey-1"))
    httpx2.Client(auth=DtzBearer("token"))
    httpx2.Client(auth=DtzBasic("apikey", "apikey-1"))
    httpx2.Client(auth=DtzCookie("token"))
    httpx2.Client(auth=DtzQueryKey("apikey-1"))
    httpx2.AsyncClient(auth=DastraClientCredentials("public", "private"))
    httpx2.AsyncClient(auth=DastraApiKey("private"))
    httpx2.AsyncClient(auth=DtzApiKey("apikey-1"))
    httpx2.AsyncClient(auth=DtzBearer("token"))
    httpx2.AsyncClient(auth=DtzBasic("apikey", "apikey-1"))
    httpx2.AsyncClient(auth=DtzCookie("token"))
    httpx2.AsyncClient(auth=DtzQueryKey("apikey-1"))


def it_is_taken_everywhere(auth: DastraClientCredentials) -> httpx2.Auth:
    httpx2.get(URL, auth=auth)
    httpx2.stream("GET", URL, auth=auth)
    with httpx2.Client() as client:
        client.auth = auth
        client.post(URL, auth=auth, json={})
    return auth


async def and_in_an_asynchronous_client(auth: DastraClientCredentials) -> None:
    async with httpx2.AsyncClient() as client:
        client.auth = auth
        await client.get(URL, auth=auth)


def one_object_is_all_three(auth: DtzApiKey) -> tuple[AuthBase, httpx.Auth, httpx2.Auth]:
    return auth, auth, auth


def a_source_is_not_an_auth() -> None:
    httpx2.Client(auth=DtzLogin("user", "password"))  # type: ignore[arg-type]


async def the_request_comes_back_as_what_it_was(auth: DtzApiKey, request: httpx2.Request) -> None:
    assert_type(auth(request), httpx2.Request)
    assert_type(next(auth.sync_auth_flow(request)), httpx2.Request)
    assert_type(await anext(auth.async_auth_flow(request)), httpx2.Request)


def token_error(error: TokenError) -> tuple[AuthError, httpx.RequestError, httpx2.RequestError]:
    assert_type(error.error, str | None)
    print(error.descripton)  # type: ignore[attr-defined]
    return error, error, error


def errors_are_caught(auth: DtzApiKey) -> None:
    try:
        httpx2.get(URL, auth=auth)
    except httpx2.HTTPError as error:
        if isinstance(error, TokenError):
            assert_type(error.status_code, int | None)


def a_configuration_error_is_no_http_error(error: ConfigurationError) -> httpx2.HTTPError:
    return error  # type: ignore[return-value]
