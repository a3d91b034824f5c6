"""Where parsers that are not ours send a URL: WHATWG's (browsers) and yarl's (aiohttp)."""

import ada_url
import yarl

from properties.dial import Origin

_DEFAULT_PORTS = {"https": 443, "http": 80}


def by_ada(url: str) -> Origin | None:
    """Give the origin as browsers see it, or None for what is no URL to them."""
    try:
        parsed = ada_url.URL(_unicode(url))
    except ValueError:
        return None
    scheme = parsed.protocol.removesuffix(":")
    port = int(parsed.port) if parsed.port else _DEFAULT_PORTS.get(scheme)
    return Origin(scheme, parsed.hostname.strip("[]"), port)


def by_yarl(url: str) -> Origin | None:
    """Give the origin as aiohttp sees it, or None for what is no URL to it."""
    try:
        parsed = yarl.URL(_unicode(url))
        return Origin(parsed.scheme, parsed.raw_host or "", parsed.port)
    except ValueError:
        return None


def _unicode(url: str) -> str:
    # Half a surrogate pair stands for no character, and these two take nothing but characters.
    return url.encode(errors="replace").decode()


PARSERS = {"ada": by_ada, "yarl": by_yarl}
