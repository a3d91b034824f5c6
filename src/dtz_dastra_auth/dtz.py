"""Authentication for DTZ (Down-to-Zero, https://downtozero.cloud): six ways to show one identity.

The rules on the wire are those of DTZ's documentation and of the source of its verifier (Rust
crate ``dtz-identity-auth``). A header or query credential goes out without a ``Cookie`` header:
the verifier looks at cookies alone as soon as there is one.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Self, TypeAlias

from . import _checks, _environment
from ._auth import Auth
from ._dtz_api_key_exchange import DtzApiKeyExchange as DtzApiKeyExchange
from ._dtz_identity import IDENTITY_URL as IDENTITY_URL
from ._dtz_login import DtzLogin as DtzLogin
from ._dtz_sign_in import DtzAuthorizationCode as DtzAuthorizationCode
from ._errors import ConfigurationError
from ._placement import Basic, Cookie, Header
from ._sources import StaticSource, TokenSource, source_of

# An allow-list and no suffix: other hosts below dtz.rocks and dtz.dev hold customers' workloads.
ORIGINS = (
    "https://identity.dtz.rocks",
    "https://api.dtz.rocks",
    "https://dtz.rocks",
    "https://containers.dtz.rocks",
    "https://objectstore.dtz.rocks",
    "https://cr.dtz.rocks",
    "https://rss2email.dtz.rocks",
    "https://observability.dtz.rocks",
    "https://o11y.dtz.rocks",
    "https://billing.dtz.rocks",
)

_VARIABLES = {
    "api_key": "DTZ_API_KEY",
    "token": "DTZ_ACCESS_TOKEN",
    "password": "DTZ_ACCESS_TOKEN",
    "context_id": "DTZ_CONTEXT_ID",
    "origins": "DTZ_ORIGINS",
}

Secret: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]] | TokenSource


class DtzApiKey(Auth):
    """Authenticate with an API key in the ``X-API-KEY`` header."""

    default_origins = ORIGINS

    def __init__(
        self, api_key: str, *, context_id: str | None = None, origins: Iterable[str] = ORIGINS
    ) -> None:
        """Take an API key.

        Args:
            api_key: The key, which starts with ``apikey-``; of ASCII letters, digits and signs.
            context_id: The context to act in, sent as ``X-DTZ-CONTEXT``; None for the key's own.
            origins: Where the key may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        also = _context("X-DTZ-CONTEXT", context_id)
        placement = Header("X-API-KEY", also=also, keeps_cookies=False)
        super().__init__(placement, StaticSource(_checks.dtz_api_key("api_key", api_key)), origins)

    @classmethod
    def from_env(cls) -> Self:
        """Take the key from ``DTZ_API_KEY``, the context from ``DTZ_CONTEXT_ID`` if it is set.

        ``DTZ_ORIGINS`` (separated by commas) is for other deployments and tests.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(_VARIABLES):
            return cls(
                _environment.needed("DTZ_API_KEY"),
                context_id=_environment.get("DTZ_CONTEXT_ID"),
                origins=origins_from_env(),
            )

    def _shown(self) -> str:
        return "api_key='***'"


class DtzBearer(Auth):
    """Authenticate with a token in the ``Authorization: Bearer`` header (RFC 6750)."""

    default_origins = ORIGINS

    def __init__(self, token: Secret, *, origins: Iterable[str] = ORIGINS) -> None:
        """Take a token, or something that gives one.

        Args:
            token: The token itself, of ASCII letters, digits and signs; a function that gives
                it, asked for every request; or a token source such as `DtzLogin`. The function
                may be a coroutine function where the client is async. An answer that is no
                token is a `ConfigurationError` of the call.
            origins: Where the token may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        source = source_of("token", token, _checks.token_text)
        placement = Header("Authorization", "Bearer ", keeps_cookies=False)
        super().__init__(placement, source, origins)

    @classmethod
    def from_env(cls) -> Self:
        """Take the token from ``DTZ_ACCESS_TOKEN``, which DTZ sets inside its containers.

        Where that is not set, `DtzLogin.from_env` is the token source. ``DTZ_ORIGINS``
        (separated by commas) is for other deployments and tests.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(_VARIABLES):
            return cls(_secret_from_env(), origins=origins_from_env())

    def _shown(self) -> str:
        return "token='***'"


class DtzBasic(Auth):
    """Authenticate with the Basic scheme (RFC 7617), for tools that know no other."""

    default_origins = ORIGINS

    def __init__(
        self, username: str, password: Secret, *, origins: Iterable[str] = ORIGINS
    ) -> None:
        """Take a user name that says what the password is.

        Args:
            username: ``"apikey"`` or ``"bearer"``.
            password: The API key, or the token as `DtzBearer` takes it; without a colon, from
                which on DTZ would not read it.
            origins: Where the secret may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        if username == "bearer":
            source = source_of("password", password, _checks.basic_token)
        elif username == "apikey":
            _checks.dtz_api_key("password", password)
            source = StaticSource(_checks.basic_secret("password", password))
        else:
            raise ConfigurationError("username: has to be 'apikey' or 'bearer'")
        # As text of its own: a member of an enum may be equal to it and print as something else.
        self._username = str.__str__(username)
        placement = Basic(username=self._username, keeps_cookies=False)
        super().__init__(placement, source, origins)

    @classmethod
    def from_env(cls) -> Self:
        """Take the key from ``DTZ_API_KEY``, or else the token as `DtzBearer.from_env` does.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        if (api_key := _environment.get("DTZ_API_KEY")) is not None:
            with _environment.named({**_VARIABLES, "password": "DTZ_API_KEY"}):
                return cls("apikey", api_key, origins=origins_from_env())
        with _environment.named(_VARIABLES):
            return cls("bearer", _secret_from_env("DTZ_API_KEY"), origins=origins_from_env())

    def _shown(self) -> str:
        return f"username={self._username!r}, password='***'"


class DtzCookie(Auth):
    """Authenticate with a token in the ``dtz-auth`` cookie, as DTZ's web login does.

    The caller's other cookies stay beside it, and its cookie jar is not touched.
    """

    default_origins = ORIGINS

    def __init__(self, token: Secret, *, origins: Iterable[str] = ORIGINS) -> None:
        """Take a token, or something that gives one.

        Args:
            token: As in `DtzBearer`, without quotes, commas, semicolons and backslashes (RFC
                6265 section 4.1.1).
            origins: Where the token may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        source = source_of("token", token, _checks.cookie_value)
        super().__init__(Cookie("dtz-auth"), source, origins)

    @classmethod
    def from_env(cls) -> Self:
        """Take the token as `DtzBearer.from_env` does.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(_VARIABLES):
            return cls(_secret_from_env(), origins=origins_from_env())

    def _shown(self) -> str:
        return "token='***'"


class DtzQueryKey(Auth):
    """Authenticate with an API key in the query (``?apiKey=…``): the last resort.

    A URL is kept in more places than a header: logs, histories, error texts. Use it where
    nothing else can be sent. The key is not carried over redirects.
    """

    default_origins = ORIGINS

    def __init__(
        self, api_key: str, *, context_id: str | None = None, origins: Iterable[str] = ORIGINS
    ) -> None:
        """Take an API key.

        Args:
            api_key: The key, which starts with ``apikey-``; of ASCII letters, digits and signs.
                Signs are percent-encoded.
            context_id: The context to act in, sent as ``contextId``; None for the key's own.
            origins: Where the key may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        from ._query import Query  # with the first object: it is the last resort

        placement = Query("apiKey", also=_context("contextId", context_id))
        super().__init__(placement, StaticSource(_checks.dtz_api_key("api_key", api_key)), origins)

    @classmethod
    def from_env(cls) -> Self:
        """Take the key and the context as `DtzApiKey.from_env` does.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(_VARIABLES):
            return cls(
                _environment.needed("DTZ_API_KEY"),
                context_id=_environment.get("DTZ_CONTEXT_ID"),
                origins=origins_from_env(),
            )

    def _shown(self) -> str:
        return "api_key='***'"


def _context(name: str, context_id: str | None) -> tuple[tuple[str, str], ...]:
    if context_id is None:
        return ()
    return ((name, _checks.token_text("context_id", context_id)),)


def origins_from_env() -> Iterable[str]:
    """Give the origins in ``DTZ_ORIGINS``, or those of the service."""
    return _environment.listed("DTZ_ORIGINS") or ORIGINS


def _secret_from_env(*instead: str) -> Secret:
    if (token := _environment.get("DTZ_ACCESS_TOKEN")) is not None:
        return token
    if _environment.get("DTZ_USERNAME") is None:
        first, *rest = (*instead, "DTZ_ACCESS_TOKEN", "DTZ_USERNAME with DTZ_PASSWORD")
        raise ConfigurationError(f"{first}: is not set, nor is {', nor '.join(rest)}")
    return DtzLogin.from_env()
