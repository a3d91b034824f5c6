"""The peers, each holding what it sends, as it would after a token request.

What is not here a peer cannot do: none of them has a cookie; httpx_auth does not know httpx2;
authlib's classes for httpx are those of httpx2 where that is installed.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import httpx
import httpx2
import httpx_auth
import requests
import requests_auth
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from azure.core.credentials import AccessToken
from azure.core.pipeline import Pipeline, PipelineContext, PipelineRequest
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from compared.quiet import Adapter, Note, Transport
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from requests.auth import HTTPBasicAuth
from requests_oauth2client import BearerToken, OAuth2ClientCredentialsAuth
from requests_oauth2client import OAuth2Client as TokenClient

LIFETIME = 36_000


def auths(client: str, method: str, *, token: str, key: str, origin: str) -> dict[str, object]:
    """Give what peers have for ``auth=``, by their names.

    Args:
        client: One of the names of `clients`.
        method: The name of a method.
        token: The access token.
        key: The API key.
        origin: Where the requests go.
    """
    library = client.partition(".")[0]
    make: dict[tuple[str, str], Callable[[], dict[str, object]]] = {
        ("requests", "cached token"): lambda: _requests_tokens(token, origin),
        ("requests", "header key"): lambda: {
            named("requests_auth"): requests_auth.HeaderApiKey(key, "X-API-KEY")
        },
        ("requests", "basic"): lambda: {
            named("requests_auth"): requests_auth.Basic("apikey", key),
            f"HTTPBasicAuth of {named('requests')}": HTTPBasicAuth("apikey", key),
        },
        ("requests", "query"): lambda: {
            named("requests_auth"): requests_auth.QueryApiKey(key, "apiKey")
        },
        ("httpx", "cached token"): lambda: _httpx_tokens(token, origin),
        ("httpx", "header key"): lambda: {
            named("httpx_auth"): httpx_auth.HeaderApiKey(key, "X-API-KEY")
        },
        ("httpx", "basic"): lambda: {
            named("httpx_auth"): httpx_auth.Basic("apikey", key),
            f"BasicAuth of {named('httpx')}": httpx.BasicAuth("apikey", key),
        },
        ("httpx", "query"): lambda: {named("httpx_auth"): httpx_auth.QueryApiKey(key, "apiKey")},
        ("httpx2", "basic"): lambda: {
            f"BasicAuth of {named('httpx2')}": httpx2.BasicAuth("apikey", key)
        },
    }
    return make.get((library, method), dict)()


def sessions(client: str, token: str, url: str, note: Note | None) -> dict[str, Any]:
    """Give calls by peers that are sessions or clients themselves; async ones give coroutines.

    Args:
        client: One of the names of `clients`.
        token: The access token, which is the only credential that they have.
        url: Where the requests go.
        note: Told of each request.
    """
    if client == "requests":
        authlib = OAuth2Session(token=_authlib_token(token), trust_env=False)
        google = _google_session(token)
        for session in (authlib, google):
            session.trust_env = False
            session.mount("https://", Adapter(note))
        return {
            f"OAuth2Session of {named('authlib')}": lambda: authlib.get(url),
            f"AuthorizedSession of {named('google-auth')}": lambda: google.get(url),
            # Its requests are its own; below them is a session as the others have one.
            f"pipeline of {named('azure-core')}": _azure_pipeline(token, url, note),
        }
    made = {"httpx2.Client": OAuth2Client, "httpx2.AsyncClient": AsyncOAuth2Client}.get(client)
    if made is None:
        return {}
    transport = Transport(httpx2, note)
    oauth = made(token=_authlib_token(token), transport=transport, trust_env=False)
    return {f"{made.__name__} of {named('authlib')}": lambda: oauth.get(url)}


def azure_policy(token: str, url: str, note: Note | None) -> Callable[[], object]:
    """Give what azure-core's policy does to a request of its own, without what is around it."""
    policy: BearerTokenCredentialPolicy[Any, Any] = BearerTokenCredentialPolicy(_Fixed(token), "x")

    def attach() -> None:
        request = HttpRequest("GET", url)
        policy.on_request(PipelineRequest(request, PipelineContext(None)))
        if note is not None:
            note(request.url, request.headers)

    return attach


def named(package: str) -> str:
    """Name a package with its version."""
    return f"{package} {version(package)}"


def _requests_tokens(token: str, origin: str) -> dict[str, object]:
    token_url = f"{origin}/connect/token"
    kept = requests_auth.OAuth2ClientCredentials(token_url, "public-key", "private-key")
    cache = requests_auth.OAuth2.token_cache
    cache._add_access_token(kept.state, token, LIFETIME)
    client = TokenClient(token_url, auth=("public-key", "private-key"))
    bearer = BearerToken(token, expires_in=LIFETIME)
    session = OAuth2Session(token=_authlib_token(token))
    return {
        named("requests_auth"): kept,
        named("requests_oauth2client"): OAuth2ClientCredentialsAuth(client, token=bearer),
        # What its session passes as ``auth=``, which looks after the token too.
        f"OAuth2Auth of {named('authlib')}": session.token_auth,
    }


def _httpx_tokens(token: str, origin: str) -> dict[str, object]:
    token_url = f"{origin}/connect/token"
    kept = httpx_auth.OAuth2ClientCredentials(token_url, "public-key", "private-key")
    cache = httpx_auth.OAuth2.token_cache
    cache._add_access_token(kept.state, token, LIFETIME)
    return {named("httpx_auth"): kept}


def _authlib_token(token: str) -> dict[str, object]:
    ends = int(time.time()) + LIFETIME
    return {"access_token": token, "token_type": "Bearer", "expires_at": ends}


def _google_session(token: str) -> requests.Session:
    ends = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=LIFETIME)
    make_credentials: Any = Credentials
    make_session: Any = AuthorizedSession
    session: requests.Session = make_session(make_credentials(token=token, expiry=ends))
    return session


def _azure_pipeline(token: str, url: str, note: Note | None) -> Callable[[], object]:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Adapter(note))
    transport = RequestsTransport(session=session, session_owner=False)
    policy: BearerTokenCredentialPolicy[Any, Any] = BearerTokenCredentialPolicy(_Fixed(token), "x")
    pipeline: Pipeline[Any, Any] = Pipeline(transport, [policy])
    return lambda: pipeline.run(HttpRequest("GET", url))


class _Fixed:
    """A credential of azure-core that always has the same token."""

    def __init__(self, token: str) -> None:
        self._token = AccessToken(token, int(time.time()) + LIFETIME)

    def get_token(self, *scopes: str, **more: object) -> AccessToken:
        return self._token
