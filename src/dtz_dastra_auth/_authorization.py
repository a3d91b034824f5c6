"""What a browser is sent to sign in with, and what it comes back with (RFC 6749 section 4.1)."""

import hmac
import secrets
from contextlib import suppress
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

from . import _check_urls, _checks
from ._dtz_identity import IDENTITY_URL, base_url
from ._errors import AuthorizationError, ConfigurationError, plain
from ._hidden import HIDDEN, Credential

DASTRA_AUTHORIZATION_URL = "https://account.dastra.eu/connect/authorize"


class AuthorizationUrl(str):
    """The URL that a browser is sent to, for a person to sign in.

    Keep `state` and `code_verifier` with the browser's session until it comes back.

    Attributes:
        state: What tells the answer to this sign-in from those to others.
        code_verifier: What the code is exchanged with (RFC 7636); None when the URL was made with
            a ``code_challenge``.
    """

    __slots__ = ("_code_verifier", "state")

    state: str
    _code_verifier: Credential | None

    def __new__(cls, url: str, state: str, code_verifier: str | None) -> Self:
        """Make a URL that has these attributes.

        Args:
            url: The URL.
            state: As in the attribute.
            code_verifier: As in the attribute.
        """
        made = super().__new__(cls, url)
        made.state = state
        made._code_verifier = None if code_verifier is None else Credential(code_verifier)
        return made

    @property
    def code_verifier(self) -> str | None:
        """Give what the code is exchanged with."""
        # An exact str: what keeps a session may take no subclass.
        return None if self._code_verifier is None else str(self._code_verifier)

    def __reduce__(self) -> tuple[Any, ...]:
        return AuthorizationUrl, (str(self), self.state, self._code_verifier)


def dastra_authorization_url(
    public_key: str,
    redirect_uri: str,
    *,
    scope: str = "api1 offline_access",
    state: str | None = None,
    code_verifier: str | None = None,
    code_challenge: str | None = None,
    authorization_url: str = DASTRA_AUTHORIZATION_URL,
) -> AuthorizationUrl:
    """Make the URL by which a person signs in to Dastra (RFC 6749 section 4.1.1, with PKCE).

    Args:
        public_key: The public key, which is the OAuth 2 client identifier.
        redirect_uri: Where the browser is sent back to: an absolute URI, as Dastra knows it.
        scope: What is asked for; ``offline_access`` is what a refresh token takes.
        state: What the answer has to repeat; random when None.
        code_verifier: What the code will be exchanged with (RFC 7636 section 4.1); random when
            None.
        code_challenge: Its S256 challenge, when the verifier is kept elsewhere; then
            ``code_verifier`` stays None.
        authorization_url: The authorization endpoint, for other deployments and tests.

    Returns:
        The URL, a ``str`` with ``state`` and ``code_verifier``.

    Raises:
        ConfigurationError: One of them cannot work.
    """
    proof = _Proof.made(code_verifier, code_challenge)
    url = _check_urls.endpoint("authorization_url", authorization_url)
    client = _checks.dastra_key("public_key", public_key)
    return proof.authorization_url(url, client, redirect_uri, scope=scope, state=state)


def dtz_authorization_url(
    context_id: str,
    redirect_uri: str,
    *,
    scope: str = "openid",
    state: str | None = None,
    code_verifier: str | None = None,
    code_challenge: str | None = None,
    identity_url: str = IDENTITY_URL,
) -> AuthorizationUrl:
    """Make the URL by which a person signs in to DTZ (RFC 6749 section 4.1.1, with PKCE).

    Args:
        context_id: The context to act in, which is the OAuth 2 client identifier.
        redirect_uri: As in `dastra_authorization_url`.
        scope: What is asked for.
        state: As in `dastra_authorization_url`.
        code_verifier: As in `dastra_authorization_url`.
        code_challenge: As in `dastra_authorization_url`.
        identity_url: The base of the identity service, as `DtzLogin` takes it.

    Returns:
        The URL, a ``str`` with ``state`` and ``code_verifier``.

    Raises:
        ConfigurationError: One of them cannot work.
    """
    proof = _Proof.made(code_verifier, code_challenge)
    base = base_url(identity_url)
    client = _checks.token_text("context_id", context_id)
    url = base + "/oauth/authorize"
    return proof.authorization_url(url, client, redirect_uri, scope=scope, state=state)


class _Proof(NamedTuple):
    """What proves that the code comes back to where it was asked for (RFC 7636)."""

    code_verifier: str | None
    code_challenge: str

    @classmethod
    def made(cls, code_verifier: str | None, code_challenge: str | None) -> "_Proof":
        from . import _oauth

        if code_challenge is not None:
            if code_verifier is not None:
                raise ConfigurationError("code_challenge: is made of code_verifier; pass one")
            return cls(None, _checks.code_verifier("code_challenge", code_challenge))
        if code_verifier is None:
            # 43 characters, as RFC 7636 section 4.1 recommends.
            code_verifier = Credential(secrets.token_urlsafe(32))
        verifier = _checks.code_verifier("code_verifier", code_verifier)
        return cls(verifier, _oauth.code_challenge(verifier))

    def authorization_url(
        self, url: str, client: str, redirect_uri: str, *, scope: str, state: str | None
    ) -> AuthorizationUrl:
        from . import _oauth

        state = secrets.token_urlsafe(32) if state is None else _checks.code("state", state)
        fields = {
            "client_id": client,
            "redirect_uri": _check_urls.redirect_uri("redirect_uri", redirect_uri),
            "scope": _checks.scope("scope", scope),
            "state": state,
            "code_challenge": self.code_challenge,
            "code_challenge_method": "S256",
        }
        # RFC 6749 section 3.1: no parameter is there twice.
        if {name for name, _ in parse_qsl(url.partition("?")[2])} & {"response_type", *fields}:
            raise ConfigurationError("authorization_url: has a parameter that is added to it")
        return AuthorizationUrl(_oauth.authorization_url(url, fields), state, self.code_verifier)


def code_from_callback(url: str, *, state: str | None) -> str:
    """Take the code out of the URL that a browser came back to, if the answer is to this sign-in.

    The ``state`` is what keeps others from having a browser sign in to their account (RFC 6749
    section 10.12): one that does not fit, or none on either side, is an error.

    Args:
        url: The URL of the callback, with its query.
        state: The ``state`` of the authorization URL, as it was kept with the browser's session;
            None when there is none, which no answer fits. Forget it after this.

    Returns:
        The code.

    Raises:
        AuthorizationError: The answer is to another sign-in, or says that there was none, as when
            the person declined.
        ConfigurationError: The URL is bytes.
    """
    given: object = url
    if isinstance(given, bytes | bytearray):
        raise ConfigurationError("url: expected a str, got bytes")
    # Frameworks have classes of their own for URLs.
    read = _read(str(given), state)
    # Tools that report errors show the variables of each frame.
    del url, given
    if isinstance(read, AuthorizationError):
        raise read
    return read


def _read(url: str, state: str | None) -> str | AuthorizationError:
    pairs = parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True)
    answer = dict(pairs)
    if len(answer) != len(pairs):
        # RFC 6749 section 3.1: no parameter is there twice.
        return AuthorizationError("the callback has a parameter twice")
    if not state:
        return AuthorizationError(
            "no state was kept for this browser: its session is gone, or the callback is a second"
            " one"
        )
    if not _is_same(answer.get("state"), state):
        return AuthorizationError("the callback's state is not that of a sign-in begun here")
    if "error" in answer:
        said = (answer["error"], answer.get("error_description"))
        error, description = (_plain(each, answer.get("code")) for each in said)
        words = ": ".join(word for word in (error, description) if word)
        return AuthorizationError(
            f"the sign-in was refused: {words}", error=error, description=description
        )
    with suppress(ConfigurationError):
        return _checks.code("code", answer.get("code"))
    return AuthorizationError("the callback has no code, or one that cannot be sent")


def _is_same(said: str | None, state: object) -> bool:
    if not said or not isinstance(state, str):
        return False
    encoded = [each.encode("utf-8", "surrogatepass") for each in (said, state)]
    return hmac.compare_digest(*encoded)


def _plain(said: str | None, code: str | None) -> str | None:
    if not said:
        return None
    return plain(said.replace(code, HIDDEN) if code else said)
