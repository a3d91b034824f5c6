"""Who is compared: this package, what a caller would write by hand, and the peers.

All of a setting send the same credential to the same place. Nobody asks for a token here: who
keeps one has been given it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from compared import peers
from compared.series import BY_HAND, OURS, WITHOUT

from dtz_dastra_auth import (
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzCookie,
    DtzQueryKey,
    MemoryTokenStore,
)
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._sources import renewing
from dtz_dastra_auth._token import Token

# As long as tokens and keys are.
TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{'a' * 400}.{'b' * 342}"
KEY = "apikey-3f2504e0-4f89-11d3-9a0c-0305e82c3301"
LIFETIME = 36_000.0


@dataclass(frozen=True, slots=True)
class Method:
    """A way to show who one is.

    Attributes:
        name: What tables call it.
        headers: The headers that it puts on a request.
        params: The query parameters that it puts on one.
    """

    name: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


_PAIR = base64.b64encode(f"apikey:{KEY}".encode()).decode("ascii")
CACHED_TOKEN = Method("cached token", {"Authorization": f"Bearer {TOKEN}"})
KEY_HEADER = Method("header key", {"X-API-KEY": KEY})
BASIC = Method("basic", {"Authorization": f"Basic {_PAIR}"})
COOKIE = Method("cookie", {"Cookie": f"dtz-auth={TOKEN}"})
QUERY = Method("query", params={"apiKey": KEY})
METHODS = (CACHED_TOKEN, KEY_HEADER, BASIC, COOKIE, QUERY)


@dataclass(frozen=True, slots=True)
class Contender:
    """One who puts a credential on requests, or none.

    Attributes:
        name: What tables call it.
        auth: What is passed as ``auth=``, None for nothing.
        headers: What is passed as ``headers=``.
        params: What is passed as ``params=``.
    """

    name: str
    auth: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        """Give what is passed where a client takes all of it at once."""
        return self.written | self.passed

    @property
    def written(self) -> dict[str, Any]:
        """Give what is passed for the request itself."""
        both = {"headers": dict(self.headers), "params": dict(self.params)}
        return {name: value for name, value in both.items() if value}

    @property
    def passed(self) -> dict[str, Any]:
        """Give what is passed for its authentication."""
        return {} if self.auth is None else {"auth": self.auth}


def contenders(client: str, method: Method, origin: str) -> list[Contender]:
    """List those who can be compared, with ours, by hand and none at first.

    Args:
        client: One of the names of `clients`.
        method: How it is authenticated.
        origin: Where the requests go: ``https://host[:port]``.
    """
    theirs = peers.auths(client, method.name, token=TOKEN, key=KEY, origin=origin)
    return [
        Contender(WITHOUT),
        Contender(BY_HAND, headers=method.headers, params=method.params),
        Contender(OURS, ours(method, origin)),
        *(Contender(name, auth) for name, auth in theirs.items()),
    ]


def ours(method: Method, origin: str) -> Auth:
    """Make an auth object of this package.

    Args:
        method: How it authenticates; that which renews its token holds one that lives for hours.
        origin: Where its credential may go.
    """
    if method is CACHED_TOKEN:
        return holding(client_credentials(origin), TOKEN)
    if method is KEY_HEADER:
        return DtzApiKey(KEY, origins=[origin])
    if method is BASIC:
        return DtzBasic("apikey", KEY, origins=[origin])
    if method is COOKIE:
        return DtzCookie(TOKEN, origins=[origin])
    return DtzQueryKey(KEY, origins=[origin])


def client_credentials(
    origin: str,
    public_key: str = "public-key",
    *,
    store: MemoryTokenStore | None = None,
    session: requests.Session | None = None,
) -> DastraClientCredentials:
    """Make one that renews its token, at a token endpoint of the same origin."""
    return DastraClientCredentials(
        public_key,
        "private-key",
        token_url=f"{origin}/connect/token",
        origins=[origin],
        store=MemoryTokenStore() if store is None else store,
        session=session,
    )


def holding(auth: Auth, value: str, lifetime: float = LIFETIME) -> Auth:
    """Give an auth object a token as if it had just been renewed."""
    # Parts of our own house: users have no way in here.
    source = renewing(auth._source)
    assert source is not None
    slot = source._kept_in().slot(source._identity)
    slot.keep(Token(value, lifetime, slot.clock.now()))
    return auth
