"""Authorization codes (RFC 6749 section 4.1) with PKCE (RFC 7636), as both stand-ins have them."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode, urlsplit

from ._messages import Recorded, Reply, redirect_reply
from ._pages import problem_page

CODE_LIFETIME = 300.0
_CHALLENGE = re.compile(r"[\w-]{43}", re.ASCII)
# What browsers take for another address than it seems to be, or may not stand in a header.
_ODD = re.compile(r"[^!-~]|\\")

Leads = TypeVar("Leads")


@dataclass
class Code(Generic[Leads]):
    """What a code is bound to; the service's lock guards it.

    Attributes:
        client_id: The client that may exchange it.
        redirect_uri: Where it was sent, to be said again at the exchange.
        challenge: The PKCE challenge, if the client sent one.
        expires_at: When it ends, by ``time.monotonic``.
        leads_to: What the exchange is to give.
        is_spent: Whether it was exchanged.
    """

    client_id: str
    redirect_uri: str
    challenge: str | None
    expires_at: float
    leads_to: Leads
    is_spent: bool = False

    def fits(self, redirect_uri: str | None, verifier: str | None) -> bool:
        """Say whether an exchange is in time, and by whoever began the sign-in."""
        if time.monotonic() >= self.expires_at or redirect_uri != self.redirect_uri:
            return False
        # RFC 9700 section 2.1.1: a verifier without a challenge before it is refused, too, or
        # PKCE could be taken out of a sign-in on its way.
        return challenge_of(verifier) == self.challenge


@dataclass(frozen=True)
class Asked:
    """An authorization request that may be answered with a code."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str | None
    challenge: str | None

    def answer(self, **fields: str) -> Reply:
        """Send the person back to the client."""
        return _back(self.redirect_uri, self.state, fields)


def new_code() -> str:
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str | None) -> str | None:
    """Give the S256 challenge of a verifier (RFC 7636 section 4.6)."""
    if verifier is None:
        return None
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def asked_for(
    request: Recorded,
    *,
    is_client: Callable[[str], bool],
    is_scope: Callable[[list[str]], bool],
) -> Asked | Reply:
    """Read an authorization request, or give the answer that its mistake gets.

    Args:
        request: The request.
        is_client: Whether there is a client of that name.
        is_scope: Whether that scope may be asked for.
    """
    # RFC 6749 section 3.1: a parameter without a value is one that was not sent.
    sent = [(name, value) for name, value in request.query if value]
    names, fields = [name for name, _ in sent], dict(sent)
    client_id, redirect_uri = fields.get("client_id", ""), fields.get("redirect_uri", "")
    # Section 4.1.2.1: nobody is redirected on the word of a request that is in doubt itself.
    if names.count("client_id") != 1 or not is_client(client_id):
        return problem_page("The client is not known.")
    if names.count("redirect_uri") != 1 or not _is_redirect_uri(redirect_uri):
        return problem_page("An absolute redirect_uri without a fragment is required.")
    scope, state = fields.get("scope", ""), fields.get("state")
    mistake = None
    if len(names) != len(fields):
        mistake = ("invalid_request", "A parameter was sent twice.")
    elif "response_type" not in fields:
        mistake = ("invalid_request", "response_type is missing.")
    elif fields["response_type"] != "code":
        mistake = ("unsupported_response_type", "The response_type must be code.")
    elif not _is_pkce(fields):
        mistake = ("invalid_request", "PKCE takes a code_challenge with the method S256.")
    elif not is_scope(scope.split()):
        mistake = ("invalid_scope", "The scope is not one that may be asked for.")
    if mistake is not None:
        error, description = mistake
        return _back(redirect_uri, state, {"error": error, "error_description": description})
    return Asked(client_id, redirect_uri, scope, state, fields.get("code_challenge"))


def is_plain_url(url: str) -> bool:
    """Say whether every client reads an address in the same way."""
    return not _ODD.search(url)


def _is_redirect_uri(uri: str) -> bool:
    # Which ones a client has registered is not asked: tests have their apps on any port.
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    plain = is_plain_url(uri) and "#" not in uri
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_pkce(fields: dict[str, str]) -> bool:
    challenge, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if challenge is None:
        return method is None
    return method == "S256" and _CHALLENGE.fullmatch(challenge) is not None


def _back(redirect_uri: str, state: str | None, fields: dict[str, str]) -> Reply:
    if state is not None:
        fields = {**fields, "state": state}
    join = "" if redirect_uri.endswith("?") else "&" if "?" in redirect_uri else "?"
    return redirect_reply(redirect_uri + join + urlencode(fields), 302)
