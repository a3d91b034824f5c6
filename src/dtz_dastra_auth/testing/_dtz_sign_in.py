"""How a person signs in at DTZ: the login page with its cookie, and the authorization code.

Of this the documentation has the addresses and the parameters. Everything else here is RFC 6749:
that a code ends after `code_lifetime`, what a mistake is answered with, and PKCE.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from urllib.parse import quote, urlsplit

from ._codes import CODE_LIFETIME, Code, asked_for, is_plain_url, new_code
from ._messages import Recorded, Reply, form_fields, redirect_reply
from ._pages import page, problem_page, sign_in_page
from ._service import Service, host_name, is_loopback
from ._verifier import Identity, Session, verify

IDENTITY = "identity.dtz.rocks"
BASE = "/api/2021-02-21"
LOGIN_PATH = "/login/"
AUTHORIZE_PATH = f"{BASE}/oauth/authorize"
TOKEN_PATH = "/oauth/token"
# Only its address, and that its issuer is not the tokens', is known of the real document.
DISCOVERY = {
    "issuer": f"https://{IDENTITY}",
    "authorization_endpoint": f"https://{IDENTITY}{AUTHORIZE_PATH}",
    "token_endpoint": f"https://{IDENTITY}{BASE}{TOKEN_PATH}",
    "jwks_uri": f"https://{IDENTITY}/.well-known/jwks.json",
    "id_token_signing_alg_values_supported": ["RS256"],
}
_DOMAIN = "dtz.rocks"


class DtzSignIn(Service):
    """The login page and the code flow; the attributes are told of by the stand-in."""

    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def _begin(self) -> None:
        self.code_lifetime = CODE_LIFETIME
        self._reuses = 0
        self._codes: dict[str, Code[Identity]] = {}

    @property
    def reuses(self) -> int:
        """How often a spent code came again, and was refused for it."""
        with self._lock:
            return self._reuses

    def make_code(
        self,
        redirect_uri: str,
        *,
        context_id: str | None = None,
        code_challenge: str | None = None,
    ) -> str:
        """Make an authorization code, as if the default user had signed in.

        Args:
            redirect_uri: Where it would have been sent.
            context_id: The context it is for, which is its client id; None means the default one.
            code_challenge: The PKCE challenge (S256), if there is one.
        """
        owner = self._default_user()
        client_id = context_id or owner.contexts[0]
        return self._make_code(owner, client_id, redirect_uri, code_challenge)

    def reset(self) -> None:
        with self._lock:
            super().reset()
            self._begin()

    @abstractmethod
    def session_of_token(self, token: str) -> Session | None:
        """Say whose token it is."""

    @abstractmethod
    def session_of_key(self, api_key: str, context_id: str | None) -> Session | None:
        """Say whose key it is."""

    @abstractmethod
    def _default_user(self) -> Identity:
        """Give the user that is there from the start."""

    @abstractmethod
    def _user(self, username: object, password: object) -> Identity | None:
        """Give the user of a name and a password that are right."""

    @abstractmethod
    def _identities(self) -> Iterable[Identity]:
        """Give everybody who is known."""

    @abstractmethod
    def _issue(self, identity: Identity, context_id: str, lifetime: float | None = None) -> str:
        """Make a token."""

    @abstractmethod
    def _granted(self, identity: Identity, context_id: str) -> Reply:
        """Answer with a new token."""

    @abstractmethod
    def _error(self, status: int, text: str) -> Reply:
        """Answer an error in the shape that is set."""

    def _make_code(
        self, identity: Identity, context_id: str, redirect_uri: str, challenge: str | None
    ) -> str:
        value = new_code()
        with self._lock:
            expires_at = time.monotonic() + self.code_lifetime
            self._codes[value] = Code(context_id, redirect_uri, challenge, expires_at, identity)
        return value

    def _page_of_sign_in(self, request: Recorded) -> Reply | None:
        pages: dict[str, Callable[[Recorded], Reply]] = {
            LOGIN_PATH: self._login,
            AUTHORIZE_PATH: self._authorize,
        }
        return pages[request.path](request) if request.path in pages else None

    def _login(self, request: Recorded) -> Reply:
        hidden = {name: value for name, value in request.query if name == "rd"}
        title, heading = "DownToZero login", "Login"
        if request.method in ("GET", "HEAD"):
            return sign_in_page(title, heading, hidden=hidden)
        if request.method != "POST":
            return Reply(405, (("Allow", "GET, HEAD, POST"),))
        fields = form_fields(request)
        if fields is None:
            return problem_page("A form is required.")
        back = fields.get("rd", hidden.get("rd", ""))
        if back and not self._is_own(back):
            return problem_page("Nobody is led to another service from here.")
        identity = self._user(fields.get("username"), fields.get("password"))
        if identity is None:
            return sign_in_page(title, heading, is_wrong=True, hidden={"rd": back} if back else {})
        reply = redirect_reply(back, 302) if back else page(title, "You are signed in", "")
        token = self._issue(identity, identity.contexts[0])
        return Reply(reply.status, (*reply.headers, _cookie(request.host, token)), reply.body)

    def _is_own(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            port = parts.port or 443
        except ValueError:
            return False
        if not is_plain_url(url) or parts.scheme != "https" or "@" in parts.netloc:
            return False
        if is_loopback(parts.netloc):
            return port == urlsplit(self.origin).port
        return parts.hostname in self.hosts and port == 443

    def _authorize(self, request: Recorded) -> Reply:
        if request.method not in ("GET", "HEAD"):
            return Reply(405, (("Allow", "GET, HEAD"),))
        asked = asked_for(request, is_client=self._is_context, is_scope=_is_scope)
        if isinstance(asked, Reply):
            return asked
        # A browser has nothing but the cookie to show, so nothing else counts here.
        session = verify(request, self) if request.header("Cookie") is not None else None
        if session is None:
            return to_login(request)
        identity, _ = session
        if asked.client_id not in identity.contexts:
            return asked.answer(error="access_denied", error_description="Not your context.")
        args = (identity, asked.client_id, asked.redirect_uri, asked.challenge)
        return asked.answer(code=self._make_code(*args))

    def _is_context(self, client_id: str) -> bool:
        with self._lock:
            return any(client_id in identity.contexts for identity in self._identities())

    def _by_code(self, request: Recorded) -> Reply:
        fields = form_fields(request)
        if fields is None:
            return self._error(400, "bad request")
        if fields.get("grant_type") != "authorization_code":
            return self._error(400, "unsupported grant type")
        client_id = fields.get("client_id", "")
        if not self._is_context(client_id) or fields.get("client_secret") != client_id:
            return self._error(401, "not authorized")
        with self._lock:
            code = self._codes.get(fields.get("code", ""))
            if code is None or code.client_id != client_id:
                return self._error(400, "invalid code")
            if code.is_spent:
                # Tokens made from it live on: the verifiers know nothing but their signature.
                self._reuses += 1
                return self._error(400, "invalid code")
            if not code.fits(fields.get("redirect_uri"), fields.get("code_verifier") or None):
                return self._error(400, "invalid code")
            code.is_spent = True
            return self._granted(code.leads_to, client_id)


def to_login(request: Recorded) -> Reply:
    """Send a browser to the login page, which is to lead it back to where it was."""
    host = request.host if is_loopback(request.host) else IDENTITY
    back = f"https://{request.host}{request.target}"
    return redirect_reply(f"https://{host}{LOGIN_PATH}?rd={quote(back, safe='')}", 307)


def _cookie(host: str, token: str) -> tuple[str, str]:
    # The attributes are not documented. The domain is what all of DTZ's services need to see one
    # cookie; on loopback no cookie can have it, and there is only the one host.
    name = host_name(host)
    is_dtz = name == _DOMAIN or name.endswith(f".{_DOMAIN}")
    domain = f"; Domain=.{_DOMAIN}" if is_dtz else ""
    return "Set-Cookie", f"dtz-auth={token}; Path=/{domain}; Secure; HttpOnly; SameSite=Lax"


def _is_scope(names: list[str]) -> bool:
    return "openid" in names
