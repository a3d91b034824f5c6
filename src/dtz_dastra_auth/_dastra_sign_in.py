"""Dastra for a person who has signed in: by the code of a callback, or by a refresh token.

Dastra documents the authorization request with ``offline_access``; that the token endpoint takes
the two grants as RFC 6749 sections 4.1.3 and 6 have them, by the client's Basic, is inferred.
"""

from collections.abc import Iterable
from typing import Self, cast

import requests

from . import _check_urls, _checks, _environment
from ._auth import Auth
from ._code import Code
from ._flow import Answer, Exchange, Steps
from ._hidden import Credential
from ._need import Granted
from ._placement import Header
from ._rotation import Beginning, identity_of
from ._sign_in import OnRefreshToken, SignedInSource
from ._stores import Identity, TokenStore
from ._token import Deadline, Token
from .dastra import ORIGINS, TOKEN_URL, VARIABLES, origins_from_env


class DastraAuthorizationCode(Auth):
    """Authenticate as a person who has just signed in, by the code of the callback.

    The first call exchanges the code (RFC 6749 section 4.1.3) for an access token and, where the
    sign-in asked for ``offline_access``, a refresh token, which renews it from then on. Objects
    with equal arguments share both. Build later objects with `DastraRefreshToken`. A call that
    needs a token and gets none raises `TokenError`, or its client's network error; when the person
    has to sign in again it is a `SignInRequiredError`.
    """

    default_origins = ORIGINS

    def __init__(
        self,
        code: str,
        redirect_uri: str,
        public_key: str,
        private_key: str,
        *,
        code_verifier: str | None = None,
        on_refresh_token: OnRefreshToken | None = None,
        token_url: str = TOKEN_URL,
        origins: Iterable[str] = ORIGINS,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Take the code of a callback; no request is made before the first call.

        Args:
            code: The code, as `code_from_callback` gives it. It is good once, and for minutes.
            redirect_uri: Where the browser was sent back to, as in the authorization URL.
            public_key: The public key, as `DastraClientCredentials` takes it.
            private_key: The private key, likewise.
            code_verifier: What the authorization URL was made with (RFC 7636): its
                ``code_verifier``; None if it was made without.
            on_refresh_token: Called with each new refresh token, before the access token that came
                with it is used; a coroutine function where the client is async. Keep it there:
                the one before it is not good any more. What it raises reaches the caller; the
                refresh token stays with the object, and the next call tries the function again.
            token_url: The token endpoint, as `DastraClientCredentials` takes it.
            origins: Where the token may go, each ``https://host[:port]``.
            session: What token requests go over when the caller is requests; see
                `DastraClientCredentials`.
            store: Where the tokens are kept; None for the store all objects of the process share.
                Processes that share a sign-in need a `SharedTokenStore`.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        held = Code.checked(code, redirect_uri, code_verifier)
        client = _client(public_key, private_key, token_url)
        parts = ("authorization_code", *client.parts[1:])
        grant = _SignedIn(
            Beginning(held.identity(parts, client.secret), client),
            held,
            on_refresh_token=on_refresh_token,
            session=session,
            store=store,
            timeout=timeout,
        )
        super().__init__(Header("Authorization", "Bearer "), grant, origins)

    def _shown(self) -> str:
        shown = cast("_SignedIn", self._source).public_key
        return f"code='***', public_key={shown!r}, private_key='***'"


class DastraRefreshToken(Auth):
    """Authenticate as a person who has signed in before, by a refresh token.

    The first call renews the access token with it (RFC 6749 section 6). A new refresh token takes
    the place of the old one at once, and is told to ``on_refresh_token``. Objects that were made
    from any refresh token of one sign-in share it. A call that needs a token and gets none raises
    `TokenError`, or its client's network error; when the person has to sign in again it is a
    `SignInRequiredError`.
    """

    default_origins = ORIGINS

    def __init__(
        self,
        refresh_token: str,
        public_key: str,
        private_key: str,
        *,
        on_refresh_token: OnRefreshToken | None = None,
        token_url: str = TOKEN_URL,
        origins: Iterable[str] = ORIGINS,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Take a refresh token; no request is made before the first call.

        Args:
            refresh_token: The refresh token that was told last.
            public_key: The public key, as `DastraClientCredentials` takes it.
            private_key: The private key, likewise.
            on_refresh_token: As in `DastraAuthorizationCode`.
            token_url: The token endpoint, as `DastraClientCredentials` takes it.
            origins: Where the token may go, each ``https://host[:port]``.
            session: What token requests go over when the caller is requests; see
                `DastraClientCredentials`.
            store: As in `DastraAuthorizationCode`.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        refresh_token = _checks.code("refresh_token", refresh_token)
        client = _client(public_key, private_key, token_url)
        grant = _SignedIn(
            Beginning(identity_of(client, refresh_token), client, refresh_token),
            None,
            on_refresh_token=on_refresh_token,
            session=session,
            store=store,
            timeout=timeout,
        )
        super().__init__(Header("Authorization", "Bearer "), grant, origins)

    @classmethod
    def from_env(
        cls,
        *,
        on_refresh_token: OnRefreshToken | None = None,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> Self:
        """Take ``DASTRA_REFRESH_TOKEN``, ``DASTRA_PUBLIC_KEY`` and ``DASTRA_PRIVATE_KEY``.

        ``DASTRA_TOKEN_URL`` and ``DASTRA_ORIGINS`` (separated by commas) are for other
        deployments and tests.

        Args:
            on_refresh_token: As in the constructor.
            session: As in the constructor.
            store: As in the constructor.
            timeout: As in the constructor, in seconds.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(VARIABLES):
            return cls(
                _environment.needed("DASTRA_REFRESH_TOKEN"),
                _environment.needed("DASTRA_PUBLIC_KEY"),
                _environment.needed("DASTRA_PRIVATE_KEY"),
                on_refresh_token=on_refresh_token,
                token_url=_environment.get("DASTRA_TOKEN_URL") or TOKEN_URL,
                origins=origins_from_env(),
                session=session,
                store=store,
                timeout=timeout,
            )

    def _shown(self) -> str:
        shown = cast("_SignedIn", self._source).public_key
        return f"refresh_token='***', public_key={shown!r}, private_key='***'"


def _client(public_key: str, private_key: str, token_url: str) -> Identity:
    parts = (
        "refresh_token",
        _check_urls.endpoint("token_url", token_url),
        _checks.dastra_key("public_key", public_key),
    )
    return Identity(parts, _checks.dastra_key("private_key", private_key))


class _SignedIn(SignedInSource):
    """The authorization code grant, and refreshing (RFC 6749 sections 4.1 and 6)."""

    def __init__(
        self,
        beginning: Beginning,
        code: Code | None,
        *,
        on_refresh_token: OnRefreshToken | None,
        session: requests.Session | None,
        store: TokenStore | None,
        timeout: float,
    ) -> None:
        super().__init__(
            beginning,
            on_refresh_token=on_refresh_token,
            session=session,
            store=store,
            timeout=timeout,
        )
        self._code = code

    @property
    def public_key(self) -> str:
        """Give the beginning of the public key, to be shown."""
        return _checks.beginning(self._identity.parts[2])

    @property
    def _label(self) -> str:
        return f"a person at Dastra public key {self.public_key!a}"

    def _exchange(self, deadline: Deadline, previous: Token | None) -> Steps[Granted]:
        from . import _oauth

        client = self._beginning.client
        assert client is not None
        _, token_url, public_key = client.parts
        fields, secrets = self._fields()
        headers, body = _oauth.by_client(token_url, public_key, client.secret, fields)
        answer: Answer = yield Exchange(
            token_url, headers, body, deadline, self._session, is_patient=True
        )
        # It takes the place of the one that was sent, whatever the access token is like.
        if (refresh_token := _oauth.refresh_token_in(answer)) is not None:
            self._chain.advance(refresh_token, deadline.clock.now().wall)
        # The server may repeat a secret as it was given or as it was sent.
        sent = Credential(headers["Authorization"].removeprefix("Basic "))
        return _oauth.read_token(
            answer, self._label, (client.secret, sent, *secrets), signs_in=True
        )

    def _fields(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Give the parameters of the next token request, and which of them are secret."""
        refresh_token, code = self._chain.refresh_token, self._code
        if refresh_token is not None:
            fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            return fields, (refresh_token,)
        if code is None or self._chain.is_begun:
            raise self._over("there is no refresh token (without offline_access none is given)")
        return code.fields(), code.secrets
