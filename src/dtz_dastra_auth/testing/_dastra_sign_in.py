"""How a person signs in at Dastra: the authorization code, and the refresh tokens it leads to.

Of this the documentation has the address and the parameters that begin it. The rest is RFC 6749,
with the rotation of RFC 9700 section 4.14.2; what the real service does with a refresh token that
comes again is not documented.
"""

from __future__ import annotations

import secrets
import time
from abc import abstractmethod
from dataclasses import dataclass, field

from ._codes import CODE_LIFETIME, Code, asked_for, new_code
from ._messages import Recorded, Reply, form_fields, json_reply
from ._pages import problem_page, sign_in_page
from ._service import Service

SCOPE = "api1"
_OFFLINE = "offline_access"
_BOTH = f"{SCOPE} {_OFFLINE}"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_TITLE = "Sign in to Dastra"


@dataclass
class _Family:
    """All that comes from one sign-in.

    Attributes:
        client_id: The client that it is for.
        scope: What was granted.
        access_tokens: The access tokens made so far.
        is_revoked: Whether a code or refresh token of it came a second time.
    """

    client_id: str
    scope: str
    access_tokens: set[str] = field(default_factory=set)
    is_revoked: bool = False


@dataclass
class _RefreshToken:
    """A refresh token that was given out, and when it was spent, by ``time.monotonic``."""

    family: _Family
    spent_at: float | None = None


class DastraSignIn(Service):
    """The authorization endpoint and two grants; the attributes are told of by the stand-in."""

    public_key: str

    def __init__(self) -> None:
        super().__init__()
        self.username = f"user-{secrets.token_hex(4)}@example.com"
        self.password = secrets.token_urlsafe(18)
        self._begin()

    def _begin(self) -> None:
        self.code_lifetime = CODE_LIFETIME
        self.rotates = True
        self.reuse_leeway = 0.0
        self._reuses = 0
        self._codes: dict[str, Code[_Family]] = {}
        self._refresh_tokens: dict[str, _RefreshToken] = {}

    @property
    def reuses(self) -> int:
        """How often a spent code or refresh token came again, and was refused for it."""
        with self._lock:
            return self._reuses

    @property
    def refresh_tokens_in_force(self) -> set[str]:
        """The values of the refresh tokens that are good and not spent."""
        with self._lock:
            return {
                value
                for value, token in self._refresh_tokens.items()
                if token.spent_at is None and not token.family.is_revoked
            }

    def make_code(
        self,
        redirect_uri: str,
        *,
        scope: str = _BOTH,
        code_challenge: str | None = None,
        public_key: str | None = None,
    ) -> str:
        """Make an authorization code, as if a person had signed in.

        Args:
            redirect_uri: Where it would have been sent.
            scope: What the person grants.
            code_challenge: The PKCE challenge (S256), if there is one.
            public_key: The client; None means that of the default key pair.
        """
        client_id = self.public_key if public_key is None else public_key
        return self._make_code(client_id, redirect_uri, scope, code_challenge)

    def make_refresh_token(self, *, public_key: str | None = None) -> str:
        """Make a refresh token, as if a person had signed in before.

        Args:
            public_key: The client it is for; None means that of the default key pair.
        """
        client_id = self.public_key if public_key is None else public_key
        return self._make_refresh_token(_Family(client_id, _BOTH))

    def expire_refresh_tokens(self) -> None:
        """Refuse every refresh token given out so far; none of them counts as a reuse."""
        with self._lock:
            self._refresh_tokens.clear()

    def reset(self) -> None:
        with self._lock:
            super().reset()
            self._begin()

    @abstractmethod
    def make_token(self, *, lifetime: float | None = None) -> str:
        """Make an access token."""

    @abstractmethod
    def _revoke(self, access_tokens: set[str]) -> None:
        """Refuse some access tokens from now on."""

    @abstractmethod
    def _is_client(self, public_key: str) -> bool:
        """Say whether there is a key pair with that public half."""

    def _make_code(
        self, client_id: str, redirect_uri: str, scope: str, challenge: str | None
    ) -> str:
        value = new_code()
        with self._lock:
            expires_at = time.monotonic() + self.code_lifetime
            family = _Family(client_id, scope)
            self._codes[value] = Code(client_id, redirect_uri, challenge, expires_at, family)
        return value

    def _make_refresh_token(self, family: _Family) -> str:
        value = secrets.token_urlsafe(32)
        with self._lock:
            self._refresh_tokens[value] = _RefreshToken(family)
        return value

    def _authorize(self, request: Recorded) -> Reply:
        if request.method not in ("GET", "HEAD", "POST"):
            return Reply(405, (("Allow", "GET, HEAD, POST"),))
        asked = asked_for(request, is_client=self._is_client, is_scope=_is_scope)
        if isinstance(asked, Reply):
            return asked
        if request.method != "POST":
            return sign_in_page(_TITLE, _TITLE, can_cancel=True)
        fields = form_fields(request)
        if fields is None:
            return problem_page("A form is required.")
        if "cancel" in fields:
            return asked.answer(error="access_denied", error_description="Not signed in.")
        if (fields.get("username"), fields.get("password")) != (self.username, self.password):
            return sign_in_page(_TITLE, _TITLE, is_wrong=True, can_cancel=True)
        code = self._make_code(asked.client_id, asked.redirect_uri, asked.scope, asked.challenge)
        return asked.answer(code=code)

    def _exchange(self, client_id: str, fields: dict[str, str]) -> Reply:
        value, redirect_uri = fields.get("code"), fields.get("redirect_uri")
        if not value or not redirect_uri:
            return refusal("invalid_request", "code and redirect_uri are required.")
        with self._lock:
            code = self._codes.get(value)
            if code is None or code.client_id != client_id:
                return refusal("invalid_grant", "The code is not known.")
            if code.is_spent:
                return self._reused(code.leads_to)
            # One that is refused here is not spent: some servers do it otherwise.
            if not code.fits(redirect_uri, fields.get("code_verifier") or None):
                return refusal("invalid_grant", "The code does not fit, or is too old.")
            code.is_spent = True
            family = code.leads_to
            is_offline = _OFFLINE in family.scope.split()
            new = self._make_refresh_token(family) if is_offline else None
            return self._granted(family, family.scope, new)

    def _refresh(self, client_id: str, fields: dict[str, str]) -> Reply:
        value = fields.get("refresh_token")
        if not value:
            return refusal("invalid_request", "refresh_token is missing.")
        with self._lock:
            token = self._refresh_tokens.get(value)
            if token is None or token.family.client_id != client_id:
                return refusal("invalid_grant", "The refresh token is not known.")
            if token.spent_at is not None and not self._is_in_leeway(token):
                return self._reused(token.family)
            if token.family.is_revoked:
                return refusal("invalid_grant", "The refresh token was revoked.")
            # RFC 6749 section 6: less may be asked for than was granted, and never more.
            scope = fields.get("scope") or token.family.scope
            if not set(scope.split()) <= set(token.family.scope.split()):
                return refusal("invalid_scope", "The scope is more than was granted.")
            if not self.rotates:
                return self._granted(token.family, scope, None)
            if token.spent_at is None:
                token.spent_at = time.monotonic()
            return self._granted(token.family, scope, self._make_refresh_token(token.family))

    def _is_in_leeway(self, token: _RefreshToken) -> bool:
        is_spent = token.spent_at is not None and not token.family.is_revoked
        return is_spent and time.monotonic() - (token.spent_at or 0.0) < self.reuse_leeway

    def _reused(self, family: _Family) -> Reply:
        self._reuses += 1
        family.is_revoked = True
        self._revoke(family.access_tokens)
        return refusal("invalid_grant", "It was used before: all that came from it is revoked.")

    def _granted(self, family: _Family, scope: str, refresh_token: str | None) -> Reply:
        value = self.make_token()
        family.access_tokens.add(value)
        answer = {
            "access_token": value,
            "expires_in": self.lifetime,
            "token_type": "Bearer",
            "scope": scope,
        }
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        return json_reply(answer, headers=NO_STORE)


def refusal(error: str, description: str) -> Reply:
    return json_reply({"error": error, "error_description": description}, 400, NO_STORE)


def _is_scope(names: list[str]) -> bool:
    return SCOPE in names and set(names) <= {SCOPE, _OFFLINE}
