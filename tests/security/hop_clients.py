"""Every client that follows redirects, over each version of HTTP, directly and through a proxy.

A client is made once and used for all cases, each with an auth object of its own: new connections
would take most of the time.
"""

import ssl
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import httpx
import httpx2
from requests.cookies import RequestsCookieJar

import clients
from security.hop_server import HOSTS, PLAIN_PORT, HopServer


@dataclass(frozen=True)
class Way:
    """How a call is made.

    Attributes:
        kind: One of `clients.KINDS`.
        version: The version of HTTP that is spoken over TLS.
        proxied: Whether all goes through proxies: CONNECT for https, a forward proxy for http.
    """

    kind: str
    version: str
    proxied: bool

    @property
    def id(self) -> str:
        return f"{self.kind}-http{self.version}-{'proxied' if self.proxied else 'direct'}"


WAYS = tuple(
    Way(kind, version, proxied)
    for kind in clients.KINDS
    for version in ("1.1", "2")
    for proxied in (False, True)
    if version == "1.1" or not kind.startswith("requests")
)


def jar_cookie(host: str) -> tuple[str, str]:
    """Give the name and value of the cookie that every client has in its jar for a host."""
    return f"jar-{host.partition('.')[0]}", "kept"


class HopClient:
    """One client for all cases.

    Attributes:
        tunnelled: Where it has had the proxy open tunnels to, as ``(host, port)``.
    """

    def __init__(self, way: Way, server: HopServer) -> None:
        self._server = server
        self.tunnelled: set[tuple[str, int]] = set()
        self._options: dict[str, Any] = {}
        # `requests.get` has no jar but the one it is given with a call.
        self._jar: Any = RequestsCookieJar()
        if way.kind.startswith("requests"):
            self._client = clients.make(way.kind, follow_redirects=True)
            self._options["verify"] = server.ca_file
            if way.proxied:
                self._options["proxies"] = {"https": server.proxy.url, "http": self._forward}
        else:
            self._client = clients.make(way.kind, **self._transports(way), follow_redirects=True)
        if way.kind == "requests.get":
            self._options["cookies"] = self._jar
        else:
            self._jar = self._client.native.cookies
        self._fill_jar()

    @property
    def _forward(self) -> str:
        return f"http://127.0.0.1:{self._server.ports[PLAIN_PORT]}"

    def _transports(self, way: Way) -> dict[str, Any]:
        library: ModuleType = httpx2 if way.kind.startswith("httpx2") else httpx
        asynchronous = "Async" in way.kind
        transport = library.AsyncHTTPTransport if asynchronous else library.HTTPTransport
        common: dict[str, Any] = {
            "verify": ssl.create_default_context(cafile=self._server.ca_file),
            "http2": way.version == "2",
        }
        if not way.proxied:
            return common
        proxies = {"https://": self._server.proxy.url, "http://": self._forward}
        mounts = {scheme: transport(**common, proxy=url) for scheme, url in proxies.items()}
        return {**common, "mounts": mounts}

    def call(self, method: str, url: str, auth: Any, body: bytes | None) -> Any:
        return self._client.request(method, url, auth=auth, content=body, **self._options)

    def note_tunnels(self) -> None:
        """Remember the tunnels that the latest call needed; later ones go through them too."""
        self.tunnelled.update((each.host, each.port) for each in self._server.proxy.tunnels)

    def jar_is_touched(self) -> bool:
        """Say whether the jar is not as it was filled, and fill it anew if so."""
        jar = getattr(self._jar, "jar", self._jar)
        cookies = sorted((cookie.domain, cookie.name, cookie.value) for cookie in jar)
        touched = cookies != sorted((host, *jar_cookie(host)) for host in HOSTS)
        if touched:
            self._fill_jar()
        return touched

    def _fill_jar(self) -> None:
        self._jar.clear()
        for host in HOSTS:
            self._jar.set(*jar_cookie(host), domain=host)

    def close(self) -> None:
        self._client.close()
