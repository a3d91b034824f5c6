"""Token requests and what is answered to them (RFC 6749); the only file that imports authlib."""

import base64
import html
import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus

from . import _checks
from ._errors import ConfigurationError, SignInRequiredError, TokenError, plain
from ._flow import Answer
from ._hidden import Credential, CredentialBytes, conceal, hidden
from ._need import Granted

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

# Dastra's documentation speaks of five minutes and answers with an hour; where the answer does
# not say, the shorter one (RFC 6749 section 5.1 leaves it to the documentation).
DEFAULT_LIFETIME = 300.0
LONGEST_LIFETIME = 365 * 86400.0


def client_credentials(
    token_url: str, public_key: str, private_key: str, scope: str
) -> tuple[dict[str, str], bytes]:
    """Write a client credentials token request (RFC 6749 sections 2.3.1 and 4.4.2).

    Args:
        token_url: The token endpoint.
        public_key: The client's identifier.
        private_key: The client's secret.
        scope: What is asked for; scopes are separated by spaces.

    Returns:
        The headers and the body.
    """
    fields = {"grant_type": "client_credentials", "scope": scope}
    return by_client(token_url, public_key, private_key, fields)


def by_client(
    token_url: str, public_key: str, private_key: str, fields: dict[str, str]
) -> tuple[dict[str, str], bytes]:
    """Write a token request of a client that authenticates by Basic (RFC 6749 section 2.3.1).

    Both halves are form-encoded before they go into Basic, as the RFC has it and IdentityServer
    decodes it; for alphanumeric keys that changes nothing. A space becomes ``%20``, since not
    every server decodes ``+``.

    Args:
        token_url: The token endpoint.
        public_key: The client's identifier.
        private_key: The client's secret.
        fields: The grant's parameters, ``grant_type`` among them.

    Returns:
        The headers and the body.
    """
    # authlib takes 80 ms to import, so only who needs a token request pays for it.
    from authlib.oauth2.auth import ClientAuth

    client = ClientAuth(quote(public_key, safe=""), quote(private_key, safe=""))
    headers, body = form(fields)
    _, headers, _ = client.prepare("POST", token_url, headers, "")
    return hidden(headers), body


def form(fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """Write a token request's form (RFC 6749 appendix B).

    Args:
        fields: The grant's parameters, ``grant_type`` among them.

    Returns:
        The headers and the body.
    """
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    body = prepare_token_request(**fields)
    return {"Content-Type": FORM, "Accept": JSON}, CredentialBytes(body.encode())


def code_challenge(code_verifier: str) -> str:
    """Give the S256 challenge of a code verifier (RFC 7636 section 4.2).

    Args:
        code_verifier: The code verifier.
    """
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    return str(create_s256_code_challenge(code_verifier))


def authorization_url(url: str, fields: dict[str, str]) -> str:
    """Write an authorization request (RFC 6749 section 4.1.1).

    Args:
        url: The authorization endpoint; a query that it has stays.
        fields: The parameters but ``response_type``.
    """
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

    return str(prepare_grant_uri(url, response_type="code", **fields))


def json_request(
    content: dict[str, str], bearer: str | None = None
) -> tuple[dict[str, str], bytes]:
    """Write a request of DTZ's identity service, which takes JSON.

    Args:
        content: The members of the body.
        bearer: The token that authenticates the request, if any.

    Returns:
        The headers and the body.
    """
    headers = {"Content-Type": JSON, "Accept": JSON}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    return hidden(headers), CredentialBytes(json.dumps(content).encode())


def read_token(
    answer: Answer, label: str, secrets: tuple[str, ...], *, signs_in: bool = False
) -> Granted:
    """Read a token endpoint's answer (RFC 6749 sections 5.1 and 5.2).

    Args:
        answer: What came back.
        label: Whose token was asked for.
        secrets: What must not show in an error, should the server repeat it.
        signs_in: Whether a person has to sign in again when the grant is refused.

    Returns:
        The token; it lives for 300 seconds when the answer does not say.

    Raises:
        SignInRequiredError: The grant was refused, and a person has to sign in again.
        TokenError: The answer holds no token that could be used.
    """
    content = _content(answer)
    members: dict[str, Any] = content if isinstance(content, dict) else {}
    if not 200 <= answer.status < 300 or "error" in members:
        raise _refusal(answer, members, label, secrets, signs_in=signs_in)
    if not isinstance(content, dict):
        raise _unusable(answer, label, "is no JSON object")
    kind = members.get("token_type", "bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise _unusable(answer, label, "is for another token type than bearer")
    value = problem = ""
    try:
        value = _checks.token_text("access_token", members.get("access_token"))
    except ConfigurationError as error:
        problem = str(error)
    if problem:
        raise _unusable(answer, label, f"cannot be used: {problem}")
    return Granted(value, _lifetime(members.get("expires_in")))


def refresh_token_in(answer: Answer) -> str | None:
    """Give the refresh token of an answer, if there is one that could be sent back.

    Args:
        answer: What came back; the access token in it may be one that cannot be used.
    """
    content = _content(answer)
    given = content.get("refresh_token") if isinstance(content, dict) else None
    # Of any visible characters and spaces (RFC 6749 appendix A.17).
    if answer.status >= 300 or not isinstance(given, str):
        return None
    return Credential(given) if re.fullmatch(r"[\x20-\x7e]+", given) else None


def _content(answer: Answer) -> Any:
    try:
        return _concealed(json.loads(answer.body))
    except (ValueError, RecursionError):
        return None


def _concealed(content: Any) -> Any:
    # Tools that report errors show the variables of each frame.
    if isinstance(content, list):
        return [_concealed(each) for each in content]
    if isinstance(content, dict):
        return {name: _concealed(each) for name, each in content.items()}
    return conceal(content)


def _lifetime(expires_in: object) -> float:
    try:
        lifetime = float(expires_in)  # type: ignore[arg-type]  # whatever JSON holds
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_LIFETIME
    if isinstance(expires_in, bool) or math.isnan(lifetime):
        return DEFAULT_LIFETIME
    return min(max(lifetime, 0.0), LONGEST_LIFETIME)


def _unusable(answer: Answer, label: str, what: str) -> TokenError:
    return TokenError(f"the token answer for {label} {what}", status_code=answer.status)


def _refusal(
    answer: Answer,
    members: dict[str, Any],
    label: str,
    secrets: tuple[str, ...],
    *,
    signs_in: bool,
) -> TokenError:
    error = _plain(members.get("error"), secrets)
    # DTZ has three shapes of errors: {"msg"}, the older {"status"}, and plain text.
    said = next(
        (members[name] for name in ("error_description", "msg", "status") if name in members), None
    )
    kind = answer.headers.get("content-type", "").lower()
    if not members and kind.startswith("text/plain"):
        said = answer.body.decode(errors="replace")
    description = _plain(said, secrets)
    words = ": ".join(word for word in (error, description) if word)
    is_over = signs_in and error == "invalid_grant"
    return (SignInRequiredError if is_over else TokenError)(
        ("sign in again: " if is_over else "")
        + f"the token endpoint refused {label} with {answer.status}"
        + (f": {words}" if words else ""),
        error=error,
        description=description,
        status_code=answer.status,
        retry_after=_retry_after(answer.headers.get("retry-after")),
    )


def _plain(said: object, secrets: tuple[str, ...]) -> str | None:
    if not isinstance(said, str | int | float) or said == "":
        return None
    text = str(said)
    for secret in secrets:
        written = "".join(map(_any_form, secret))
        encoded = re.escape(base64.b64encode(secret.encode()).decode().rstrip("="))
        text = re.sub(f"{written}|{encoded}=*", "***", text, flags=re.IGNORECASE)
    return plain(text) or None


def _any_form(letter: str) -> str:
    """Write a pattern for a letter as it is, percent-encoded, in JSON or HTML, in either case."""
    forms = {letter, letter.upper(), letter.lower(), quote_plus(letter), json.dumps(letter)[1:-1]}
    forms |= {html.escape(letter), letter.replace("/", "\\/")}
    forms.add("".join(f"%{byte:02x}" for byte in letter.encode()))
    longest_first = sorted(forms, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        if value.strip().isdecimal():
            return min(float(value), LONGEST_LIFETIME)
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = (moment - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), LONGEST_LIFETIME)
