"""What the token endpoint is asked with, where it is out of order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.methods import REDIRECT_URI
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzAuthorizationCode,
    DtzBearer,
)
from dtz_dastra_auth.testing import StandIns
from rfc7636 import CHALLENGE, VERIFIER


@dataclass(frozen=True)
class Asking:
    """An auth object to be, and what it asks with.

    Attributes:
        make: Makes the object, given where tokens are asked for and the options that all have.
        secrets: What its token request holds that may not show.
    """

    make: Callable[..., Any]
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Grant:
    """One grant.

    Attributes:
        name: Its name in test ids.
        begin: Gives what to ask with, new for each test.
        is_at_dtz: Whether it is DTZ's identity service that is asked.
        is_over_when_refused: Whether any refusal ends the sign-in: a code is good once, and DTZ's
            errors have no codes to tell one refusal from another.
    """

    name: str
    begin: Callable[[StandIns], Asking]
    is_at_dtz: bool = False
    is_over_when_refused: bool = False

    def is_over(self, status: int | None, error: str | None) -> bool:
        """Tell whether a person has to sign in again after an answer."""
        if self.is_over_when_refused:
            return status is not None and status < 500 and status != 429
        return self is not CLIENT_CREDENTIALS and error == "invalid_grant"


def _client_credentials(services: StandIns) -> Asking:
    dastra = services.dastra

    def make(token_url: str, **options: Any) -> Any:
        pair = dastra.public_key, dastra.private_key
        return DastraClientCredentials(*pair, token_url=token_url, **options)

    return Asking(make, ())


def _refresh_token(services: StandIns) -> Asking:
    dastra = services.dastra
    refresh_token = dastra.make_refresh_token()

    def make(token_url: str, **options: Any) -> Any:
        pair = dastra.public_key, dastra.private_key
        return DastraRefreshToken(refresh_token, *pair, token_url=token_url, **options)

    return Asking(make, (refresh_token,))


def _authorization_code(services: StandIns) -> Asking:
    dastra = services.dastra
    code = dastra.make_code(REDIRECT_URI, code_challenge=CHALLENGE)

    def make(token_url: str, **options: Any) -> Any:
        client = REDIRECT_URI, dastra.public_key, dastra.private_key
        options = {"token_url": token_url, "code_verifier": VERIFIER, **options}
        return DastraAuthorizationCode(code, *client, **options)

    return Asking(make, (code, VERIFIER))


def _dtz_code(services: StandIns) -> Asking:
    dtz = services.dtz
    code = dtz.make_code(REDIRECT_URI, code_challenge=CHALLENGE)

    def make(token_url: str, **options: Any) -> Any:
        options = {"code_verifier": VERIFIER, **options}
        return DtzBearer(DtzAuthorizationCode(code, dtz.context_id, REDIRECT_URI, **options))

    return Asking(make, (code, VERIFIER))


CLIENT_CREDENTIALS = Grant("client credentials", _client_credentials)
REFRESH_TOKEN = Grant("refresh token", _refresh_token)
AUTHORIZATION_CODE = Grant("code", _authorization_code)
DTZ_CODE = Grant("DTZ code", _dtz_code, is_at_dtz=True, is_over_when_refused=True)
