"""A token URL that is accepted is dialled as it is written, by every client alike."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

import pytest

from clients import Client
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, StandIns
from security.scenes_endpoints import GRANTS, Grant, each_of

Connect = Callable[..., Client]

DASTRA_URL = "https://api.dastra.eu/v1/workspaces"
DTZ_URL = "https://api.dtz.rocks/v1/me"

# What is dialled, and the Host header and target of the request.
TOKEN_URLS = {
    "HTTPS://ACCOUNT.Dastra.EU/connect/token": (("account.dastra.eu", 443), "", ""),
    "https://account.dastra.eu:443/connect/token": (("account.dastra.eu", 443), "", ""),
    "https://account.dastra.eu:8443/connect/token": (("account.dastra.eu", 8443), ":8443", ""),
    "https://127.0.0.1:8443/connect/token": (("127.0.0.1", 8443), ":8443", ""),
    "https://[::1]/connect/token": (("::1", 443), "", ""),
    "https://[::1]:8443/connect/token": (("::1", 8443), ":8443", ""),
    "https://account.dastra.eu/connect/token?a=b%2Fc&d='e'/?f": (
        ("account.dastra.eu", 443),
        "",
        "?a=b%2Fc&d='e'/?f",
    ),
}


# Both sign-in classes take their URL by the same few lines: one of them stands for both.
@pytest.mark.parametrize("name", ["client-credentials", "refresh-token"])
@pytest.mark.parametrize("url", TOKEN_URLS)
def test_a_token_url_is_dialled_as_it_is_written(
    url: str, name: str, connect: Connect, stand_ins: StandIns
) -> None:
    (host, number), port, query = TOKEN_URLS[url]
    dastra = stand_ins.dastra
    stand_ins.proxy.route(host, "127.0.0.1", int(dastra.origin.rpartition(":")[2]))
    [grant] = [each for each in GRANTS if each.name == name]

    response = connect(grant.make(stand_ins, token_url=url)).get(DASTRA_URL)

    assert response.status_code == 200
    tunnel = stand_ins.proxy.tunnels[0]
    assert (tunnel.host, tunnel.port) == (host, number)
    [asked] = dastra.token_requests
    assert asked.host == (f"[{host}]" if ":" in host else host) + port
    assert asked.target == "/connect/token" + query


def test_an_international_token_url_is_dialled_in_ascii(
    connect: Connect, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    stand_ins.proxy.refuse(502)
    url = "https://xn--bcher-kva.example/connect/token"
    client = connect(DastraClientCredentials("public", "private", token_url=url))

    with pytest.raises(client.errors):
        client.get(DASTRA_URL)

    [tunnel] = stand_ins.proxy.tunnels
    assert (tunnel.host, tunnel.port) == ("xn--bcher-kva.example", 443)
    assert dastra.requests == []


@pytest.mark.parametrize("host", ["identity.dtz.rocks", "IDENTITY.DTZ.Rocks:443"])
@pytest.mark.parametrize("end", ["", "/"], ids=["bare", "slash"])
@each_of(grant for grant in GRANTS if grant.url == DTZ_URL)
def test_an_identity_url_is_the_base_of_what_is_asked(
    host: str, end: str, grant: Grant, connect: Connect, stand_ins: StandIns
) -> None:
    url = f"https://{host}/api/2021-02-21{end}"

    response = connect(grant.make(stand_ins, identity_url=url)).get(DTZ_URL)

    [asked] = stand_ins.dtz.token_requests
    assert f"https://{asked.host}{asked.target}" == grant.endpoint
    assert response.status_code == 200


class Plain(ThreadingHTTPServer):
    """A token endpoint without TLS, as people run one on their own machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = ""
        self.hosts: list[str | None] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast("Plain", self.server)
        self.rfile.read(int(self.headers["Content-Length"]))
        server.hosts.append(self.headers["Host"])
        body = json.dumps({"access_token": server.token, "expires_in": 60}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing to the tests' output."""


@pytest.fixture
def plain() -> Iterator[Plain]:
    """Run it."""
    with Plain() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("start", ["http://127.0.0.1", "http://localhost", "HTTP://LOCALHOST"])
def test_a_token_url_on_loopback_may_be_plain_http(
    start: str, connect: Connect, dastra: DastraStandIn, plain: Plain
) -> None:
    plain.token = dastra.make_token()
    url = f"{start}:{plain.server_port}/connect/token"

    response = connect(DastraClientCredentials("public", "private", token_url=url)).get(DASTRA_URL)

    assert plain.hosts == [f"{start.lower().removeprefix('http://')}:{plain.server_port}"]
    assert response.status_code == 200
