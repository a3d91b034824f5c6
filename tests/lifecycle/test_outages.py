"""A token endpoint that is down, and tokens that hardly live; the time is the test's."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn

Connect = Callable[..., Client]
Log = pytest.LogCaptureFixture

LIFETIME = 300


@contextmanager
def endpoint_for_one_answer(body: bytes) -> Iterator[str]:
    """Answer one token request on a port that refuses all further connections; give its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:

        def serve() -> None:
            server.handle_request()
            server.server_close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        assert not thread.is_alive()


@pytest.fixture
def refusing(
    dastra: DastraStandIn, store: MemoryTokenStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DastraClientCredentials]:
    """Give an auth object whose token endpoint gives one token and is gone."""
    # A proxy would accept the connection that is to be refused.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    token = dastra.make_token(lifetime=3600)
    answer = f'{{"access_token": "{token}", "token_type": "Bearer", "expires_in": {LIFETIME}}}'
    with endpoint_for_one_answer(answer.encode()) as url:
        yield DastraClientCredentials("public", "private", token_url=url, store=store)


def call_every_second(client: Client, clock: FakeClock, seconds: int) -> list[Exception]:
    """Make a call every second, and give the errors of those that failed."""
    errors: list[Exception] = []
    for _ in range(seconds):
        try:
            assert client.get(DASTRA_URL).status_code == 200
        except client.errors as error:
            errors.append(error)
        clock.advance(1)
    return errors


def failures(caplog: Log) -> list[str]:
    """Give what was logged of token requests that failed, one line for each."""
    # asyncio's debug mode warns too, of what is slow on a busy machine.
    own = (each for each in caplog.records if each.name == "dtz_dastra_auth")
    return [each.message for each in own if each.levelno == logging.WARNING]


def test_a_503_for_the_last_fifth_of_a_lifetime_is_noticed_by_nobody(
    connect: Connect, auth: DastraClientCredentials, dastra: DastraStandIn, clock: FakeClock
) -> None:
    dastra.lifetime = LIFETIME
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(LIFETIME * 4 / 5)
    dastra.clear_log()
    dastra.fail(503, on="token", times=None)
    assert call_every_second(client, clock, LIFETIME // 5) == []
    assert 1 < len(dastra.token_requests) <= 8


def test_refused_connections_for_the_last_fifth_of_a_lifetime_fail_one_call_a_try_at_most(
    connect: Connect,
    kind: str,
    refusing: DastraClientCredentials,
    clock: FakeClock,
    caplog: Log,
) -> None:
    client = connect(refusing)
    client.get(DASTRA_URL)
    clock.advance(LIFETIME * 4 / 5)
    errors = call_every_second(client, clock, LIFETIME // 5)
    tries = len(failures(caplog))
    assert 1 < tries <= 8
    # httpx ends a call when a request yielded from its flow raises.
    assert len(errors) <= (0 if kind.startswith("requests") else tries)
    assert not [error for error in errors if isinstance(error, TokenError)]


def call_50_times_a_second(client: Client, clock: FakeClock, seconds: float) -> list[Exception]:
    """Make calls that all fail, and give their errors."""
    errors: list[Exception] = []
    end = clock.monotonic + seconds
    while clock.monotonic < end:
        with pytest.raises(client.errors) as caught:
            client.get(DASTRA_URL)
        errors.append(caught.value)
        clock.advance(1 / 50)
    return errors


def test_past_expiry_with_a_503_every_call_fails_alike_after_11_tries_at_most(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    no_sleep: None,
) -> None:
    dastra.lifetime = LIFETIME
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(LIFETIME)
    dastra.clear_log()
    dastra.fail(503, on="token", times=None)
    errors = call_50_times_a_second(client, clock, 10)
    # Those that try sleep meanwhile: one caller alone makes fewer than fifty calls a second.
    assert len(errors) > 200
    assert {type(error) for error in errors} == {TokenError}
    [text] = {str(error) for error in errors}
    assert "503" in text
    assert dastra.public_key[:4] in text
    assert len(dastra.token_requests) <= 11
    assert dastra.calls == []


def test_past_expiry_with_refused_connections_every_call_fails_after_11_tries_at_most(
    connect: Connect,
    refusing: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    no_sleep: None,
    caplog: Log,
) -> None:
    client = connect(refusing)
    client.get(DASTRA_URL)
    clock.advance(LIFETIME)
    dastra.clear_log()
    errors = call_50_times_a_second(client, clock, 10)
    tries = len(failures(caplog))
    assert 1 < tries <= 11
    # Whoever met it has the library's own error, all others one that names it.
    own = {type(error) for error in errors if not isinstance(error, TokenError)}
    assert {kind.__name__ for kind in own} in ({"ConnectError"}, {"ConnectionError"})
    told = {str(error) for error in errors if isinstance(error, TokenError)}
    assert len(told) == 1
    assert own.pop().__name__ in told.pop()
    assert dastra.calls == []


def test_the_first_token_after_an_outage_serves_the_next_call(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    no_sleep: None,
) -> None:
    client = connect(auth)
    dastra.fail(503, on="token", times=2)
    with pytest.raises(TokenError):
        client.get(DASTRA_URL)
    clock.advance(1)
    assert client.get(DASTRA_URL).status_code == 200
    assert [request.status for request in dastra.token_requests] == [503, 503, 200]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_trouble_is_waited_out_by_whoever_needs_a_token(
    status: int,
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    no_sleep: None,
) -> None:
    began = clock.monotonic
    dastra.fail(status, on="token")
    assert connect(auth).get(DASTRA_URL).status_code == 200
    assert clock.monotonic - began == 1
    assert len(dastra.token_requests) == 2


def test_a_token_of_two_seconds_is_asked_for_once_a_second_at_most(
    connect: Connect, auth: DastraClientCredentials, dastra: DastraStandIn, clock: FakeClock
) -> None:
    # Its time is that of `clock`; at the API it is good for long enough for the test.
    answer = {"access_token": dastra.make_token(), "token_type": "Bearer", "expires_in": 2}
    dastra.answer(answer, on="token", times=None)
    client = connect(auth)
    for _ in range(100):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(0.1)
    assert 5 <= len(dastra.token_requests) <= 10


@pytest.mark.parametrize("expires_in", [0, -60])
def test_a_token_that_arrives_expired_is_used_and_starts_no_loop(
    expires_in: int,
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    token = dastra.make_token()
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": expires_in}
    dastra.answer(answer, on="token", times=None)
    client = connect(auth)
    assert client.get(DASTRA_URL).status_code == 200
    assert len(dastra.requests) == 2
    for _ in range(30):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(0.1)
    assert {call.header("Authorization") for call in dastra.calls} == {f"Bearer {token}"}
    assert len(dastra.token_requests) <= 3
