"""What every constructor refuses among URLs, as `_checks` does among texts."""

import ipaddress
import re
from contextlib import suppress

import httpx

from . import _checks
from ._errors import ConfigurationError

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_URL = re.compile(r"(https?)://([^/?]*)(.*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[Xx][0-9A-Fa-f]*")
# What all clients send as it is written (RFC 3986 sections 2.2, 2.3 and 3.3). Of the rest, requests
# encodes what httpx leaves alone, and decodes %7E, which is unreserved (section 6.2.2).
_UNRESERVED = "2[DE]|3[0-9]|[46][1-9A-F]|5[0-9AF]|7[0-9AE]"
_CHARACTER = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%(?!{_UNRESERVED})[0-9A-F]{{2}})"
_TARGET = re.compile(
    rf"(?!//)(?:/(?!\.\.?(?:[/?]|\Z)){_CHARACTER}*)*(?P<query>\?(?:{_CHARACTER}|[/?])+)?"
)


def endpoint(name: str, value: object, *, query: bool = True) -> str:
    """Accept an absolute URL that secrets may be sent to, and that every client dials alike.

    Args:
        name: The parameter, for the message.
        value: What was passed for it.
        query: Whether it may have a query, which is then kept (RFC 6749 section 3.2).

    Raises:
        ConfigurationError: The URL is not https (or http on a loopback host), has user
            information (RFC 9110 section 4.2.4) or a fragment, or clients would read it
            differently: a backslash, a host that ends in a dot, a path with ``..`` in it.
    """
    checked = _checks.visible(name, value)
    if "\\" in checked or "#" in checked:
        raise ConfigurationError(f"{name}: a backslash or fragment has no place in it")
    parts = _URL.fullmatch(checked)
    scheme, authority, target = parts.groups() if parts else ("", "", "")
    if "@" in authority:
        raise ConfigurationError(f"{name}: user information has no place in it")
    place = _AUTHORITY.fullmatch(authority)
    if place is None or not is_host(place[1]) or int(place[2] or 443) > 65_535:
        raise ConfigurationError(f"{name}: expected https://host[:port]/path")
    secure(name, scheme.lower(), place[1].strip("[]"))
    written = _TARGET.fullmatch(target)
    if written is None:
        raise ConfigurationError(f"{name}: not all clients would send this path or query as it is")
    if written["query"] and not query:
        raise ConfigurationError(f"{name}: a query has no place in it")
    return checked


def is_host(host: str) -> bool:
    """Tell whether every client can dial a host, and dials the same.

    A name that ends in a dot does for requests, but no certificate is good for it in httpx; one
    that ends in a number is an address in the eyes of some (``0x7f.1``); a zone is written in as
    many ways as there are parsers; httpx decodes what starts with ``xn--``.

    Args:
        host: A host in ASCII, an IPv6 address in its brackets (RFC 3986 section 3.2.2).
    """
    if host.startswith("["):
        return "%" not in host and _is_address(ipaddress.IPv6Address, host[1:-1])
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _is_address(ipaddress.IPv4Address, host)
    return len(host) <= 253 and all(map(_is_label, labels))


def secure(name: str, scheme: str, host: str) -> None:
    """Refuse plain http, except on a loopback host that was written out.

    Args:
        name: The parameter, for the message.
        scheme: The URL's scheme.
        host: The URL's host, an IPv6 address without its brackets.

    Raises:
        ConfigurationError: The connection would not be encrypted.
    """
    if scheme == "https" or (scheme == "http" and is_loopback(host)):
        return
    raise ConfigurationError(f"{name}: has to be https (http is for loopback hosts alone)")


def redirect_uri(name: str, value: object) -> str:
    """Accept an absolute URI without a fragment, of any scheme (RFC 6749 section 3.1.2).

    Raises:
        ConfigurationError: The value is anything else.
    """
    checked = _checks.visible(name, value)
    if not _ABSOLUTE.match(checked) or "#" in checked:
        raise ConfigurationError(f"{name}: expected an absolute URI, with no fragment in it")
    return checked


def is_loopback(host: str) -> bool:
    """Tell whether what is sent to a host stays on this machine.

    Args:
        host: The host, an IPv6 address without its brackets.
    """
    if host.lower() in ("localhost", "::1"):
        return True
    # Of IPv6, Python's own answer depends on its version (3.13 takes ::ffff:127.0.0.1 for one).
    return _is_address(ipaddress.IPv4Address, host) and host.startswith("127.")


def _is_address(kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address], host: str) -> bool:
    try:
        return bool(kind(host))
    except ValueError:
        return False


def _is_label(label: str) -> bool:
    if not label.lower().startswith("xn--"):
        return _LABEL.fullmatch(label) is not None
    # httpx decodes these to show them, and breaks off a request if it cannot.
    with suppress(ValueError, httpx.InvalidURL):
        return bool(httpx.URL(f"https://{label}").host)
    return False
