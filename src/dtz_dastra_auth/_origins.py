"""Where a credential may go: exact origins (RFC 9110 section 4.3.1), nothing else.

A suffix such as ``*.dtz.rocks`` would cover hosts that belong to customers of the service, so
there are none. What is compared is what the client will dial: scheme, host and port.
"""

import ipaddress
import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import httpx

from . import _check_urls, _checks
from ._errors import ConfigurationError

logger = logging.getLogger("dtz_dastra_auth")

_DEFAULT_PORTS = {"https": 443, "http": 80}

# requests dials what urllib.parse makes of the URL. Anything in the authority beyond the characters
# that RFC 3986 has there (backslashes, a second @, percent signs in a host) is read differently by
# different parsers, so such a URL is nobody's origin.
_AUTHORITY = re.compile(
    r"(?P<scheme>https?)://(?:[a-z0-9._~!$&'()*+,;=:%-]*@)?"
    r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_BRACKETS = re.compile(r"://\[[^\]]+\](?::[0-9]+)?/?$")
_END_OF_AUTHORITY = re.compile(r"[/?#]")

_Origin = tuple[str, str, int]

_MOST_WARNINGS = 100
_warned: dict[str, object] = {}


class Origins:
    """A set of origins, asked once for every request."""

    @classmethod
    def of(cls, origins: Iterable[str]) -> "Origins":
        """Give what `Origins` makes of these; one for all objects with the same.

        Args:
            origins: As for `Origins`.

        Raises:
            ConfigurationError: As for `Origins`.
        """
        if isinstance(origins, tuple) and all(type(origin) is str for origin in origins):
            return _shared(origins)
        return cls(origins)

    def __init__(self, origins: Iterable[str]) -> None:
        """Read the origins a caller allows.

        Args:
            origins: Each ``scheme://host`` or ``scheme://host:port``, without a path.

        Raises:
            ConfigurationError: One of them is not an exact origin, or is plain http on a host
                that is not a loopback one.
        """
        if isinstance(origins, str | bytes) or not isinstance(origins, Iterable):
            raise ConfigurationError("origins: expected a list of 'https://host' strings")
        self.names = tuple(origins)
        self._allowed = frozenset(_exact(origin) for origin in self.names)
        if not self._allowed:
            raise ConfigurationError("origins: is empty")
        over_tls = [each for each in self._allowed if each[0] == "https"]
        self._beginnings = tuple(map(_beginning, over_tls))
        self._dialled = frozenset(map(_dialled, over_tls))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origins) and self._allowed == other._allowed

    def __hash__(self) -> int:
        return hash(self._allowed)

    def __repr__(self) -> str:
        return repr(list(self.names))

    def allow(self, url: Any) -> bool:
        """Tell whether a credential may go where this URL leads.

        Args:
            url: A ``str``, as requests holds it, or the URL object of httpx or httpx2.
        """
        return _origin_of(url) in self._allowed

    def plainly_allow(self, url: Any) -> bool:
        """Tell whether a URL leads to an https origin of ours, and is written as they usually are.

        Args:
            url: As for `allow`, which is to be asked about the others.
        """
        if type(url) is str:
            return url.startswith(self._beginnings)
        try:
            return (url.scheme, url.raw_host, url.port) in self._dialled
        except AttributeError:
            return False


_shared = lru_cache(maxsize=1024)(Origins)


def same(one: Any, other: Any) -> bool:
    """Tell whether two URLs lead to the same origin; one that has none leads nowhere."""
    origin = _origin_of(one)
    return origin is not None and origin == _origin_of(other)


def warn_withheld(url: Any, kind: str) -> None:
    """Say once per process and origin that a credential was withheld, and how to allow it.

    Args:
        url: Where the request is going.
        kind: The class that withheld its credential.
    """
    origin = _origin_of(url)
    if origin is None:
        if _is_news("no plain one"):
            logger.warning(
                "%s withheld its credential from an origin that is no plain one: write the URL "
                "as https://host[:port]/…",
                kind,
            )
        return
    name = f"{origin[0]}://{origin[1]}:{origin[2]}"
    # The host is the caller's input: shortened and escaped, it cannot forge log lines.
    name = ascii(name[:200])
    if not _is_news(name):
        return
    if origin[0] == "http" and not _check_urls.is_loopback(origin[1]):
        logger.warning("%s withheld its credential from %s: it goes over https alone", kind, name)
        return
    logger.warning(
        "%s withheld its credential from %s; if it belongs there, pass origins=[…, %s]",
        kind,
        name,
        name,
    )


def warn_forwarded(kind: str) -> None:
    """Say once per process that a credential was withheld from a proxy.

    Args:
        kind: The class that withheld its credential.
    """
    if _is_news("a proxy"):
        logger.warning(
            "%s withheld its credential: plain http to this machine would go to the proxy that "
            "HTTP_PROXY names; set NO_PROXY for it",
            kind,
        )


def _is_news(name: str) -> bool:
    if len(_warned) >= _MOST_WARNINGS:
        return False
    # Of several threads one finds its own mark; a lock would have to be reset after a fork.
    mark = object()
    return _warned.setdefault(name, mark) is mark


def _exact(origin: object) -> _Origin:
    checked = _checks.text("origins", origin)
    if "*" in checked:
        raise ConfigurationError("origins: no wildcards, each host is written out")
    if "\\" in checked or "@" in checked or checked.rstrip("/").endswith(":"):
        raise ConfigurationError("origins: expected 'https://host[:port]'")
    if "]" in checked and not _BRACKETS.search(checked):
        raise ConfigurationError("origins: expected 'https://[address][:port]'")
    if "://" not in checked:
        raise ConfigurationError("origins: has to start with https://")
    # What the parser raises has the URL in its text, and would be shown as our error's context.
    url: httpx.URL | None = None
    with suppress(httpx.InvalidURL, ValueError):
        url = httpx.URL(checked)
    if url is None:
        raise ConfigurationError("origins: expected 'https://host[:port]'")
    if url.raw_path not in (b"", b"/") or url.fragment or "#" in checked or "?" in checked:
        raise ConfigurationError("origins: only scheme, host and port, no path")
    found = _origin_of(url)
    # As `is_host` has it: in brackets, which an IPv6 address has lost here.
    host = url.raw_host.decode("ascii")
    host = f"[{host}]" if ":" in host else host
    if found is None or not 0 < found[2] < 65_536 or not _check_urls.is_host(host):
        raise ConfigurationError("origins: expected 'https://host[:port]'")
    _check_urls.secure("origins", url.scheme, found[1].strip("[]"))
    return found


def _beginning(origin: _Origin) -> str:
    # Up to the slash that ends the authority: what stands behind it cannot lead elsewhere.
    scheme, host, port = origin
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}/" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}/"


def _dialled(origin: _Origin) -> tuple[str, bytes, int | None]:
    # As httpx and httpx2 have it, who leave a default port out.
    scheme, host, port = origin
    return scheme, host.encode("ascii"), None if port == _DEFAULT_PORTS[scheme] else port


def _origin_of(url: Any) -> _Origin | None:
    if hasattr(url, "raw_host"):
        return _normal(url.scheme, url.raw_host.decode("ascii"), url.port)
    if not isinstance(url, str):
        return None
    start = url.find("://") + 3
    end = _END_OF_AUTHORITY.search(url, start) if start > 2 else None
    match = _AUTHORITY.fullmatch(url, 0, end.start() if end else len(url))
    if match is None:
        return None
    port = match["port"]
    return _normal(match["scheme"], match["host"].strip("[]"), int(port) if port else None)


def _normal(scheme: str, host: str, port: int | None) -> _Origin | None:
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    host = host.lower().strip("[]")
    if ":" in host:
        with suppress(ValueError):
            host = ipaddress.ip_address(host).compressed
    return scheme, host, _DEFAULT_PORTS[scheme] if port is None else port
