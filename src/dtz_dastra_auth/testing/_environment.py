"""The environment variables and the CA file that lead a client to the stand-ins."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import certifi

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy")
# Each of these would lead some client past the proxy or to other certificates.
_IN_THE_WAY = (
    *("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"),
    "SSL_CERT_DIR",
)


def changes(proxy_url: str, ca_file: str) -> dict[str, str | None]:
    """Return what is to be different; None stands for a variable that must be gone."""
    return {
        **dict.fromkeys(_IN_THE_WAY),
        **dict.fromkeys(_CA_VARIABLES, ca_file),
        **dict.fromkeys(_PROXY_VARIABLES, proxy_url),
    }


def changed(difference: Mapping[str, str | None]) -> dict[str, str]:
    """Return a copy of this process's environment with changes applied."""
    merged: dict[str, str | None] = {**os.environ, **difference}
    return {name: value for name, value in merged.items() if value is not None}


@contextmanager
def applied(difference: Mapping[str, str | None]) -> Iterator[None]:
    """Change this process's environment, and put back what was there."""
    before = {name: os.environ.get(name) for name in difference}
    try:
        _apply(difference)
        yield
    finally:
        _apply(before)


def _apply(difference: Mapping[str, str | None]) -> None:
    # Removals first: on Windows the two spellings of a name are one variable.
    for name, value in sorted(difference.items(), key=lambda item: item[1] is not None):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    # niquests reads the proxies once in the life of a process, unless it is told to forget them.
    utilities = sys.modules.get("niquests.utils")
    for name in ("getproxies", "getproxies_environment"):
        forget = getattr(getattr(utilities, name, None), "cache_clear", None)
        if forget is not None:
            forget()


def write_ca_file(path: Path, authority: bytes) -> None:
    """Write a bundle in which hosts on the internet are trusted as before, and ours as well."""
    files = {certifi.where(), *filter(None, map(os.environ.get, _CA_VARIABLES))}
    bundles = [Path(each).read_bytes() for each in sorted(files) if Path(each).is_file()]
    # Each new client reads all of it, and the bundles have most authorities in common.
    certificates = dict.fromkeys(_CERTIFICATE.findall(b"\n".join([authority, *bundles])))
    path.write_bytes(b"\n".join(certificates))
