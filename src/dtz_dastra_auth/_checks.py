"""What every constructor refuses (bad input never waits for a request to show itself).

Each check takes the name of a parameter and what was passed for it. Messages have the name and
never the value, which may be a secret with a typing error. No parser that raises sees the value:
it would be in the text of what is raised, and that is shown as the context of ours.
"""

import re

from ._errors import ConfigurationError
from ._hidden import Credential

# What is pasted along with a key and cannot be seen: soft hyphens, zero-width spaces, marks of
# direction and of byte order. Inside a password they may be meant (emoji are joined with one).
_INVISIBLE = "\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_CANNOT_BE_SEEN = re.compile(f"[{_INVISIBLE}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")


def text(name: str, value: object) -> str:
    """Accept a non-empty string without control characters or white space around it.

    Any other character is accepted: where it goes it is form-encoded (RFC 6749 appendix B) or
    JSON, as UTF-8 and never normalised.

    Raises:
        ConfigurationError: The value is anything else.
    """
    if not isinstance(value, str):
        # Clients call what they are given: a class would be called with the request.
        hint = "; pass an object, not the class" if hasattr(value, "method") else ""
        raise ConfigurationError(f"{name}: expected a str, got {type(value).__name__}{hint}")
    # A member of an enum that is a str would put its name in an f-string.
    value = value if isinstance(value, Credential) else str.__str__(value)
    if not _CANNOT_BE_SEEN.sub("", value).strip():
        raise ConfigurationError(f"{name}: is empty")
    if value != value.strip():
        raise ConfigurationError(f"{name}: has white space around it (a trailing newline?)")
    if _CANNOT_BE_SEEN.match(value) or _CANNOT_BE_SEEN.match(value[-1]):
        raise ConfigurationError(f"{name}: begins or ends with a character that cannot be seen")
    if _CONTROL.search(value):
        raise ConfigurationError(f"{name}: has a control character in it")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ConfigurationError(f"{name}: cannot be encoded as UTF-8")
    return value


def scope(name: str, value: object) -> str:
    """Accept words of visible ASCII with single spaces between them (RFC 6749 section 3.3).

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = text(name, value)
    if not _SCOPE.fullmatch(checked):
        raise ConfigurationError(
            f"{name}: expected ASCII words with one space between them, no quotes or backslashes"
        )
    return checked


def token_text(name: str, value: object) -> str:
    """Accept what can stand in a header as it is: visible ASCII (RFC 9110 section 5.5).

    That is more than a bearer token may have in it (RFC 6750 section 2.1): what a service gives
    out is not ours to correct, and it arrives unchanged.

    Raises:
        ConfigurationError: The value is anything else, or an API key of DTZ, which no place
            that takes any token is for.
    """
    return _no_dtz_api_key(name, visible(name, value))


def dastra_key(name: str, value: object) -> str:
    """Accept a half of a key pair: any text that is not another service's key.

    Raises:
        ConfigurationError: The value is anything else.
    """
    return _no_dtz_api_key(name, text(name, value))


def dtz_api_key(name: str, value: object) -> str:
    """Accept a DTZ API key, which the verifier wants to start with ``apikey-``.

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = visible(name, value)
    if not checked.startswith("apikey-") or checked == "apikey-":
        raise ConfigurationError(f"{name}: a DTZ API key starts with 'apikey-'")
    return checked


def code(name: str, value: object) -> str:
    """Accept a code or a refresh token: ASCII, spaces inside too (RFC 6749 appendix A.11, A.17).

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = _no_dtz_api_key(name, text(name, value))
    if not _VISIBLE_ASCII.fullmatch(checked.replace(" ", "")):
        raise ConfigurationError(f"{name}: only ASCII letters, digits and signs can be in it")
    return checked


def code_verifier(name: str, value: object) -> str:
    """Accept what RFC 7636 section 4.1 takes for a code verifier.

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = text(name, value)
    if not _CODE_VERIFIER.fullmatch(checked):
        raise ConfigurationError(
            f"{name}: expected 43 to 128 ASCII letters, digits and signs of -._~"
        )
    return checked


def cookie_value(name: str, value: object) -> str:
    """Accept what a cookie can hold without quoting (RFC 6265 section 4.1.1).

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = token_text(name, value)
    if checked.startswith("dtz-auth="):
        raise ConfigurationError(f"{name}: no 'dtz-auth=' belongs before it, the value is enough")
    if set(checked) & set('",;\\'):
        raise ConfigurationError(f"{name}: a cookie cannot hold a quote, comma, ; or \\")
    return checked


def basic_secret(name: str, value: object) -> str:
    """Accept a secret for DTZ's Basic scheme, which drops all from a second colon on.

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = visible(name, value)
    if ":" in checked:
        raise ConfigurationError(f"{name}: a ':' would cut off the rest of it")
    return checked


def basic_token(name: str, value: object) -> str:
    """Accept a token for DTZ's Basic scheme.

    Raises:
        ConfigurationError: The value is anything else, or an API key.
    """
    checked = basic_secret(name, value)
    if checked.startswith("apikey-"):
        raise ConfigurationError(f"{name}: an API key of DTZ needs the user name 'apikey'")
    return checked


def beginning(identifier: str) -> str:
    """Give as much of an identifier as may be shown, should it be a secret in the wrong place."""
    return identifier[: min(4, len(identifier) // 2)] + "..."


def seconds(name: str, value: object) -> float:
    """Accept a positive, finite number of seconds.

    Raises:
        ConfigurationError: The value is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{name}: expected a number, got {type(value).__name__}")
    if not 0 < value < 1e9:
        raise ConfigurationError(f"{name}: expected seconds, more than 0")
    return float(value)


def visible(name: str, value: object) -> str:
    checked = text(name, value)
    if " " in checked:
        raise ConfigurationError(f"{name}: has a space in it (no 'Bearer ' belongs before it)")
    if not _VISIBLE_ASCII.fullmatch(checked):
        raise ConfigurationError(f"{name}: only ASCII letters, digits and signs can be sent")
    return checked


def _no_dtz_api_key(name: str, checked: str) -> str:
    if checked.startswith("apikey-"):
        raise ConfigurationError(f"{name}: an API key of DTZ does not belong here")
    return checked
