"""Authentication for Dastra (https://www.dastra.eu), by key pair or by API key.

Keys are made at https://app.dastra.eu/general-settings/api, for one workspace or for the whole
organisation. The rules on the wire are Dastra's documented ones, and RFC 6749.
"""

from collections.abc import Iterable
from typing import Self, cast

import requests

from . import _check_urls, _checks, _environment
from ._auth import Auth
from ._flow import Answer, Exchange, Steps
from ._hidden import Credential
from ._need import Granted
from ._placement import Header
from ._renewing_source import RenewingSource
from ._sources import StaticSource
from ._stores import Identity, TokenStore
from ._token import Deadline, Token

ORIGINS = ("https://api.dastra.eu",)
TOKEN_URL = "https://account.dastra.eu/connect/token"

VARIABLES = {
    "public_key": "DASTRA_PUBLIC_KEY",
    "private_key": "DASTRA_PRIVATE_KEY",
    "refresh_token": "DASTRA_REFRESH_TOKEN",
    "token_url": "DASTRA_TOKEN_URL",
    "origins": "DASTRA_ORIGINS",
}


class DastraClientCredentials(Auth):
    """Authenticate with a key pair, by an access token that is kept and renewed.

    The first call asks for a token (OAuth 2 client credentials, RFC 6749 section 4.4), all
    others use it until shortly before it ends. Objects with equal arguments share one token.
    A call that needs a token and gets none raises `TokenError`, or its client's network error.
    """

    default_origins = ORIGINS

    def __init__(
        self,
        public_key: str,
        private_key: str,
        *,
        scope: str = "api1",
        token_url: str = TOKEN_URL,
        origins: Iterable[str] = ORIGINS,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Take a key pair; no request is made before the first call.

        Args:
            public_key: The public key, which is the OAuth 2 client identifier. It and the private
                key may hold any letters and signs: both are form-encoded as UTF-8 before they
                go into Basic (RFC 6749 section 2.3.1 and appendix B).
            private_key: The private key, which is the OAuth 2 client secret.
            scope: What is asked for; scopes are ASCII without quotes and backslashes, with one
                space between them (RFC 6749 section 3.3).
            token_url: The token endpoint: https, or http on ``localhost``, ``127.*`` and
                ``[::1]``. It may have a query; a name that is not ASCII is written as
                ``xn--…``. What clients would not all dial and send as it is written is refused:
                a name that ends in a dot, ``..`` in the path, ``%7E`` for ``~``.
            origins: Where the token may go, each ``https://host[:port]``.
            session: What token requests go over when the caller is requests: a plain session
                when None. Its headers, cookies, proxies, hooks and retries apply to them (a
                retry can take longer than ``timeout``), and nothing on it is changed. In httpx
                and httpx2 they go over the caller's client.
            store: Where the token is kept; None for the store all objects of the process share.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        grant = _ClientCredentials(
            _checks.dastra_key("public_key", public_key),
            _checks.dastra_key("private_key", private_key),
            scope=_checks.scope("scope", scope),
            token_url=_check_urls.endpoint("token_url", token_url),
            session=session,
            store=store,
            timeout=timeout,
        )
        super().__init__(Header("Authorization", "Bearer "), grant, origins)

    @classmethod
    def from_env(
        cls,
        *,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> Self:
        """Take the key pair from ``DASTRA_PUBLIC_KEY`` and ``DASTRA_PRIVATE_KEY``.

        ``DASTRA_TOKEN_URL`` and ``DASTRA_ORIGINS`` (separated by commas) are for other
        deployments and tests.

        Args:
            session: As in the constructor.
            store: As in the constructor.
            timeout: As in the constructor, in seconds.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(VARIABLES):
            return cls(
                _environment.needed("DASTRA_PUBLIC_KEY"),
                _environment.needed("DASTRA_PRIVATE_KEY"),
                token_url=_environment.get("DASTRA_TOKEN_URL") or TOKEN_URL,
                origins=origins_from_env(),
                session=session,
                store=store,
                timeout=timeout,
            )

    def _shown(self) -> str:
        shown = cast("_ClientCredentials", self._source).public_key
        return f"public_key={shown!r}, private_key='***'"


class DastraApiKey(Auth):
    """Authenticate with the private key alone, in the ``X-API-KEY`` header."""

    default_origins = ORIGINS

    def __init__(self, private_key: str, *, origins: Iterable[str] = ORIGINS) -> None:
        """Take a private key.

        Args:
            private_key: The private key, of ASCII letters, digits and signs.
            origins: Where it may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        source = StaticSource(_checks.token_text("private_key", private_key))
        super().__init__(Header("X-API-KEY"), source, origins)

    @classmethod
    def from_env(cls) -> Self:
        """Take the key from ``DASTRA_PRIVATE_KEY``, and origins from ``DASTRA_ORIGINS``.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(VARIABLES):
            return cls(
                _environment.needed("DASTRA_PRIVATE_KEY"),
                origins=origins_from_env(),
            )

    def _shown(self) -> str:
        return "private_key='***'"


def origins_from_env() -> Iterable[str]:
    """Give the origins in ``DASTRA_ORIGINS``, or that of the service."""
    return _environment.listed("DASTRA_ORIGINS") or ORIGINS


class _ClientCredentials(RenewingSource):
    """The client credentials grant (RFC 6749 section 4.4)."""

    def __init__(
        self,
        public_key: str,
        private_key: str,
        *,
        scope: str,
        token_url: str,
        session: requests.Session | None,
        store: TokenStore | None,
        timeout: float,
    ) -> None:
        identity = Identity(("client_credentials", token_url, public_key, scope), private_key)
        super().__init__(identity, session=session, store=store, timeout=timeout)

    @property
    def public_key(self) -> str:
        """Give the beginning of the public key, to be shown."""
        return _checks.beginning(self._identity.parts[2])

    @property
    def _label(self) -> str:
        return f"Dastra public key {self.public_key!a}"

    def _obtain(
        self, rejected: Token | None, deadline: Deadline, previous: Token | None
    ) -> Steps[Granted]:
        from . import _oauth

        _, token_url, public_key, scope = self._identity.parts
        private_key = self._identity.secret
        headers, body = _oauth.client_credentials(token_url, public_key, private_key, scope)
        answer: Answer = yield Exchange(token_url, headers, body, deadline, self._session)
        # The server may repeat the secret as it was given or as it was sent.
        sent = Credential(headers["Authorization"].removeprefix("Basic "))
        return _oauth.read_token(answer, self._label, (private_key, sent))
