"""A DTZ API key, exchanged for a token."""

from typing import Self

import requests

from . import _checks, _environment
from ._dtz_identity import IDENTITY_URL, IdentityService, base_url
from ._flow import Steps
from ._need import Granted
from ._renewing_source import RenewingSource
from ._stores import Identity, TokenStore
from ._token import Deadline, Token

_VARIABLES = {
    "api_key": "DTZ_API_KEY",
    "context_id": "DTZ_CONTEXT_ID",
    "identity_url": "DTZ_IDENTITY_URL",
}


class DtzApiKeyExchange(RenewingSource):
    """Exchange an API key for a token: a token source for the classes that take one.

    For tools and services that take a token and no key: with it the key goes to the identity
    service alone. The token (a day long) is taken on first use, kept and renewed in the same way.
    Equal objects share it. A call that needs a token and gets none raises `TokenError`, or its
    client's network error.
    """

    def __init__(
        self,
        api_key: str,
        *,
        context_id: str | None = None,
        identity_url: str = IDENTITY_URL,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Take an API key; no request is made before the first call.

        Args:
            api_key: The key, which starts with ``apikey-``; of ASCII letters, digits and signs.
            context_id: The context to act in; None for the key's own.
            identity_url: The base of the identity service, as `DtzLogin` takes it.
            session: What token requests go over when the caller is requests; see
                `DastraClientCredentials`.
            store: Where the token is kept; None for the store all objects of the process share.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        url = base_url(identity_url)
        context = "" if context_id is None else _checks.token_text("context_id", context_id)
        parts = ("dtz_api_key_exchange", url, context)
        identity = Identity(parts, _checks.dtz_api_key("api_key", api_key))
        super().__init__(identity, session=session, store=store, timeout=timeout)

    @property
    def _label(self) -> str:
        context = self._identity.parts[2]
        return "a DTZ API key" + (f" in {_checks.beginning(context)!a}" if context else "")

    @classmethod
    def from_env(
        cls,
        *,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> Self:
        """Take the key from ``DTZ_API_KEY``, the context from ``DTZ_CONTEXT_ID`` if it is set.

        ``DTZ_IDENTITY_URL`` is for other deployments and tests.

        Args:
            session: As in the constructor.
            store: As in the constructor.
            timeout: As in the constructor, in seconds.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        with _environment.named(_VARIABLES):
            return cls(
                _environment.needed("DTZ_API_KEY"),
                context_id=_environment.get("DTZ_CONTEXT_ID"),
                identity_url=_environment.get("DTZ_IDENTITY_URL") or IDENTITY_URL,
                session=session,
                store=store,
                timeout=timeout,
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(api_key='***')"

    def _obtain(
        self, rejected: Token | None, deadline: Deadline, previous: Token | None
    ) -> Steps[Granted]:
        _, url, context_id = self._identity.parts
        secret = self._identity.secret
        service = IdentityService(url, deadline, self._session, self._label, (secret,))
        content = {"apiKey": secret} | ({"contextId": context_id} if context_id else {})
        return service.ask("/auth/apikey", content)
