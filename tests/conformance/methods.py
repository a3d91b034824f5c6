"""Every method of both services: how it is made, and what it has to look like on the wire."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dtz_dastra_auth import (
    DastraApiKey,
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKey,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, StandIns

DASTRA_URL = "https://api.dastra.eu/v1/workspaces"
DTZ_URL = "https://api.dtz.rocks/v1/me"

# Where a browser would have come back to.
REDIRECT_URI = "https://shop.example/callback"

# The headers by which a request can be authenticated, and the one that spoils it (DTZ).
CREDENTIAL_HEADERS = ("Authorization", "X-API-KEY", "X-DTZ-CONTEXT", "Cookie")


@dataclass(frozen=True)
class Made:
    """An auth object, and what the service is to see of it.

    Attributes:
        auth: The object.
        headers: The credential headers of each API call, all others being absent.
        query: The query of each API call.
    """

    auth: Any
    headers: dict[str, str]
    query: str = ""


@dataclass(frozen=True)
class Method:
    """One way to authenticate.

    Attributes:
        name: Its name in test ids.
        make: Makes a new auth object for the running stand-ins.
        url: What is called.
        token_requests: How many requests for a token the first call takes.
        outlives: Whether there is something to get a token with once the last one has ended or
            was refused. Of a sign-in at DTZ there is nothing but the token itself.
    """

    name: str
    make: Callable[[StandIns], Made]
    url: str
    token_requests: int = 0
    outlives: bool = True

    def calls(self, services: StandIns) -> list[Recorded]:
        """Give the API calls that have arrived."""
        return self._service(services).calls

    def asked(self, services: StandIns) -> list[Recorded]:
        """Give the requests for a token that have arrived."""
        return self._service(services).token_requests

    def _service(self, services: StandIns) -> DastraStandIn | DtzStandIn:
        return services.dastra if self.url == DASTRA_URL else services.dtz


def basic(username: str, password: str) -> str:
    """Write what RFC 7617 makes of a user name and a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _client_credentials(services: StandIns) -> Made:
    auth = DastraClientCredentials(services.dastra.public_key, services.dastra.private_key)
    return Made(auth, {"Authorization": "Bearer <token>"})


def _authorization_code(services: StandIns) -> Made:
    code = services.dastra.make_code(REDIRECT_URI)
    pair = services.dastra.public_key, services.dastra.private_key
    auth = DastraAuthorizationCode(code, REDIRECT_URI, *pair)
    return Made(auth, {"Authorization": "Bearer <token>"})


def _refresh_token(services: StandIns) -> Made:
    refresh_token = services.dastra.make_refresh_token()
    pair = services.dastra.public_key, services.dastra.private_key
    auth = DastraRefreshToken(refresh_token, *pair)
    return Made(auth, {"Authorization": "Bearer <token>"})


def _dastra_key(services: StandIns) -> Made:
    key = services.dastra.private_key
    return Made(DastraApiKey(key), {"X-API-KEY": key})


def _dtz_key(services: StandIns) -> Made:
    key = services.dtz.api_key
    return Made(DtzApiKey(key), {"X-API-KEY": key})


def _dtz_key_in_context(services: StandIns) -> Made:
    key, context = services.dtz.api_key, services.dtz.context_id
    headers = {"X-API-KEY": key, "X-DTZ-CONTEXT": context}
    return Made(DtzApiKey(key, context_id=context), headers)


def _bearer(services: StandIns) -> Made:
    token = services.dtz.make_token()
    return Made(DtzBearer(token), {"Authorization": f"Bearer {token}"})


def _bearer_callable(services: StandIns) -> Made:
    token = services.dtz.make_token()
    return Made(DtzBearer(lambda: token), {"Authorization": f"Bearer {token}"})


def _login(services: StandIns, context_id: str | None = None) -> DtzLogin:
    return DtzLogin(services.dtz.username, services.dtz.password, context_id=context_id)


def _bearer_login(services: StandIns) -> Made:
    return Made(DtzBearer(_login(services)), {"Authorization": "Bearer <token>"})


def _bearer_login_in_context(services: StandIns) -> Made:
    services.dtz.add_context("context-chosen")
    login = _login(services, "context-chosen")
    return Made(DtzBearer(login), {"Authorization": "Bearer <token>"})


def _basic_key(services: StandIns) -> Made:
    key = services.dtz.api_key
    return Made(DtzBasic("apikey", key), {"Authorization": basic("apikey", key)})


def _basic_bearer(services: StandIns) -> Made:
    token = services.dtz.make_token()
    return Made(DtzBasic("bearer", token), {"Authorization": basic("bearer", token)})


def _cookie(services: StandIns) -> Made:
    token = services.dtz.make_token()
    return Made(DtzCookie(token), {"Cookie": f"dtz-auth={token}"})


def _cookie_login(services: StandIns) -> Made:
    return Made(DtzCookie(_login(services)), {"Cookie": "dtz-auth=<token>"})


def _bearer_code(services: StandIns) -> Made:
    code = services.dtz.make_code(REDIRECT_URI)
    source = DtzAuthorizationCode(code, services.dtz.context_id, REDIRECT_URI)
    return Made(DtzBearer(source), {"Authorization": "Bearer <token>"})


def _cookie_code(services: StandIns) -> Made:
    code = services.dtz.make_code(REDIRECT_URI)
    source = DtzAuthorizationCode(code, services.dtz.context_id, REDIRECT_URI)
    return Made(DtzCookie(source), {"Cookie": "dtz-auth=<token>"})


def _bearer_exchange(services: StandIns) -> Made:
    source = DtzApiKeyExchange(services.dtz.api_key)
    return Made(DtzBearer(source), {"Authorization": "Bearer <token>"})


def _query(services: StandIns) -> Made:
    key = services.dtz.api_key
    return Made(DtzQueryKey(key), {}, f"apiKey={key}")


def _query_in_context(services: StandIns) -> Made:
    key, context = services.dtz.api_key, services.dtz.context_id
    auth = DtzQueryKey(key, context_id=context)
    return Made(auth, {}, f"apiKey={key}&contextId={context}")


METHODS = (
    Method("dastra-client-credentials", _client_credentials, DASTRA_URL, 1),
    Method("dastra-authorization-code", _authorization_code, DASTRA_URL, 1),
    Method("dastra-refresh-token", _refresh_token, DASTRA_URL, 1),
    Method("dastra-api-key", _dastra_key, DASTRA_URL),
    Method("dtz-api-key", _dtz_key, DTZ_URL),
    Method("dtz-api-key-in-context", _dtz_key_in_context, DTZ_URL),
    Method("dtz-bearer", _bearer, DTZ_URL),
    Method("dtz-bearer-callable", _bearer_callable, DTZ_URL),
    Method("dtz-bearer-login", _bearer_login, DTZ_URL, 1),
    Method("dtz-bearer-login-in-context", _bearer_login_in_context, DTZ_URL, 2),
    Method("dtz-basic-key", _basic_key, DTZ_URL),
    Method("dtz-basic-bearer", _basic_bearer, DTZ_URL),
    Method("dtz-cookie", _cookie, DTZ_URL),
    Method("dtz-cookie-login", _cookie_login, DTZ_URL, 1),
    Method("dtz-bearer-code", _bearer_code, DTZ_URL, 1, outlives=False),
    Method("dtz-cookie-code", _cookie_code, DTZ_URL, 1, outlives=False),
    Method("dtz-bearer-key-exchange", _bearer_exchange, DTZ_URL, 1),
    Method("dtz-query", _query, DTZ_URL),
    Method("dtz-query-in-context", _query_in_context, DTZ_URL),
)
RENEWING = tuple(method for method in METHODS if method.token_requests)
