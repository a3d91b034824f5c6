"""Who gets tokens itself, and how each is put into a client, with connections that are open.

Each takes the address of a token endpoint that nobody has asked yet, which makes its token a new
one too where tokens are kept for the whole process (requests_auth, httpx_auth).

What is not here cannot do it: google-auth has no client credentials grant. authlib's blocking
client for httpx2 keeps its token itself, and threads would have to share it, which httpcore's
pool does not stand.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import httpx
import httpx_auth
import requests
import requests_auth
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from azure.core.credentials import AccessToken
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from compared.connections import Pool, checked
from compared.peers import named
from compared.series import OURS
from compared.services import PAIR, Services
from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore

SCOPE = "api1"
REQUESTS_AUTH, HTTPX_AUTH = named("requests_auth"), named("httpx_auth")

# Makes one call, given the number of its caller; in async clients it gives a coroutine.
Get: TypeAlias = Callable[[int], Any]
# Makes it, given a token endpoint and how many seconds before its end a token is renewed.
Fresh: TypeAlias = Callable[[str, float | None], Get]


def ours(
    services: Services, token_url: str, session: requests.Session | None = None
) -> DastraClientCredentials:
    """Make an auth object that shares nothing with others."""
    return DastraClientCredentials(
        *PAIR,
        token_url=token_url,
        origins=[services.origin],
        store=MemoryTokenStore(),
        session=session,
    )


def in_requests(services: Services, pool: Pool, count: int) -> dict[str, Fresh]:
    """Give those who work in requests; all use the same connections, for tokens too.

    Args:
        services: What is called.
        pool: The connections.
        count: How many callers there are; each has a session, where it may.
    """
    sessions = [pool.session() for _ in range(count)]

    def getting(auth: Any) -> Get:
        return lambda caller: checked(sessions[caller].get(services.url, auth=auth))

    def of_requests_auth(token_url: str, early: float | None) -> Get:
        # It closes the connections of what it is given after each token request.
        session = Pool(services, 1, pool.note).session()
        return getting(
            requests_auth.OAuth2ClientCredentials(
                token_url, *PAIR, scope=SCOPE, session=session, early_expiry=early
            )
        )

    def of_requests_oauth2client(token_url: str, early: float | None) -> Get:
        client = OAuth2Client(token_url, auth=PAIR, session=pool.session())
        given: dict[str, Any] = {} if early is None else {"leeway": early}
        return getting(OAuth2ClientCredentialsAuth(client, scope=SCOPE, **given))

    return {
        OURS: lambda token_url, early: getting(ours(services, token_url, pool.session())),
        REQUESTS_AUTH: of_requests_auth,
        named("requests_oauth2client"): of_requests_oauth2client,
        f"OAuth2Session of {named('authlib')}": _authlib(services, pool),
        f"pipeline of {named('azure-core')}": _azure(services, pool),
    }


def in_httpx(library: Any, services: Services, clients: list[Any]) -> dict[str, Fresh]:
    """Give those who work in the blocking clients of httpx or httpx2.

    Args:
        library: Which of them it is.
        services: What is called.
        clients: The callers' clients, and one more.
    """
    *callers, spare = clients

    def getting(auth: Any) -> Get:
        return lambda caller: checked(callers[caller].get(services.url, auth=auth))

    made: dict[str, Fresh] = {OURS: lambda token_url, early: getting(ours(services, token_url))}
    if library is httpx:
        made[HTTPX_AUTH] = lambda token_url, early: getting(_httpx_auth(token_url, spare, early))
    return made


def in_async_httpx(
    library: Any, services: Services, clients: Sequence[Any], spare: Any
) -> dict[str, Fresh]:
    """Give those who work in the async clients of httpx or httpx2.

    Args:
        library: Which of them it is.
        services: What is called.
        clients: The callers' clients, or one that they share.
        spare: A blocking one, for who asks for tokens with that.
    """

    def getting(auth: Any) -> Get:
        async def get(caller: int) -> None:
            client = clients[caller % len(clients)]
            checked(await client.get(services.url, auth=auth))

        return get

    made: dict[str, Fresh] = {OURS: lambda token_url, early: getting(ours(services, token_url))}
    if library is httpx:
        made[HTTPX_AUTH] = lambda token_url, early: getting(_httpx_auth(token_url, spare, early))
    else:
        # Its classes for httpx are those of httpx2 where that is installed.
        made[f"AsyncOAuth2Client of {named('authlib')}"] = _authlib_async(services, clients[0])
    return made


def _httpx_auth(token_url: str, client: httpx.Client, early: float | None) -> Any:
    return httpx_auth.OAuth2ClientCredentials(
        token_url, *PAIR, scope=SCOPE, client=client, early_expiry=early
    )


def _authlib_arguments(token_url: str, early: float | None) -> Mapping[str, Any]:
    given = {"token_endpoint": token_url, "grant_type": "client_credentials", "scope": SCOPE}
    return given if early is None else {**given, "leeway": early}


def _authlib(services: Services, pool: Pool) -> Fresh:
    def fresh(token_url: str, early: float | None) -> Get:
        session: Any = OAuth2Session(*PAIR, **_authlib_arguments(token_url, early))
        pool.set_up(session)

        def get(_: int) -> None:
            # It renews a token of its own accord, but has to be asked for the first one.
            if not session.token:
                session.fetch_token()
            checked(session.get(services.url))

        return get

    return fresh


def _authlib_async(services: Services, client: Any) -> Fresh:
    def fresh(token_url: str, early: float | None) -> Get:
        same = {"event_hooks": client.event_hooks, "timeout": client.timeout}
        given = {**_authlib_arguments(token_url, early), **same}
        # Over the connections of the others, which no public name gives away.
        session: Any = AsyncOAuth2Client(
            *PAIR, transport=client._transport, trust_env=False, **given
        )

        async def get(_: int) -> None:
            if not session.token:
                await session.fetch_token()
            checked(await session.get(services.url))

        return get

    return fresh


def _azure(services: Services, pool: Pool) -> Fresh:
    def fresh(token_url: str, _: float | None) -> Get:
        session = pool.session()
        transport = RequestsTransport(
            session=session, session_owner=False, connection_verify=session.verify
        )
        policy: BearerTokenCredentialPolicy[Any, Any] = BearerTokenCredentialPolicy(
            _Asking(token_url, pool.session()), SCOPE
        )
        pipeline: Pipeline[Any, Any] = Pipeline(transport, [policy])
        return lambda _: checked(pipeline.run(HttpRequest("GET", services.url)).http_response)

    return fresh


class _Asking:
    """A credential of azure-core for a token endpoint: it has none for any but Microsoft's."""

    def __init__(self, token_url: str, session: requests.Session) -> None:
        self._token_url = token_url
        self._session = session

    def get_token(self, *scopes: str, **more: object) -> AccessToken:
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        answer = self._session.post(self._token_url, form, auth=PAIR)
        answer.raise_for_status()
        token = answer.json()
        return AccessToken(token["access_token"], int(time.time()) + token["expires_in"])
