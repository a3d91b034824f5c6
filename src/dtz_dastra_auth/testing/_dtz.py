"""DTZ's rules: what the services on the allow-list and their identity service answer.

Who may call is decided in `_verifier`. Where DTZ's documentation is silent the choice made here is
said beside it, so that nobody takes it for knowledge of the real service.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Literal

from ._dtz_sign_in import BASE, DISCOVERY, IDENTITY, TOKEN_PATH, DtzSignIn, to_login
from ._echo import echo
from ._jwt import Signer
from ._messages import Recorded, Reply, json_reply, text_reply
from ._service import host_name, is_loopback
from ._verifier import Crash, Identity, Session, verify

_GRANTS = ("/token/auth", "/token/refresh", "/auth/apikey", TOKEN_PATH)


class DtzStandIn(DtzSignIn):
    """DTZ: the identity service, and ``GET /v1/me`` on every host that DTZ's own services have.

    Requests are authenticated by the verifier's rules, in its order, faults included: a stray
    cookie beats a right key, ``apiKey`` twice in a query and broken base64 behind ``Basic`` are a
    500. A 401 is plain text without ``WWW-Authenticate``. On the identity host ``POST
    /token/auth``, ``/token/refresh``, ``/auth/apikey`` and ``/oauth/token``, ``GET /me`` and
    ``/oauth/authorize`` are there, below ``identity_url``, and beside it the login page and the
    discovery document. ``/v1/echo``, which the real services do not have, answers any method with
    what arrived, for tests of request bodies.

    The login page sets the cookie ``dtz-auth`` and leads back to where a browser came from, if
    that is one of DTZ's own hosts or the stand-in's ``origin``; without the cookie
    ``/oauth/authorize`` leads there. The client id of the code flow, and its secret, is a context
    of the user's; any http or https address is taken as ``redirect_uri``. PKCE (S256) is demanded
    of the exchange where the sign-in began with it. A code that comes again is refused; the token
    made from it lives on.

    Tokens are real JWTs, signed with a key of this stand-in's own. The roles of an answer name
    the context that was chosen.

    Attributes:
        api_key: A key that is good for every context.
        context_id: The default context of `api_key` and of `username`.
        username: A user's name.
        password: That user's password.
        url: Where the APIs are; every other host of ``hosts`` has the same paths.
        identity_url: The base of the identity API.
        error_shape: In which of the three shapes the identity API tells an error: as JSON with
            ``"msg"``, as JSON with ``"status"``, or as plain ``"text"``.
        redirect_unauthenticated: Whether a request without good credentials is redirected to the
            login page, as some services do, in place of a 401.
        code_lifetime: Seconds that new authorization codes are good for.
    """

    hosts = (
        IDENTITY,
        "api.dtz.rocks",
        "dtz.rocks",
        "containers.dtz.rocks",
        "objectstore.dtz.rocks",
        "cr.dtz.rocks",
        "rss2email.dtz.rocks",
        "observability.dtz.rocks",
        "o11y.dtz.rocks",
        "billing.dtz.rocks",
    )
    # A float, because the real answer may be one and clients must read it.
    default_lifetime = 86400.0
    url = "https://api.dtz.rocks/v1"
    identity_url = f"https://{IDENTITY}{BASE}"

    def __init__(self) -> None:
        super().__init__()
        self.api_key = f"apikey-{uuid.uuid4()}"
        self.context_id = f"context-{uuid.uuid4()}"
        self.username = f"user-{secrets.token_hex(4)}@example.com"
        self.password = secrets.token_urlsafe(18)
        self._signer = Signer()
        self._subject = f"identity-{uuid.uuid4()}"
        self._tokens: dict[str, Session] = {}
        self._start_over()

    def _start_over(self) -> None:
        self.error_shape: Literal["msg", "status", "text"] = "msg"
        self.redirect_unauthenticated = False
        self._owner = Identity(self._subject, [self.context_id])
        self._users = {self.username: (self.password, self._owner)}
        self._keys = {self.api_key: self._owner}

    @property
    def tokens_in_force(self) -> set[str]:
        """The values of the tokens that are taken at this moment."""
        with self._lock:
            given = list(self._tokens)
        return {token for token in given if self.session_of_token(token) is not None}

    def add_context(self, context_id: str | None = None) -> str:
        """Add a context that the default key and user may choose, until `reset`.

        Args:
            context_id: Its id; None makes one up.

        Returns:
            The id.
        """
        context_id = context_id or f"context-{uuid.uuid4()}"
        with self._lock:
            self._owner.contexts.append(context_id)
        return context_id

    def add_api_key(self, api_key: str, context_id: str) -> None:
        """Take another key, good for one context, until `reset`."""
        with self._lock:
            self._keys[api_key] = Identity(f"identity-{uuid.uuid4()}", [context_id])

    def add_user(self, username: str, password: str, context_id: str | None = None) -> None:
        """Take another user until `reset`, of a given context or of the default one."""
        owner = Identity(f"identity-{uuid.uuid4()}", [context_id or self.context_id])
        with self._lock:
            self._users[username] = (password, owner)

    def make_token(self, context_id: str | None = None, *, lifetime: float | None = None) -> str:
        """Make a token of the default user's, such as a container finds in its environment.

        Args:
            context_id: The context it is for; None means the default one.
            lifetime: Seconds until it expires; None means those of the attribute. The verifier
                goes on taking it for another 15 minutes.
        """
        return self._issue(self._owner, context_id or self.context_id, lifetime)

    def _issue(self, identity: Identity, context_id: str, lifetime: float | None = None) -> str:
        lifetime = self.lifetime if lifetime is None else lifetime
        roles = identity.roles(context_id)
        token = self._signer.sign(identity.subject, context_id, roles, lifetime)
        with self._lock:
            self._tokens[token] = (identity, context_id)
        return token

    def expire_tokens(self) -> None:
        """Refuse every token given out so far, as if a day had passed."""
        with self._lock:
            self._tokens.clear()

    def reset(self) -> None:
        with self._lock:
            super().reset()
            self._start_over()

    def _default_user(self) -> Identity:
        return self._owner

    def _identities(self) -> Iterable[Identity]:
        return [*(owner for _, owner in self._users.values()), *self._keys.values()]

    def _user(self, username: object, password: object) -> Identity | None:
        with self._lock:
            known = self._users.get(username) if isinstance(username, str) else None
        return known[1] if known is not None and known[0] == password else None

    def session_of_token(self, token: str) -> Session | None:
        # The real verifier knows nothing but the signature and the claims. The list of tokens
        # given out is what makes `expire_tokens` possible.
        if self._signer.verified(token) is None:
            return None
        with self._lock:
            return self._tokens.get(token)

    def session_of_key(self, api_key: str, context_id: str | None) -> Session | None:
        with self._lock:
            identity = self._keys.get(api_key)
            if identity is None:
                return None
            chosen = context_id or identity.contexts[0]
            return (identity, chosen) if chosen in identity.contexts else None

    def is_token_request(self, host: str, path: str) -> bool:
        return _is_identity(host) and path in {BASE + grant for grant in _GRANTS}

    def ordinary(self, request: Recorded) -> Reply:
        try:
            if _is_identity(request.host):
                reply = self._identity(request)
                if reply is not None:
                    return reply
            return self._service(request)
        except Crash:
            return Reply(500)

    def _service(self, request: Recorded) -> Reply:
        session = verify(request, self)
        if session is None:
            return self._unauthenticated(request)
        if request.path in ("/v1/echo", f"{BASE}/echo"):
            return json_reply(echo(request))
        if request.path in ("/v1/me", f"{BASE}/me") and request.method in ("GET", "HEAD"):
            return _roles(session)
        return text_reply("not found", 404)

    def _unauthenticated(self, request: Recorded) -> Reply:
        if self.redirect_unauthenticated:
            return to_login(request)
        return text_reply("not authorized", 401)

    def _identity(self, request: Recorded) -> Reply | None:
        page = self._page_of_sign_in(request)
        if page is not None:
            return page
        if request.path == "/.well-known/openid-configuration":
            return json_reply(DISCOVERY)
        if request.path == "/.well-known/jwks.json":
            return json_reply(self._signer.public_keys)
        return self._token(request) if request.is_token_request else None

    def _token(self, request: Recorded) -> Reply:
        if request.method != "POST":
            return Reply(405, (("Allow", "POST"),))
        path = request.path.removeprefix(BASE)
        if path == TOKEN_PATH:
            return self._by_code(request)
        grants: dict[str, Callable[[Recorded, dict[str, Any]], Reply]] = {
            "/token/auth": self._by_password,
            "/token/refresh": self._refresh,
            "/auth/apikey": self._by_key,
        }
        body = _json_object(request.body)
        return self._error(400, "bad request") if body is None else grants[path](request, body)

    def _by_password(self, request: Recorded, body: dict[str, Any]) -> Reply:
        identity = self._user(body.get("username"), body.get("password"))
        if identity is None:
            return self._error(401, "wrong username or password")
        return self._granted(identity, identity.contexts[0])

    def _refresh(self, request: Recorded, body: dict[str, Any]) -> Reply:
        session = verify(request, self)
        if session is None:
            return self._error(401, "not authorized")
        identity, current = session
        context_id = body.get("contextId") or current
        # What the real service says to somebody else's context is not documented.
        if context_id not in identity.contexts:
            return self._error(403, "context not allowed")
        return self._granted(identity, context_id)

    def _by_key(self, request: Recorded, body: dict[str, Any]) -> Reply:
        api_key, context_id = body.get("apiKey"), body.get("contextId")
        session = None
        if isinstance(api_key, str) and api_key.startswith("apikey-"):
            session = self.session_of_key(api_key, context_id)
        return self._error(401, "not authorized") if session is None else self._granted(*session)

    def _granted(self, identity: Identity, context_id: str) -> Reply:
        return json_reply(
            {
                "access_token": self._issue(identity, context_id),
                "scope": context_id,
                "token_type": "Bearer",
                "expires_in": self.lifetime,
            }
        )

    def _error(self, status: int, text: str) -> Reply:
        if self.error_shape == "text":
            return text_reply(text, status)
        return json_reply({self.error_shape: text}, status)


def _is_identity(host: str) -> bool:
    return host_name(host) == IDENTITY or is_loopback(host)


def _roles(session: Session) -> Reply:
    identity, context_id = session
    return json_reply({"roles": identity.roles(context_id)})


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
