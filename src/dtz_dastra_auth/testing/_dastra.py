"""Dastra's rules: what `account.dastra.eu` and `api.dastra.eu` answer.

Where Dastra's documentation is silent the choice made here is said beside it, so that nobody takes
it for knowledge of the real service.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import string
import time
from typing import Literal
from urllib.parse import unquote_plus

from ._dastra_sign_in import NO_STORE, SCOPE, DastraSignIn, refusal
from ._echo import echo
from ._messages import Recorded, Reply, form_fields, json_reply
from ._service import host_name, is_loopback

_ACCOUNT = "account.dastra.eu"
_API = "api.dastra.eu"
_TOKEN_PATH = "/connect/token"
_AUTHORIZE_PATH = "/connect/authorize"

WORKSPACES = {
    "items": [
        {
            "id": 1,
            "tenantId": 1,
            "label": "My data company",
            "logoUrl": None,
            "state": "Active",
            "permissions": None,
            "dataSubjectArchivedRetentionDays": None,
            "nbEntities": 1,
        }
    ],
    "total": 1,
}
ME = {"id": 1, "tenantId": 1, "email": "stand-in@example.com"}


class DastraStandIn(DastraSignIn):
    """Dastra: the authorization server and the REST API.

    The token endpoint follows RFC 6749: client authentication by Basic with both halves
    form-encoded (section 2.3.1; a ``+`` is read as a space), and ``client_credentials`` (with
    ``scope=api1``), ``authorization_code`` or ``refresh_token`` as its ``grant_type``. The API
    takes ``Authorization: Bearer`` or, where that header is not sent, ``X-API-Key`` with a private
    key. It answers ``GET /v1/workspaces`` and ``GET /me``; the content of the latter is made up.
    ``/v1/echo``, which the real service does not have, answers any method with what arrived, for
    tests of request bodies.

    A person signs in on the page at `authorization_url`, with `username` and `password`; any
    http or https address is taken as ``redirect_uri``. PKCE (S256) is demanded of the exchange
    where the sign-in began with it. With ``offline_access`` in the scope there is a refresh token;
    one that comes again after it was spent is refused, and with it all that came from the same
    sign-in, access tokens too. So is a code that comes again (RFC 6749 section 4.1.2).

    A 401 of the API has an empty body and no ``WWW-Authenticate``: the real one is not documented.

    Attributes:
        public_key: The key pair's public half, the OAuth client id.
        private_key: Its private half, the client secret and the API key.
        error_status: What ``invalid_client`` is answered with: 400 as IdentityServer does, or 401
            as OpenIddict does.
        username: The name of a person who signs in.
        password: That person's password.
        code_lifetime: Seconds that new authorization codes are good for.
        rotates: Whether a refresh gives a new refresh token, which spends the old one. Without
            rotation the old one goes on, and is not answered again.
        reuse_leeway: Seconds in which a spent refresh token is still taken, and gives yet another
            one. OpenIddict's default is 30.
        url: Where the API is.
        token_url: Where access tokens are given out.
        authorization_url: Where a person signs in.
    """

    hosts = (_API, _ACCOUNT)
    default_lifetime = 3600
    url = f"https://{_API}"
    token_url = f"https://{_ACCOUNT}{_TOKEN_PATH}"
    authorization_url = f"https://{_ACCOUNT}{_AUTHORIZE_PATH}"

    def __init__(self) -> None:
        super().__init__()
        self.public_key = _alphanumeric(24)
        self.private_key = _alphanumeric(48)
        self.error_status: Literal[400, 401] = 400
        self._pairs = {self.public_key: self.private_key}
        self._tokens: dict[str, float] = {}
        self._affinity = secrets.token_hex(16)

    @property
    def tokens_in_force(self) -> set[str]:
        """The values of the tokens that the API takes at this moment."""
        now = time.monotonic()
        with self._lock:
            return {value for value, expires_at in self._tokens.items() if now < expires_at}

    def add_key_pair(self, public_key: str, private_key: str) -> None:
        """Accept another key pair, of any characters, until `reset`."""
        with self._lock:
            self._pairs[public_key] = private_key

    def make_token(self, *, lifetime: float | None = None) -> str:
        """Make an access token that the API takes, for tests that write their own token answers.

        Args:
            lifetime: Seconds until it is refused; None means those of the attribute.
        """
        value = secrets.token_urlsafe(32)
        expires_at = time.monotonic() + (self.lifetime if lifetime is None else lifetime)
        with self._lock:
            self._tokens[value] = expires_at
        return value

    def expire_tokens(self) -> None:
        """Refuse every access token given out so far; refresh tokens stay good."""
        with self._lock:
            self._tokens.clear()

    def reset(self) -> None:
        with self._lock:
            super().reset()
            self.error_status = 400
            self._pairs = {self.public_key: self.private_key}

    def is_token_request(self, host: str, path: str) -> bool:
        return path == _TOKEN_PATH and _is_account(host)

    def ordinary(self, request: Recorded) -> Reply:
        if request.is_token_request:
            return self._token(request)
        if request.path == _AUTHORIZE_PATH and _is_account(request.host):
            return self._authorize(request)
        if host_name(request.host) == _ACCOUNT:
            return json_reply({"error": "not_found"}, 404)
        return self._with_affinity(request, self._api(request))

    def _token(self, request: Recorded) -> Reply:
        if request.method != "POST":
            return Reply(405, (("Allow", "POST"),))
        fields = form_fields(request)
        if fields is None:
            return refusal("invalid_request", "A form with no field twice is required.")
        client_id = self._client(request)
        if client_id is None:
            return self._invalid_client()
        grants = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._exchange,
            "refresh_token": self._refresh,
        }
        name = fields.get("grant_type")
        if name is None:
            return refusal("invalid_request", "grant_type is missing.")
        if name not in grants:
            return refusal("unsupported_grant_type", f"None but {', '.join(grants)}.")
        return grants[name](client_id, fields)

    def _client_credentials(self, client_id: str, fields: dict[str, str]) -> Reply:
        if fields.get("scope", "").split() != [SCOPE]:
            return refusal("invalid_scope", f"The scope must be {SCOPE}.")
        answer = {
            "access_token": self.make_token(),
            "expires_in": self.lifetime,
            "token_type": "Bearer",
            "scope": SCOPE,
        }
        return json_reply(answer, headers=NO_STORE)

    def _client(self, request: Recorded) -> str | None:
        pair = _basic_pair(request.header("Authorization") or "")
        if pair is None:
            return None
        with self._lock:
            return pair[0] if self._pairs.get(pair[0]) == pair[1] else None

    def _is_client(self, public_key: str) -> bool:
        with self._lock:
            return public_key in self._pairs

    def _revoke(self, access_tokens: set[str]) -> None:
        with self._lock:
            for value in access_tokens:
                self._tokens.pop(value, None)

    def _invalid_client(self) -> Reply:
        headers = dict(NO_STORE)
        if self.error_status == 401:
            # RFC 6749 section 5.2 demands the challenge of a server that answers 401.
            headers["WWW-Authenticate"] = f'Basic realm="{_ACCOUNT}"'
        answer = {"error": "invalid_client", "error_description": "The key pair is not known."}
        return json_reply(answer, self.error_status, headers)

    def _api(self, request: Recorded) -> Reply:
        if not self._is_authenticated(request):
            return Reply(401)
        if request.path == "/v1/echo":
            return json_reply(echo(request))
        known = {"/v1/workspaces": WORKSPACES, "/me": ME}.get(request.path)
        if known is None:
            return json_reply({"error": "not_found", "path": request.path}, 404)
        if request.method not in ("GET", "HEAD"):
            return Reply(405, (("Allow", "GET, HEAD"),))
        return json_reply(known)

    def _is_authenticated(self, request: Recorded) -> bool:
        # Which of two credentials counts is not documented: one that is sent as Authorization is
        # not made good by another, so that a stale token never hides behind a key.
        authorization = request.header("Authorization")
        if authorization is not None:
            return _bearer(authorization) in self.tokens_in_force
        with self._lock:
            return request.header("X-API-Key") in self._pairs.values()

    def _with_affinity(self, request: Recorded, reply: Reply) -> Reply:
        if "acaAffinity=" in (request.header("Cookie") or ""):
            return reply
        cookie = f'acaAffinity="{self._affinity}"; Path=/; HttpOnly; SameSite=None; Secure'
        return Reply(reply.status, (*reply.headers, ("Set-Cookie", cookie)), reply.body)


def _alphanumeric(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def _is_account(host: str) -> bool:
    return host_name(host) == _ACCOUNT or is_loopback(host)


def _bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _basic_pair(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        public, colon, private = decoded.partition(":")
        if not colon:
            return None
        return unquote_plus(public, errors="strict"), unquote_plus(private, errors="strict")
    except (binascii.Error, UnicodeDecodeError):
        return None
