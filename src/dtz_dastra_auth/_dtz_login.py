"""Signing in to DTZ by user name and password."""

from typing import Self

import requests

from . import _checks, _environment
from ._dtz_identity import IDENTITY_URL, IdentityService, base_url, is_refusal
from ._errors import TokenError
from ._flow import Steps
from ._need import Granted
from ._renewing_source import RenewingSource
from ._stores import Identity, TokenStore
from ._token import Deadline, Token

_VARIABLES = {
    "username": "DTZ_USERNAME",
    "password": "DTZ_PASSWORD",
    "context_id": "DTZ_CONTEXT_ID",
    "identity_url": "DTZ_IDENTITY_URL",
}


class DtzLogin(RenewingSource):
    """Sign in with a user name and a password: a token source for the classes that take one.

    The token (a day long) is taken on first use, kept and renewed: by itself while it lives
    (``/token/refresh``), by the password when that is refused. Equal objects share it. A call
    that needs a token and gets none raises `TokenError`, or its client's network error.
    """

    def __init__(
        self,
        username: str,
        password: str,
        *,
        context_id: str | None = None,
        identity_url: str = IDENTITY_URL,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Take a user's name and password; no request is made before the first call.

        Args:
            username: The user's name. It and the password may hold any letters and signs, which
                are sent as they are: as UTF-8, and never normalised.
            password: The user's password.
            context_id: The context to act in, which takes a second request
                (``/token/refresh``); None for the user's own.
            identity_url: The base of the identity service, without a query; for the rest as
                `DastraClientCredentials` has it for its ``token_url``. A slash at its end makes
                no difference.
            session: What token requests go over when the caller is requests; see
                `DastraClientCredentials`.
            store: Where the token is kept; None for the store all objects of the process share.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        url = base_url(identity_url)
        username = _checks.text("username", username)
        context = "" if context_id is None else _checks.token_text("context_id", context_id)
        parts = ("dtz_login", url, username, context)
        identity = Identity(parts, _checks.text("password", password), from_password=True)
        super().__init__(identity, session=session, store=store, timeout=timeout)

    @property
    def _label(self) -> str:
        return f"DTZ user {_checks.beginning(self._identity.parts[2])!a}"

    @classmethod
    def from_env(
        cls,
        *,
        session: requests.Session | None = None,
        store: TokenStore | None = None,
        timeout: float = 30.0,
    ) -> Self:
        """Take ``DTZ_USERNAME``, ``DTZ_PASSWORD`` and, if it is set, ``DTZ_CONTEXT_ID``.

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
                _environment.needed("DTZ_USERNAME"),
                _environment.needed("DTZ_PASSWORD"),
                context_id=_environment.get("DTZ_CONTEXT_ID"),
                identity_url=_environment.get("DTZ_IDENTITY_URL") or IDENTITY_URL,
                session=session,
                store=store,
                timeout=timeout,
            )

    def __repr__(self) -> str:
        shown = _checks.beginning(self._identity.parts[2])
        return f"{type(self).__name__}(username={shown!r}, password='***')"

    def _obtain(
        self, rejected: Token | None, deadline: Deadline, previous: Token | None
    ) -> Steps[Granted]:
        service = IdentityService(
            self._identity.parts[1], deadline, self._session, self._label, (self._identity.secret,)
        )
        context_id = self._identity.parts[3]
        lives = previous is not None and previous.left(deadline.clock.now()) > 0
        # Of one that the API has refused nothing is to be had.
        if previous is not None and lives and rejected is None:
            try:
                return (yield from service.refresh(previous.value, context_id))
            except TokenError as error:
                if not is_refusal(error):
                    raise
        content = {"username": self._identity.parts[2], "password": self._identity.secret}
        granted = yield from service.ask("/token/auth", content)
        if not context_id:
            return granted
        return (yield from service.refresh(granted.value, context_id))
