"""One run of the stand-ins for all tests here, and clients that know nothing of this package."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns, serve

Wire = Callable[[str, bytes], bytes]


@pytest.fixture(scope="session")
def running() -> Iterator[StandIns]:
    with serve(set_environment=False) as stand_ins:
        yield stand_ins


@pytest.fixture
def services(running: StandIns) -> Iterator[StandIns]:
    with running.in_environment():
        yield running
    running.reset()


@pytest.fixture(scope="session")
def session_client(running: StandIns) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=running.ca_file)
    with httpx.Client(proxy=running.proxy_url, verify=trust, trust_env=False) as client:
        yield client


@pytest.fixture
def http(services: StandIns, session_client: httpx.Client) -> Iterator[httpx.Client]:
    """Give a client whose TLS context is made once, since loading the CA file takes long."""
    yield session_client
    session_client.cookies.clear()


@pytest.fixture
def dastra(services: StandIns) -> DastraStandIn:
    return services.dastra


@pytest.fixture
def dtz(services: StandIns) -> DtzStandIn:
    return services.dtz


@pytest.fixture
def get(dastra: DastraStandIn, http: httpx.Client) -> Callable[..., httpx.Response]:
    """Call Dastra's API with a right key."""

    def get(path: str = "/me", *, read: float = 10.0) -> httpx.Response:
        url, timeout = dastra.url + path, httpx.Timeout(10.0, read=read)
        return http.get(url, headers={"X-API-Key": dastra.private_key}, timeout=timeout)

    return get


def connect(services: StandIns, host: str) -> ssl.SSLSocket:
    """Open a TLS connection to the stand-in that answers for a host, past the proxy."""
    service = services.dastra if host in services.dastra.hosts else services.dtz
    trust = ssl.create_default_context(cafile=services.ca_file)
    plain = socket.create_connection(("127.0.0.1", urlsplit(service.origin).port or 0), 10)
    return trust.wrap_socket(plain, server_hostname=host)


@pytest.fixture
def wire(services: StandIns) -> Wire:
    """Send bytes as they are, as no client would, and return all that comes back."""

    def exchange(host: str, request: bytes) -> bytes:
        with closing(connect(services, host)) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    return exchange


@pytest.fixture
def connection_to(services: StandIns) -> Callable[[str], ssl.SSLSocket]:
    return lambda host: connect(services, host)
