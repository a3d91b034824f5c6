"""A token endpoint that is down, and tokens that hardly live; the time is the test's."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import TokenError
from lifecycle.accounts import CLIENT_CREDENTIALS, DTZ_CODE, REFRESH_TOKEN, Account, methods

Connect = Callable[..., Client]
Log = pytest.LogCaptureFixture

LIFETIME = 300

# Hundreds of calls each, for what is decided before any method is asked: that there is a pause.
# These two take the URL of a token endpoint of the test's own.
FEW = methods(CLIENT_CREDENTIALS, REFRESH_TOKEN)


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
def refusing(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give an auth object whose token endpoint gives one token and is gone."""
    # A proxy would accept the connection that is to be refused.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with endpoint_for_one_answer(json.dumps(account.granted(LIFETIME)).encode()) as url:
        yield account.make(token_url=url)


def call_every_second(client: Client, url: str, clock: FakeClock, seconds: int) -> list[Exception]:
    """Make a call every second, and give the errors of those that failed."""
    errors: list[Exception] = []
    for _ in range(seconds):
        try:
            assert client.get(url).status_code == 200
        except client.errors as error:
            errors.append(error)
        clock.advance(1)
    return errors


def failures(caplog: Log) -> list[str]:
    """Give what was logged of token requests that failed, one line for each."""
    # asyncio's debug mode warns too, of what is slow on a busy machine.
    own = (each for each in caplog.records if each.name == "dtz_dastra_auth")
    return [each.message for each in own if each.levelno == logging.WARNING]


# One that nothing is left of after its end, too.
@methods(CLIENT_CREDENTIALS, REFRESH_TOKEN, DTZ_CODE)
def test_a_503_for_the_last_fifth_of_a_lifetime_is_noticed_by_nobody(
    connect: Connect, account: Account, clock: FakeClock
) -> None:
    account.service.lifetime = LIFETIME
    client = connect(account.auth)
    client.get(account.url)
    clock.advance(LIFETIME * 4 / 5)
    account.service.clear_log()
    account.service.fail(503, on="token", times=None)
    assert call_every_second(client, account.url, clock, LIFETIME // 5) == []
    assert 1 < len(account.service.token_requests) <= 8


@FEW
def test_refused_connections_for_the_last_fifth_of_a_lifetime_fail_one_call_a_try_at_most(
    connect: Connect,
    kind: str,
    refusing: Any,
    account: Account,
    clock: FakeClock,
    caplog: Log,
) -> None:
    client = connect(refusing)
    client.get(account.url)
    clock.advance(LIFETIME * 4 / 5)
    errors = call_every_second(client, account.url, clock, LIFETIME // 5)
    tries = len(failures(caplog))
    assert 1 < tries <= 8
    # httpx ends a call when a request yielded from its flow raises.
    assert len(errors) <= (0 if kind.startswith("requests") else tries)
    assert not [error for error in errors if isinstance(error, TokenError)]


def call_50_times_a_second(
    client: Client, url: str, clock: FakeClock, seconds: float
) -> list[Exception]:
    """Make calls that all fail, and give their errors."""
    errors: list[Exception] = []
    end = clock.monotonic + seconds
    while clock.monotonic < end:
        with pytest.raises(client.errors) as caught:
            client.get(url)
        errors.append(caught.value)
        clock.advance(1 / 50)
    return errors


@FEW
def test_past_expiry_with_a_503_every_call_fails_alike_after_11_tries_at_most(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    no_sleep: None,
) -> None:
    account.service.lifetime = LIFETIME
    client = connect(account.auth)
    client.get(account.url)
    clock.advance(LIFETIME)
    account.service.clear_log()
    account.service.fail(503, on="token", times=None)
    errors = call_50_times_a_second(client, account.url, clock, 10)
    # Those that try sleep meanwhile: one caller alone makes fewer than fifty calls a second.
    assert len(errors) > 200
    assert {type(error) for error in errors} == {TokenError}
    [text] = {str(error) for error in errors}
    assert "503" in text
    assert account.begun.label in text
    assert len(account.service.token_requests) <= 11
    assert account.service.calls == []


@FEW
def test_past_expiry_with_refused_connections_every_call_fails_after_11_tries_at_most(
    connect: Connect,
    refusing: Any,
    account: Account,
    clock: FakeClock,
    no_sleep: None,
    caplog: Log,
) -> None:
    client = connect(refusing)
    client.get(account.url)
    clock.advance(LIFETIME)
    account.service.clear_log()
    errors = call_50_times_a_second(client, account.url, clock, 10)
    tries = len(failures(caplog))
    assert 1 < tries <= 11
    # Whoever met it has the library's own error, all others one that names it.
    own = {type(error) for error in errors if not isinstance(error, TokenError)}
    assert {kind.__name__ for kind in own} in ({"ConnectError"}, {"ConnectionError"})
    told = {str(error) for error in errors if isinstance(error, TokenError)}
    assert len(told) == 1
    assert own.pop().__name__ in told.pop()
    assert account.service.calls == []


def test_the_first_token_after_an_outage_serves_the_next_call(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    no_sleep: None,
) -> None:
    client = connect(account.auth)
    account.service.fail(503, on="token", times=2)
    with pytest.raises(TokenError):
        client.get(account.url)
    clock.advance(1)
    assert client.get(account.url).status_code == 200
    assert [request.status for request in account.service.token_requests] == [503, 503, 200]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_trouble_is_waited_out_by_whoever_needs_a_token(
    status: int,
    connect: Connect,
    account: Account,
    clock: FakeClock,
    no_sleep: None,
) -> None:
    began = clock.monotonic
    account.service.fail(status, on="token")
    assert connect(account.auth).get(account.url).status_code == 200
    assert clock.monotonic - began == 1
    assert len(account.service.token_requests) == 2


@FEW
def test_a_token_of_two_seconds_is_asked_for_once_a_second_at_most(
    connect: Connect, account: Account, clock: FakeClock
) -> None:
    # Its time is that of `clock`; at the API it is good for long enough for the test.
    account.service.answer(account.granted(2), on="token", times=None)
    client = connect(account.auth)
    for _ in range(100):
        assert client.get(account.url).status_code == 200
        clock.advance(0.1)
    assert 5 <= len(account.service.token_requests) <= 10


@FEW
@pytest.mark.parametrize("expires_in", [0, -60])
def test_a_token_that_arrives_expired_is_used_and_starts_no_loop(
    expires_in: int,
    connect: Connect,
    account: Account,
    clock: FakeClock,
) -> None:
    answer = account.granted(expires_in)
    token = answer["access_token"]
    account.service.answer(answer, on="token", times=None)
    client = connect(account.auth)
    assert client.get(account.url).status_code == 200
    assert len(account.service.requests) == 2
    for _ in range(30):
        assert client.get(account.url).status_code == 200
        clock.advance(0.1)
    assert {call.header("Authorization") for call in account.service.calls} == {f"Bearer {token}"}
    assert len(account.service.token_requests) <= 3
