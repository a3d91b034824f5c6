"""What the HTTP server in front of the rules must get right."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

from dtz_dastra_auth.testing import StandIns

Wire = Callable[[str, bytes], bytes]
ME = "https://api.dastra.eu/me"


def test_a_connection_serves_many_requests(services: StandIns, http: httpx.Client) -> None:
    for _ in range(3):
        http.get(ME)
    assert len({request.connection for request in services.dastra.requests}) == 1


def test_forty_connections_are_served_at_once(services: StandIns) -> None:
    async def call_all() -> list[int]:
        trust = ssl.create_default_context(cafile=services.ca_file)
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(verify=trust, limits=limits) as client:
            answers = await asyncio.gather(*(client.get(ME) for _ in range(40)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(call_all()) == [401] * 40
    assert len({request.connection for request in services.dastra.requests}) == 40


def test_a_client_that_asks_before_it_sends_its_body_is_told_to_go_on(
    services: StandIns, connection_to: Callable[[str], ssl.SSLSocket]
) -> None:
    with connection_to("api.dastra.eu") as connection:
        connection.sendall(
            b"POST /v1/echo HTTP/1.1\r\nHost: api.dastra.eu\r\nContent-Length: 4\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")
    assert services.dastra.requests[-1].body == b"body"


def test_a_body_is_logged_in_the_coding_it_was_sent_in(
    services: StandIns, http: httpx.Client
) -> None:
    body = gzip.compress(b"much" * 1000)
    http.post(ME, content=body, headers={"Content-Encoding": "gzip"})
    assert services.dastra.requests[-1].body == body


def test_a_body_in_chunks_and_one_of_many_megabytes_arrive_whole(
    services: StandIns, http: httpx.Client
) -> None:
    http.post(ME, content=iter([b"a" * 10, b"b" * 10]))
    http.post(ME, content=b"x" * (8 << 20))
    chunked, large = services.dastra.requests
    assert chunked.header("Transfer-Encoding") == "chunked"
    assert chunked.body == b"a" * 10 + b"b" * 10
    assert len(large.body) == 8 << 20


def test_headers_of_a_hundred_thousand_bytes_are_left_to_the_rules(
    services: StandIns, http: httpx.Client
) -> None:
    assert http.get(ME, headers={"Authorization": "Bearer " + "x" * 100_000}).status_code == 401


def test_header_names_keep_their_case_on_the_wire(services: StandIns, wire: Wire) -> None:
    wire(
        "api.dastra.eu",
        b"GET /me?%c3%A9 HTTP/1.1\r\nhOsT: API.dastra.eu:443\r\nX-aPi-KEY: \xe9\r\n"
        b"Connection: close\r\n\r\n",
    )
    request = services.dastra.requests[-1]
    assert request.headers[:2] == (("hOsT", "API.dastra.eu:443"), ("X-aPi-KEY", "\xe9"))
    assert (request.host, request.target) == ("api.dastra.eu:443", "/me?%c3%A9")


def test_two_requests_in_one_packet_get_two_answers(services: StandIns, wire: Wire) -> None:
    one = b"GET /me HTTP/1.1\r\nHost: api.dastra.eu\r\n\r\n"
    last = b"GET /me HTTP/1.1\r\nHost: api.dastra.eu\r\nConnection: close\r\n\r\n"
    assert wire("api.dastra.eu", one + last).count(b"HTTP/1.1 401 ") == 2


def test_a_head_request_gets_a_head_alone(services: StandIns, http: httpx.Client) -> None:
    answer = http.head(ME, headers={"X-API-Key": services.dastra.private_key})
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


def test_the_certificate_holds_for_loopback_names(services: StandIns) -> None:
    trust = ssl.create_default_context(cafile=services.ca_file)
    port = urlsplit(services.dtz.origin).port
    with httpx.Client(verify=trust, trust_env=False) as client:
        for host in ("127.0.0.1", "localhost"):
            url = f"https://{host}:{port}/v1/me"
            assert client.get(url, headers={"X-API-KEY": services.dtz.api_key}).status_code == 200


def test_the_certificate_does_not_hold_for_other_names(services: StandIns) -> None:
    trust = ssl.create_default_context(cafile=services.ca_file)
    address = ("127.0.0.1", urlsplit(services.dtz.origin).port or 0)
    for name in ("api.dastra.eu", "customer.dtz.rocks"):
        with socket.create_connection(address, 10) as plain, pytest.raises(ssl.SSLError):
            trust.wrap_socket(plain, server_hostname=name)


def test_clients_that_leave_at_any_point_do_no_harm(
    services: StandIns, http: httpx.Client, connection_to: Callable[[str], ssl.SSLSocket]
) -> None:
    port = urlsplit(services.dastra.origin).port or 0
    socket.create_connection(("127.0.0.1", port), 10).close()
    for sent in (b"", b"GET /me", b"POST /me HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhal"):
        with connection_to("api.dastra.eu") as connection:
            connection.sendall(sent)
    assert http.get(ME).status_code == 401
    assert len(services.dastra.requests) == 1


def test_what_is_no_http_gets_a_400(services: StandIns, wire: Wire) -> None:
    assert wire("api.dastra.eu", b"nonsense\r\n\r\n").startswith(b"HTTP/1.0 400 ")
