"""How DTZ services authenticate a request, in the order of the public crate `dtz-identity-auth`.

The order is the point. A ``Cookie`` header of any kind decides alone, so a session that picked up
somebody's cookie is refused with the right key in hand; an ``Authorization`` header hides
``X-API-KEY``; the query is looked at last. Only the first header of a name counts.
"""

from __future__ import annotations

import base64
import binascii
from typing import Protocol

from ._messages import Recorded

_COOKIE = "dtz-auth"


class Crash(Exception):
    """A request on which the real handler panics; the stand-in answers 500."""


class Identity:
    """Who a credential belongs to, and in which contexts; the first one is the default."""

    def __init__(self, subject: str, contexts: list[str]) -> None:
        self.subject = subject
        self.contexts = contexts

    def roles(self, context_id: str) -> list[str]:
        return [
            f"https://dtz.rocks/context/admin/{context_id}",
            f"https://dtz.rocks/identity/admin/{self.subject}",
        ]


Session = tuple[Identity, str]
"""An identity, and the context the request works in."""


class Credentials(Protocol):
    """Where the verifier looks credentials up; each answers None for one it does not take."""

    def session_of_token(self, token: str) -> Session | None: ...

    # No context, or an empty one, means the default.
    def session_of_key(self, api_key: str, context_id: str | None) -> Session | None: ...


def verify(request: Recorded, known: Credentials) -> Session | None:
    """Return whose request it is, None for one to refuse.

    Raises:
        Crash: The real handler would panic.
    """
    cookies = request.headers_named("Cookie")
    if cookies:
        return _by_cookie(cookies[0], known)
    authorization = request.headers_named("Authorization")
    if authorization:
        return _by_authorization(authorization[0], known)
    keys = request.headers_named("X-API-KEY")
    if keys:
        contexts = request.headers_named("X-DTZ-CONTEXT")
        return _by_key(keys[0], contexts[0] if contexts else None, known)
    return _by_query(request, known)


def _by_cookie(header: str, known: Credentials) -> Session | None:
    for cookie in header.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == _COOKIE:
            return known.session_of_token(value)
    return None


def _by_authorization(header: str, known: Credentials) -> Session | None:
    if header.startswith("Bearer "):
        return known.session_of_token(header.removeprefix("Bearer "))
    if not header.startswith("Basic "):
        return None
    try:
        decoded = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Crash("broken base64") from error
    # Anything behind a second colon is lost: a secret that contains one can never work.
    kind, secret, *_ = [*decoded.split(":"), ""]
    if kind == "bearer":
        return known.session_of_token(secret)
    return _by_key(secret, None, known) if kind == "apikey" else None


def _by_key(api_key: str, context_id: str | None, known: Credentials) -> Session | None:
    if not api_key.startswith("apikey-"):
        return None
    return known.session_of_key(api_key, context_id)


def _by_query(request: Recorded, known: Credentials) -> Session | None:
    keys = [value for name, value in request.query if name == "apiKey"]
    contexts = [value for name, value in request.query if name == "contextId"]
    if len(keys) > 1 or len(contexts) > 1:
        raise Crash("a parameter twice")
    if not keys:
        return None
    return _by_key(keys[0], contexts[0] if contexts else None, known)
