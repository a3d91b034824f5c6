"""Both stand-ins and the proxy, started and announced."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import trustme

from . import _environment as environment
from ._dastra import DastraStandIn
from ._dtz import DtzStandIn
from ._loop import in_thread
from ._proxy import Proxy
from ._server import Server

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class StandIns:
    """The running stand-ins.

    Attributes:
        dastra: Dastra.
        dtz: DTZ.
        proxy: The proxy that leads to them.
        ca_file: Path of a PEM file with the certificates that their clients, and those of other
            hosts, need to trust.
    """

    dastra: DastraStandIn
    dtz: DtzStandIn
    proxy: Proxy
    ca_file: str

    @property
    def proxy_url(self) -> str:
        """Address of the proxy, for clients that are told their proxy."""
        return self.proxy.url

    @property
    def environment(self) -> dict[str, str]:
        """A whole environment for a subprocess whose clients are to meet the stand-ins."""
        return environment.changed(self._changes())

    @property
    def credentials(self) -> dict[str, str]:
        """Credentials that the stand-ins take, as the variables that ``from_env()`` reads."""
        return {
            "DASTRA_PUBLIC_KEY": self.dastra.public_key,
            "DASTRA_PRIVATE_KEY": self.dastra.private_key,
            "DTZ_API_KEY": self.dtz.api_key,
            "DTZ_USERNAME": self.dtz.username,
            "DTZ_PASSWORD": self.dtz.password,
        }

    @contextmanager
    def in_environment(self) -> Iterator[None]:
        """Announce the stand-ins in this process's environment, and put it back at the end."""
        with environment.applied(self._changes()):
            yield

    def reset(self) -> None:
        """Reset both stand-ins and the proxy."""
        self.dastra.reset()
        self.dtz.reset()
        self.proxy.reset()

    def _changes(self) -> dict[str, str | None]:
        return environment.changes(self.proxy_url, self.ca_file)


@contextmanager
def serve(*, set_environment: bool = True) -> Iterator[StandIns]:
    """Run stand-ins for Dastra and DTZ on loopback, and lead this process's clients to them.

    Code under test keeps its URLs: a proxy announced in ``HTTPS_PROXY`` leads the services' real
    host names to the stand-ins, whose certificates are trusted through ``REQUESTS_CA_BUNDLE``,
    ``CURL_CA_BUNDLE`` and ``SSL_CERT_FILE``. ``NO_PROXY``, ``ALL_PROXY``, ``HTTP_PROXY`` (in both
    spellings) and ``SSL_CERT_DIR`` are removed meanwhile. All of it is put back at the end. Other
    https hosts are tunnelled on, directly, not through a proxy that the environment named before.

    Clients read the environment when they are made (httpx, httpx2) or at each call (requests): one
    made before this starts does not see the stand-ins, and neither does one with
    ``trust_env=False`` or a proxy, transport or certificates of its own.

    Credentials are made up afresh each time.

    Args:
        set_environment: Whether to change this process's environment. Without it, hand
            `StandIns.environment` to a subprocess, or `StandIns.proxy_url` and
            `StandIns.ca_file` to a client.
    """
    dastra, dtz, proxy = DastraStandIn(), DtzStandIn(), Proxy()
    authority = trustme.CA()
    with tempfile.TemporaryDirectory(prefix="dtz-dastra-auth-") as directory:
        ca_file = Path(directory, "ca.pem")
        environment.write_ca_file(ca_file, authority.cert_pem.bytes())
        stand_ins = StandIns(dastra, dtz, proxy, str(ca_file))
        with in_thread(_running(stand_ins, authority)):
            try:
                with stand_ins.in_environment() if set_environment else nullcontext():
                    yield stand_ins
            finally:
                # An answer that a test left waiting would keep a reference to the closed loop.
                stand_ins.reset()


@asynccontextmanager
async def _running(stand_ins: StandIns, authority: trustme.CA) -> AsyncIterator[None]:
    async with (
        stand_ins.proxy as proxy,
        Server(stand_ins.dastra, _tls(authority, stand_ins.dastra.hosts)) as dastra,
        Server(stand_ins.dtz, _tls(authority, stand_ins.dtz.hosts)) as dtz,
    ):
        proxy.serve_at(stand_ins.dastra.hosts, dastra.port)
        proxy.serve_at(stand_ins.dtz.hosts, dtz.port)
        yield


def _tls(authority: trustme.CA, hosts: tuple[str, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(*hosts, *_LOOPBACK).configure_cert(context)
    return context
