"""What a type checker must accept and refuse in a user's code, whichever clients are installed.

Never run: checked with ``mypy --strict`` and with pyright, with httpx2 installed and without. A
line with an ignore is a line that must be refused: both checkers heed it, and both report one that
is not needed. Without httpx2 these refusals also show that no base class has become ``Any``.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import logging
from collections.abc import Callable
from typing import assert_type

import httpx
import requests
from requests.auth import AuthBase

import dtz_dastra_auth
from dtz_dastra_auth import (
    AuthError,
    ConfigurationError,
    CredentialFilter,
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    MemoryTokenStore,
    SharedTokenStore,
    TokenError,
    TokenSource,
    TokenStore,
)

URL = "https://api.dtz.rocks/"
ORIGINS = ("https://api.example.com", "http://127.0.0.1:8080")


async def fetch() -> str:
    return "token"


# --- Construction: the positional order and the keywords are what tools rely on -----------------


def dastra_client_credentials(session: requests.Session, store: TokenStore) -> None:
    DastraClientCredentials("public", "private")
    DastraClientCredentials(public_key="public", private_key="private")
    DastraClientCredentials(
        "public",
        "private",
        scope="api1",
        token_url="https://api.example.com/connect/token",
        origins=ORIGINS,
        session=session,
        store=store,
        timeout=5,
    )
    DastraClientCredentials("public", "private", session=None, store=None)
    DastraClientCredentials("public")  # type: ignore[call-arg]
    DastraClientCredentials("public", "private", "api1")  # type: ignore[call-arg]
    DastraClientCredentials("public", b"private")  # type: ignore[arg-type]
    DastraClientCredentials("public", "private", scopes="api1")  # type: ignore[call-arg]
    DastraClientCredentials("public", "private", timeout="5")  # type: ignore[arg-type]
    DastraClientCredentials("public", "private", session=httpx.Client())  # type: ignore[arg-type]
    DastraClientCredentials("public", "private", store="memory")  # type: ignore[arg-type]


def dastra_api_key() -> None:
    DastraApiKey("private")
    DastraApiKey(private_key="private", origins=["https://api.example.com"])
    DastraApiKey()  # type: ignore[call-arg]
    DastraApiKey("private", ORIGINS)  # type: ignore[call-arg]
    DastraApiKey("private", origins=[1])  # type: ignore[list-item]
    DastraApiKey("private", origin=ORIGINS)  # type: ignore[call-arg]


def dtz_api_key() -> None:
    DtzApiKey("apikey-1")
    DtzApiKey(api_key="apikey-1", context_id="context-1", origins=frozenset(ORIGINS))
    DtzApiKey("apikey-1", context_id=None)
    DtzApiKey(1)  # type: ignore[arg-type]
    DtzApiKey("apikey-1", "context-1")  # type: ignore[call-arg]
    DtzApiKey("apikey-1", context="context-1")  # type: ignore[call-arg]


def dtz_bearer(source: TokenSource, token: Callable[[], str]) -> None:
    DtzBearer("token")
    DtzBearer(token)
    DtzBearer(lambda: "token")
    DtzBearer(source)
    DtzBearer(token=DtzLogin("user", "password"), origins=ORIGINS)
    DtzBearer(None)  # type: ignore[arg-type]
    DtzBearer(lambda: 1)  # type: ignore[arg-type]
    DtzBearer("token", ORIGINS)  # type: ignore[call-arg]


def dtz_basic(source: TokenSource) -> None:
    DtzBasic("apikey", "apikey-1")
    DtzBasic("bearer", source)
    DtzBasic("bearer", lambda: "token")
    DtzBasic(username="apikey", password="apikey-1", origins=ORIGINS)
    DtzBasic("apikey")  # type: ignore[call-arg]
    DtzBasic("apikey", None)  # type: ignore[arg-type]
    DtzBasic("apikey", "apikey-1", ORIGINS)  # type: ignore[call-arg]


def dtz_cookie(source: TokenSource) -> None:
    DtzCookie("token")
    DtzCookie(lambda: "token")
    DtzCookie(source)
    DtzCookie(token=DtzLogin("user", "password"), origins=ORIGINS)
    DtzCookie()  # type: ignore[call-arg]
    DtzCookie(b"token")  # type: ignore[arg-type]


def dtz_query_key() -> None:
    DtzQueryKey("apikey-1")
    DtzQueryKey(api_key="apikey-1", context_id="context-1", origins=ORIGINS)
    DtzQueryKey("apikey-1", name="key")  # type: ignore[call-arg]


def dtz_login(session: requests.Session, store: TokenStore) -> TokenSource:
    DtzLogin("user", "password")
    DtzLogin(
        username="user",
        password="password",
        context_id="context-1",
        identity_url="https://identity.example.com",
        session=session,
        store=store,
        timeout=2.5,
    )
    DtzLogin("user", "password", "context-1")  # type: ignore[call-arg]
    DtzLogin("user", "password", origins=ORIGINS)  # type: ignore[call-arg]
    requests.get(URL, auth=DtzLogin("user", "password"))  # type: ignore[arg-type]
    return DtzLogin("user", "password")


def async_callables_are_taken() -> None:
    DtzBearer(fetch)
    DtzCookie(fetch)
    DtzBasic("bearer", fetch)


def stores(shared: SharedTokenStore) -> tuple[TokenStore, TokenStore]:
    memory = MemoryTokenStore()
    memory.clear()
    memory.claer()  # type: ignore[attr-defined]
    DtzLogin("user", "password", store=shared)
    return memory, shared


def credential_filter(handler: logging.Handler, record: logging.LogRecord) -> logging.Filter:
    handler.addFilter(CredentialFilter())
    assert_type(CredentialFilter().filter(record), bool)
    CredentialFilter("urllib3")  # type: ignore[call-arg]
    CredentialFilter(secrets=["private"])  # type: ignore[call-arg]
    return CredentialFilter()


def from_env() -> Callable[[], AuthBase]:
    assert_type(DastraClientCredentials.from_env(), DastraClientCredentials)
    assert_type(DastraApiKey.from_env(), DastraApiKey)
    assert_type(DtzApiKey.from_env(), DtzApiKey)
    assert_type(DtzBearer.from_env(), DtzBearer)
    assert_type(DtzBasic.from_env(), DtzBasic)
    assert_type(DtzCookie.from_env(), DtzCookie)
    assert_type(DtzQueryKey.from_env(), DtzQueryKey)
    assert_type(DtzLogin.from_env(), DtzLogin)
    return DtzApiKey.from_env


def misspelt_names() -> None:
    print(dtz_dastra_auth.DtzApiKye)  # type: ignore[attr-defined]
    DtzApiKey("apikey-1").from_environment()  # type: ignore[attr-defined]
    print(DastraClientCredentials("public", "private").sync_auth_flw)  # type: ignore[attr-defined]


# --- Use: one object is every client's ``auth=`` ------------------------------------------------


def every_class_is_taken_by_requests() -> None:
    requests.get(URL, auth=DastraClientCredentials("public", "private"))
    requests.get(URL, auth=DastraApiKey("private"))
    requests.get(URL, auth=DtzApiKey("apikey-1"))
    requests.get(URL, auth=DtzBearer("token"))
    requests.get(URL, auth=DtzBasic("apikey", "apikey-1"))
    requests.get(URL, auth=DtzCookie("token"))
    requests.get(URL, auth=DtzQueryKey("apikey-1"))


def requests_takes_it_everywhere(auth: DtzApiKey) -> AuthBase:
    requests.post(URL, auth=auth, json={})
    requests.request("GET", URL, auth=auth)
    with requests.Session() as session:
        session.auth = auth
        session.get(URL, auth=auth)
    requests.Request("GET", URL, auth=auth).prepare()
    return auth


def every_class_is_taken_by_httpx() -> None:
    httpx.Client(auth=DastraClientCredentials("public", "private"))
    httpx.Client(auth=DastraApiKey("private"))
    httpx.Client(auth=DtzApiKey("apikey-1"))
    httpx.Client(auth=DtzBearer("token"))
    httpx.Client(auth=DtzBasic("apikey", "apikey-1"))
    httpx.Client(auth=DtzCookie("token"))
    httpx.Client(auth=DtzQueryKey("apikey-1"))
    httpx.AsyncClient(auth=DastraClientCredentials("public", "private"))
    httpx.AsyncClient(auth=DastraApiKey("private"))
    httpx.AsyncClient(auth=DtzApiKey("apikey-1"))
    httpx.AsyncClient(auth=DtzBearer("token"))
    httpx.AsyncClient(auth=DtzBasic("apikey", "apikey-1"))
    httpx.AsyncClient(auth=DtzCookie("token"))
    httpx.AsyncClient(auth=DtzQueryKey("apikey-1"))


def httpx_takes_it_everywhere(auth: DastraClientCredentials) -> httpx.Auth:
    httpx.get(URL, auth=auth)
    httpx.stream("GET", URL, auth=auth)
    with httpx.Client() as client:
        client.auth = auth
        client.post(URL, auth=auth, json={})
    return auth


async def and_in_an_asynchronous_client(auth: DastraClientCredentials) -> None:
    async with httpx.AsyncClient() as client:
        client.auth = auth
        await client.get(URL, auth=auth)


def the_request_comes_back_as_what_it_was(
    auth: DtzApiKey, prepared: requests.PreparedRequest, request: httpx.Request
) -> None:
    assert_type(auth(prepared), requests.PreparedRequest)
    assert_type(auth(r=prepared), requests.PreparedRequest)
    assert_type(next(auth.sync_auth_flow(request)), httpx.Request)


async def and_in_an_asynchronous_flow(auth: DtzApiKey, request: httpx.Request) -> None:
    assert_type(await anext(auth.async_auth_flow(request)), httpx.Request)


# --- Errors: caught by the handlers that callers already have -----------------------------------


def token_error(error: TokenError) -> tuple[AuthError, requests.RequestException, httpx.HTTPError]:
    assert_type(error.error, str | None)
    assert_type(error.description, str | None)
    assert_type(error.status_code, int | None)
    assert_type(error.retry_after, float | None)
    print(error.request, error.response)
    print(error.retry_afer)  # type: ignore[attr-defined]
    return error, error, error


def token_error_is_constructed() -> None:
    TokenError("message")
    TokenError(
        "message", error="invalid_client", description=None, status_code=401, retry_after=None
    )
    TokenError()  # type: ignore[call-arg]
    TokenError("message", status="401")  # type: ignore[call-arg]


def errors_are_caught() -> None:
    try:
        requests.get(URL, auth=DtzApiKey.from_env())
    except TokenError as error:
        assert_type(error, TokenError)
    except ConfigurationError as error:
        wrong_argument: ValueError = error
        base: AuthError = error
        print(error.status_code)  # type: ignore[attr-defined]
        raise wrong_argument from base
    except (requests.RequestException, httpx.HTTPError) as error:
        assert_type(error, requests.RequestException | httpx.HTTPError)
