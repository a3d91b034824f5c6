"""Starting and stopping: the environment, threads, files and sockets."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import pytest
import requests
import trustme

import dtz_dastra_auth.testing
from dtz_dastra_auth.testing import serve

SET = ("HTTPS_PROXY", "https_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
REMOVED = ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_DIR")


def test_the_environment_is_changed_and_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*REMOVED, "HTTPS_PROXY", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "before")
    monkeypatch.delenv("https_proxy", raising=False)
    before = dict(os.environ)
    with serve() as services:
        assert {os.environ[name] for name in SET[:2]} == {services.proxy_url}
        assert {os.environ[name] for name in SET[2:]} == {services.ca_file}
        assert not [name for name in REMOVED if name in os.environ]
        assert services.environment == dict(os.environ)
    assert dict(os.environ) == before


def test_the_environment_is_put_back_after_an_error() -> None:
    before = dict(os.environ)
    with pytest.raises(LookupError), serve():
        raise LookupError
    assert dict(os.environ) == before


def test_the_environment_can_be_left_alone_and_handed_to_a_subprocess() -> None:
    before = dict(os.environ)
    with serve(set_environment=False) as services:
        assert dict(os.environ) == before
        changed = services.environment
        assert {changed[name] for name in SET} == {services.proxy_url, services.ca_file}
        with services.in_environment():
            assert os.environ["HTTPS_PROXY"] == services.proxy_url
        assert dict(os.environ) == before


def test_other_hosts_are_trusted_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(own))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)

    def authorities(path: str) -> set[bytes]:
        return set(ssl.create_default_context(cafile=path).get_ca_certs(binary_form=True))

    with serve(set_environment=False) as services:
        trusted = authorities(services.ca_file)
    others = authorities(certifi.where()) | authorities(str(own))
    assert trusted > others
    assert len(trusted - others) == 1


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    with serve() as services:
        key = {"X-API-Key": services.dastra.private_key}
        assert requests.get("https://api.dastra.eu/me", headers=key).status_code == 200
    # Threads of earlier tests may end meanwhile.
    assert set(threading.enumerate()) - before == set()
    assert not Path(services.ca_file).parent.exists()
    for url in (services.proxy_url, services.dastra.origin, services.dtz.origin):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(url).port or 0))


def test_each_run_has_credentials_of_its_own_and_runs_can_be_nested() -> None:
    with serve() as outer:
        with serve() as inner:
            assert inner.dastra.public_key != outer.dastra.public_key
            assert inner.dtz.api_key != outer.dtz.api_key
            requests.get("https://api.dastra.eu/me")
        requests.get("https://api.dastra.eu/me")
        requests.get("https://api.dastra.eu/me")
        assert len(inner.dastra.requests) == 0
        assert len(outer.dastra.requests) == 2


STOPPED_IN_THE_MIDDLE = """
import gc, socket, ssl, sys, threading, time
from urllib.parse import urlsplit
from dtz_dastra_auth.testing import serve

with serve(set_environment=False) as services:
    address = ("127.0.0.1", urlsplit(services.dastra.origin).port)
    trust = ssl.create_default_context(cafile=services.ca_file)
    def tls():
        plain = socket.create_connection(address)
        return trust.wrap_socket(plain, server_hostname="api.dastra.eu")
    def get():
        connection = tls()
        connection.sendall(b"GET /me HTTP/1.1\\r\\nHost: api.dastra.eu\\r\\n\\r\\n")
        return connection
    def tunnel(authority):
        proxy = socket.create_connection(("127.0.0.1", urlsplit(services.proxy_url).port))
        proxy.sendall(b"CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (authority, authority))
        assert b" 200 " in proxy.recv(1000)
        return proxy
    deaf = socket.create_server(("127.0.0.1", 0))
    stuffed = tunnel(b"127.0.0.1:%d" % deaf.getsockname()[1])
    stuffed.settimeout(0.1)
    try:
        while True:
            stuffed.send(b"x" * 65536)
    except TimeoutError:
        pass
    opened = [deaf, stuffed, tunnel(b"api.dastra.eu:443")]
    opened += [socket.create_connection(address), tls()]
    hold = services.dastra.hold(on="api")
    opened.append(get())
    hold.wait_for(1)
    services.dastra.delay(60)
    hold.release()
    later = services.dastra.hold(on="api")
    opened.append(get())
    later.wait_for(1)
    begun = time.monotonic()
taken = time.monotonic() - begun
assert taken < 3, taken
assert threading.active_count() == 1
for each in opened:
    each.close()
del opened, deaf, stuffed, each
gc.collect()
"""


def test_stopping_with_everything_in_flight_is_quick_and_leaves_nothing() -> None:
    command = [sys.executable, "-W", "error", "-c", STOPPED_IN_THE_MIDDLE]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_package_loads_no_server_before_it_is_asked_for_one() -> None:
    program = (
        "import sys, dtz_dastra_auth.testing as t; dir(t)\n"
        "print(*sorted({'aiohttp', 'certifi', 'h11', 'joserfc', 'trustme'} & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert result.stdout == "\n"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in dtz_dastra_auth.testing.__all__:
        assert getattr(dtz_dastra_auth.testing, name).__name__ == name
    assert dir(dtz_dastra_auth.testing) == sorted(dtz_dastra_auth.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dtz_dastra_auth.testing.nothing  # type: ignore[attr-defined]  # noqa: B018
