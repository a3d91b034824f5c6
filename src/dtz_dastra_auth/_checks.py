"""What every constructor refuses (bad input never waits for a request to show itself).

Each check takes the name of a parameter and what was passed for it. Messages have the name and
never the value, which may be a secret with a typing error.
"""

import ipaddress
import re
from contextlib import suppress
from urllib.parse import urlsplit

from ._errors import ConfigurationError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


def text(name: str, value: object) -> str:
    """Accept a non-empty string without control characters or white space around it.

    Raises:
        ConfigurationError: The value is anything else.
    """
    if not isinstance(value, str):
        raise ConfigurationError(f"{name}: expected a str, got {type(value).__name__}")
    if not value.strip():
        raise ConfigurationError(f"{name}: is empty")
    if value != value.strip():
        raise ConfigurationError(f"{name}: has white space around it (a trailing newline?)")
    if _CONTROL.search(value):
        raise ConfigurationError(f"{name}: has a control character in it")
    if _SURROGATE.search(value):
        raise ConfigurationError(f"{name}: cannot be encoded as UTF-8")
    return value


def token_text(name: str, value: object) -> str:
    """Accept what can stand in a header as it is: visible ASCII, no spaces (RFC 6750 2.1).

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = text(name, value)
    if not _VISIBLE_ASCII.fullmatch(checked):
        raise ConfigurationError(f"{name}: only ASCII letters, digits and signs can be sent")
    return checked


def dtz_api_key(name: str, value: object) -> str:
    """Accept a DTZ API key, which the verifier wants to start with ``apikey-``.

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = token_text(name, value)
    if not checked.startswith("apikey-") or checked == "apikey-":
        raise ConfigurationError(f"{name}: a DTZ API key starts with 'apikey-'")
    return checked


def cookie_value(name: str, value: object) -> str:
    """Accept what a cookie can hold without quoting (RFC 6265 section 4.1.1).

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = token_text(name, value)
    if set(checked) & set('",;\\'):
        raise ConfigurationError(f"{name}: a cookie cannot hold a quote, comma, ; or \\")
    return checked


def basic_secret(name: str, value: object) -> str:
    """Accept a secret for DTZ's Basic scheme, which drops all from a second colon on.

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = token_text(name, value)
    if ":" in checked:
        raise ConfigurationError(f"{name}: a ':' would cut off the rest of it")
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


def endpoint(name: str, value: object) -> str:
    """Accept an absolute URL that secrets may be sent to.

    Raises:
        ConfigurationError: The URL is not https (or http on a loopback host), or has user
            information, a fragment, a backslash or white space in it.
    """
    checked = token_text(name, value)
    if "\\" in checked or "#" in checked:
        raise ConfigurationError(f"{name}: a backslash or fragment has no place in it")
    # What the parser raises has the URL in its text, and an exception's context is shown with
    # it: so ours is raised after the handler has ended.
    scheme = authority = host = ""
    with suppress(ValueError):
        parts = urlsplit(checked)
        if parts.port != 0:
            scheme, authority, host = parts.scheme, parts.netloc, parts.hostname or ""
    if not host:
        raise ConfigurationError(f"{name}: expected https://host[:port]/path")
    if "@" in authority:
        raise ConfigurationError(f"{name}: user information has no place in it")
    secure(name, scheme, host)
    return checked


def secure(name: str, scheme: str, host: str) -> None:
    """Refuse plain http, except on a loopback host that was written out.

    Args:
        name: The parameter, for the message.
        scheme: The URL's scheme.
        host: The URL's host, an IPv6 address without its brackets.

    Raises:
        ConfigurationError: The connection would not be encrypted.
    """
    if scheme == "https" or (scheme == "http" and _is_loopback(host)):
        return
    raise ConfigurationError(f"{name}: has to be https (http is for loopback hosts alone)")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
