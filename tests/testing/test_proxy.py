"""How clients get to the stand-ins, and what the proxy does with everybody else."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import httpx2
import pytest
import requests

from dtz_dastra_auth.testing import StandIns, Tunnel

LINGER = struct.pack("ii", 1, 0)
Open = Callable[[str], tuple[socket.socket, bytes]]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Another host, as far as the proxy is concerned."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture
def ask(services: StandIns) -> Iterator[Callable[[bytes], socket.socket]]:
    """Send a request to the proxy and return the connection."""
    opened: list[socket.socket] = []

    def ask(request: bytes) -> socket.socket:
        address = httpx.URL(services.proxy_url)
        client = socket.create_connection((address.host, address.port or 0), 10)
        opened.append(client)
        client.sendall(request)
        return client

    yield ask
    for client in opened:
        client.close()


def connect_to(listener: socket.socket, more: bytes = b"") -> bytes:
    authority = f"127.0.0.1:{listener.getsockname()[1]}"
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode() + more


@pytest.fixture
def ends(
    ask: Callable[[bytes], socket.socket], listener: socket.socket
) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of an open tunnel."""
    client = ask(connect_to(listener))
    assert client.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
    server, _ = listener.accept()
    server.settimeout(10)
    with server:
        yield client, server


def in_httpx_asynchronously(url: str, headers: dict[str, str]) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(url, headers=headers)

    return asyncio.run(get())


@pytest.mark.parametrize(
    "get",
    [requests.get, httpx.get, httpx2.get, in_httpx_asynchronously],
    ids=["requests", "httpx", "httpx2", "httpx asynchronously"],
)
def test_a_client_with_nothing_changed_gets_there_by_the_real_names(
    services: StandIns, get: Callable[..., requests.Response]
) -> None:
    key = {"X-API-Key": services.dastra.private_key}
    assert get("https://api.dastra.eu/v1/workspaces", headers=key).json()["total"] == 1
    key = {"X-API-KEY": services.dtz.api_key}
    assert get("https://identity.dtz.rocks/api/2021-02-21/me", headers=key).json()["roles"]
    assert [tunnel.host for tunnel in services.proxy.tunnels] == [
        "api.dastra.eu",
        "identity.dtz.rocks",
    ]


def test_a_client_in_a_subprocess_gets_there_too(services: StandIns) -> None:
    program = "import requests; print(requests.get('https://api.dtz.rocks/v1/me').status_code)"
    command = [sys.executable, "-c", program]
    result = subprocess.run(
        command, env=services.environment, capture_output=True, text=True, check=True, timeout=30
    )
    assert result.stdout == "401\n"
    assert services.dtz.requests[-1].host == "api.dtz.rocks"


def test_every_port_of_a_real_name_stays_on_this_machine(
    services: StandIns, http: httpx.Client
) -> None:
    assert http.get("https://api.dastra.eu:8443/me").status_code == 401
    assert services.dastra.requests[-1].host == "api.dastra.eu:8443"
    assert services.proxy.tunnels[-1].port == 8443


@pytest.mark.parametrize("spelling", ["API.Dastra.EU", "api.dastra.eu."])
def test_a_real_name_is_known_in_other_spellings(
    services: StandIns, ask: Callable[[bytes], socket.socket], spelling: str
) -> None:
    client = ask(f"CONNECT {spelling}:443 HTTP/1.1\r\nHost: {spelling}:443\r\n\r\n".encode())
    assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_another_host_is_tunnelled_on_and_bytes_pass_both_ways(
    services: StandIns, ends: tuple[socket.socket, socket.socket], listener: socket.socket
) -> None:
    client, server = ends
    client.sendall(b"to the server")
    assert server.recv(1000) == b"to the server"
    server.sendall(b"to the client")
    assert client.recv(1000) == b"to the client"
    (tunnel,) = services.proxy.tunnels
    assert (tunnel.host, tunnel.port, tunnel.status) == (
        "127.0.0.1",
        listener.getsockname()[1],
        200,
    )
    assert dict(tunnel.headers)["host"].startswith("127.0.0.1:")


def test_bytes_sent_along_with_the_request_are_not_lost(
    ask: Callable[[bytes], socket.socket], listener: socket.socket
) -> None:
    ask(connect_to(listener, b"early"))
    server, _ = listener.accept()
    server.settimeout(10)
    with server:
        assert server.recv(1000) == b"early"


def test_an_end_that_is_done_can_still_be_answered(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    client, server = ends
    client.shutdown(socket.SHUT_WR)
    assert server.recv(1000) == b""
    server.sendall(b"late answer")
    server.close()
    assert client.recv(1000) == b"late answer"
    assert client.recv(1000) == b""


@pytest.mark.parametrize("which", [0, 1], ids=["client", "server"])
def test_a_reset_of_one_end_is_a_reset_of_the_other(
    ends: tuple[socket.socket, socket.socket], which: int
) -> None:
    ends[which].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    ends[which].close()
    with pytest.raises(ConnectionResetError):
        ends[1 - which].recv(1000)


def test_a_reader_that_does_not_read_stops_the_sender(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    client = ends[0]
    client.settimeout(0.2)
    taken = 0
    with suppress(TimeoutError):
        while taken < 256 << 20:
            taken += client.send(b"x" * 65536)
    # What fits into the kernel's buffers of two connections, and not what was offered.
    assert taken < 64 << 20


def test_a_host_that_is_not_there_is_a_502(
    services: StandIns, ask: Callable[[bytes], socket.socket], listener: socket.socket
) -> None:
    request = connect_to(listener)
    listener.close()
    client = ask(request)
    assert client.recv(1000).startswith(b"HTTP/1.1 502 ")
    assert client.recv(1000) == b""
    assert services.proxy.tunnels[-1].status == 502


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET http://example.com/ HTTP/1.1", 405),
        (b"CONNECT api.dastra.eu HTTP/1.1", 400),
        (b"CONNECT api.dastra.eu:x HTTP/1.1", 400),
        (b"CONNECT api.dastra.eu:99999 HTTP/1.1", 400),
        (b"CONNECT :443 HTTP/1.1", 400),
        (b"nonsense", 400),
    ],
)
def test_what_is_no_good_connect_request_is_refused(
    services: StandIns,
    ask: Callable[[bytes], socket.socket],
    request_line: bytes,
    status: int,
) -> None:
    answer = ask(request_line + b"\r\nHost: example.com\r\n\r\n").recv(1000)
    assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_a_client_that_leaves_without_a_word_does_no_harm(
    services: StandIns, ask: Callable[[bytes], socket.socket], http: httpx.Client
) -> None:
    ask(b"").close()
    ask(b"CONNECT api").close()
    assert http.get("https://api.dastra.eu/me").status_code == 401


def test_the_proxy_can_ask_for_a_password(services: StandIns) -> None:
    services.proxy.refuse()
    with httpx.Client() as client:
        with pytest.raises(httpx.ProxyError, match="407"):
            client.get("https://api.dastra.eu/me")
        assert client.get("https://api.dastra.eu/me").status_code == 401
    assert [tunnel.status for tunnel in services.proxy.tunnels] == [407, 200]
    assert len(services.dastra.requests) == 1


def test_a_refusal_has_the_headers_given_and_comes_as_often_as_told(
    services: StandIns, ask: Callable[[bytes], socket.socket]
) -> None:
    connect = b"CONNECT api.dastra.eu:443 HTTP/1.1\r\nHost: api.dastra.eu\r\n\r\n"
    services.proxy.refuse(times=2)
    services.proxy.refuse(503, headers={"Retry-After": "7"}, times=None)
    answers = [ask(connect).recv(1000) for _ in range(4)]
    assert [answer.split()[1] for answer in answers] == [b"407", b"407", b"503", b"503"]
    assert b"Proxy-Authenticate: Basic" in answers[0]
    assert b"Retry-After: 7" in answers[3]
    services.proxy.reset()
    assert ask(connect).recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_test_can_put_a_server_of_its_own_behind_a_real_name(
    services: StandIns, ask: Callable[[bytes], socket.socket], listener: socket.socket
) -> None:
    services.proxy.route("Account.Dastra.EU", "127.0.0.1", listener.getsockname()[1])
    ask(b"CONNECT account.dastra.eu:443 HTTP/1.1\r\nHost: account.dastra.eu\r\n\r\nhello")
    server, _ = listener.accept()
    server.settimeout(10)
    with server:
        assert server.recv(1000) == b"hello"


def test_the_log_of_tunnels_can_be_cleared(services: StandIns) -> None:
    requests.get("https://api.dastra.eu/me")
    (tunnel,) = services.proxy.tunnels
    assert isinstance(tunnel, Tunnel)
    services.proxy.clear_log()
    assert services.proxy.tunnels == []
