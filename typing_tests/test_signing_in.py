"""What a type checker must accept and refuse where a person signs in.

Never run, as ``test_public_names.py``, whose rules are these.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from typing import assert_type

import httpx
import requests
from requests.auth import AuthBase

from dtz_dastra_auth import (
    AuthError,
    AuthorizationError,
    AuthorizationUrl,
    DastraAuthorizationCode,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    DtzCookie,
    SignInRequiredError,
    TokenError,
    TokenSource,
    TokenStore,
    code_from_callback,
    dastra_authorization_url,
    dtz_authorization_url,
)

URL = "https://api.dastra.eu/v1/workspaces"
BACK = "https://shop.example/callback"


def keep(refresh_token: str) -> None:
    print(len(refresh_token))


async def keep_async(refresh_token: str) -> None:
    print(len(refresh_token))


def keep_a_number(refresh_token: int) -> None:
    print(refresh_token)


def dastra_authorization_code(session: requests.Session, store: TokenStore) -> None:
    DastraAuthorizationCode("code", BACK, "public", "private")
    DastraAuthorizationCode(
        "code",
        BACK,
        "public",
        "private",
        code_verifier="verifier",
        on_refresh_token=keep,
        token_url="https://api.example.com/connect/token",
        origins=["https://api.example.com"],
        session=session,
        store=store,
        timeout=5,
    )
    DastraAuthorizationCode("code", BACK, "public", "private", on_refresh_token=keep_async)
    DastraAuthorizationCode("code", BACK, "public")  # type: ignore[call-arg]
    DastraAuthorizationCode("code", BACK, "public", "private", "v")  # type: ignore[call-arg]
    DastraAuthorizationCode("code", BACK, "public", "private", on_refresh_token="keep")  # type: ignore[arg-type]


def dastra_refresh_token() -> None:
    DastraRefreshToken("refresh-token", "public", "private")
    DastraRefreshToken("refresh-token", "public", "private", on_refresh_token=print)
    DastraRefreshToken.from_env(on_refresh_token=keep_async, timeout=2)
    DastraRefreshToken(None, "public", "private")  # type: ignore[arg-type]
    DastraRefreshToken("r", "public", "private", on_refresh_token=keep_a_number)  # type: ignore[arg-type]
    DastraRefreshToken("r", "public", "private", redirect_uri=BACK)  # type: ignore[call-arg]


def they_are_auth_objects(auth: DastraRefreshToken) -> tuple[AuthBase, httpx.Auth]:
    requests.get(URL, auth=auth)
    httpx.Client(auth=DastraAuthorizationCode("code", BACK, "public", "private"))
    return auth, auth


def dtz_authorization_code() -> TokenSource:
    DtzAuthorizationCode("code", "context-1", BACK, code_verifier="verifier", timeout=3)
    DtzAuthorizationCode("code", "context-1")  # type: ignore[call-arg]
    DtzAuthorizationCode("code", "context-1", BACK, on_refresh_token=keep)  # type: ignore[call-arg]
    DtzCookie(DtzAuthorizationCode("code", "context-1", BACK))
    return DtzAuthorizationCode("code", "context-1", BACK)


def dtz_api_key_exchange() -> TokenSource:
    DtzApiKeyExchange("apikey-1", context_id="context-1", timeout=3)
    DtzApiKeyExchange("apikey-1", "context-1")  # type: ignore[call-arg]
    DtzBearer(DtzApiKeyExchange.from_env())
    requests.get(URL, auth=DtzApiKeyExchange("apikey-1"))  # type: ignore[arg-type]
    return DtzApiKeyExchange("apikey-1")


def authorization_urls() -> str:
    url = dastra_authorization_url("public", BACK)
    assert_type(url, AuthorizationUrl)
    assert_type(url.state, str)
    assert_type(url.code_verifier, str | None)
    dastra_authorization_url("public", BACK, scope="api1", state="state", code_verifier="verifier")
    dastra_authorization_url("public", BACK, code_challenge="challenge", authorization_url=URL)
    dtz_authorization_url("context-1", BACK, scope="openid", identity_url=URL)
    dastra_authorization_url("public")  # type: ignore[call-arg]
    dtz_authorization_url("context-1", BACK, "openid")  # type: ignore[call-arg]
    return url


def callback(state: str | None) -> str:
    assert_type(code_from_callback(BACK, state=state), str)
    code_from_callback(BACK)  # type: ignore[call-arg]
    code_from_callback(BACK, "state")  # type: ignore[call-arg]
    return code_from_callback(BACK, state="state")


def errors(over: SignInRequiredError, refused: AuthorizationError) -> tuple[TokenError, AuthError]:
    assert_type(refused.error, str | None)
    assert_type(refused.description, str | None)
    print(refused.status_code)  # type: ignore[attr-defined]
    return over, refused


def a_refused_sign_in_is_no_token_error(error: AuthorizationError) -> TokenError:
    return error  # type: ignore[return-value]
