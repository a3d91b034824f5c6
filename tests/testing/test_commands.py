"""What a test can command, and what the log says afterwards."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from dtz_dastra_auth.testing import DastraStandIn

ME = "https://api.dastra.eu/me"
CALL = b"GET /me HTTP/1.1\r\nHost: api.dastra.eu\r\n\r\n"
Get = Callable[..., httpx.Response]


@pytest.fixture
def ask(dastra: DastraStandIn, http: httpx.Client) -> Get:
    def ask() -> httpx.Response:
        form = {"grant_type": "client_credentials", "scope": "api1"}
        return http.post(dastra.token_url, data=form, auth=(dastra.public_key, dastra.private_key))

    return ask


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as pool:
        yield pool


def statuses(get: Get, times: int) -> list[int]:
    return [get().status_code for _ in range(times)]


def test_a_failure_is_answered_once_and_then_the_ordinary_answer(
    dastra: DastraStandIn, get: Get
) -> None:
    dastra.fail(503, headers={"Retry-After": "2"}, body=b"busy")
    answer = get()
    assert (answer.status_code, answer.content) == (503, b"busy")
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert get().status_code == 200


def test_a_failure_has_one_content_type_or_none(dastra: DastraStandIn, get: Get) -> None:
    dastra.fail(502, headers={"content-type": "text/html"}, body=b"<h1>")
    dastra.fail(401, content_type=None)
    assert get().headers.get_list("Content-Type") == ["text/html"]
    assert "Content-Type" not in get().headers


def test_a_failure_can_come_several_times_or_until_reset(dastra: DastraStandIn, get: Get) -> None:
    dastra.fail(401, times=2)
    assert statuses(get, 3) == [401, 401, 200]
    dastra.fail(500, times=None)
    assert statuses(get, 5) == [500] * 5
    dastra.reset()
    assert get().status_code == 200


def test_commands_are_used_in_the_order_given(dastra: DastraStandIn, get: Get) -> None:
    dastra.fail(401)
    dastra.answer({"hello": "world"}, status=203, headers={"X-A": "1"})
    dastra.redirect("https://api.dtz.rocks/v1/me", status=307)
    assert get().status_code == 401
    answer = get()
    assert (answer.status_code, answer.json()) == (203, {"hello": "world"})
    assert (answer.headers["Content-Type"], answer.headers["X-A"]) == ("application/json", "1")
    redirect = get()
    assert (redirect.status_code, redirect.headers["Location"]) == (
        307,
        "https://api.dtz.rocks/v1/me",
    )


def test_a_command_waits_for_the_kind_of_request_it_is_for(
    dastra: DastraStandIn, get: Get, ask: Get
) -> None:
    dastra.fail(500, on="token")
    dastra.fail(501, on=lambda request: request.path == "/v1/workspaces")
    assert get().status_code == 200
    assert get("/v1/workspaces").status_code == 501
    assert ask().status_code == 500
    dastra.fail(502, on="any", times=2)
    assert [get().status_code, ask().status_code] == [502, 502]
    dastra.fail(503)
    assert ask().status_code == 200


def test_every_nth_request_can_meet_a_fault(dastra: DastraStandIn, get: Get) -> None:
    dastra.fail(503, every=3, times=None)
    assert statuses(get, 7) == [200, 200, 503, 200, 200, 503, 200]


@pytest.mark.parametrize(
    "wrong", [{"times": 0}, {"every": 0}, {"on": "tokens"}], ids=["times", "every", "on"]
)
def test_a_command_that_would_never_come_is_refused(
    dastra: DastraStandIn, wrong: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        dastra.fail(500, **wrong)  # type: ignore[arg-type]


def test_a_delay_comes_before_the_ordinary_answer(
    dastra: DastraStandIn, get: Get, connection_to: Callable[[str], ssl.SSLSocket]
) -> None:
    dastra.delay(30)
    with connection_to("api.dastra.eu") as connection:
        with dastra.hold(on="api") as hold:
            connection.sendall(CALL)
            hold.wait_for(1)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        dastra.delay(0.01)
        assert get().status_code == 200
    assert [request.status for request in dastra.requests] == [None, 200]


def test_a_dropped_connection_is_reset_without_an_answer_and_is_logged(
    dastra: DastraStandIn, connection_to: Callable[[str], ssl.SSLSocket]
) -> None:
    dastra.drop()
    with connection_to("api.dastra.eu") as connection:
        connection.sendall(CALL)
        # Below TLS, since Python's ssl tells a reset as an end of the stream.
        with socket.socket(fileno=connection.detach()) as plain, pytest.raises(ConnectionError):
            plain.settimeout(10)
            while plain.recv(65536):
                pass
            raise AssertionError("The connection was closed in order.")
    assert [(request.path, request.status) for request in dastra.requests] == [("/me", None)]


def test_a_client_sees_a_drop_as_an_error_of_the_connection(
    dastra: DastraStandIn, get: Get
) -> None:
    dastra.drop()
    with pytest.raises(httpx.TransportError):
        get()
    assert get().status_code == 200


def test_raw_bytes_make_answers_that_no_server_would_send(dastra: DastraStandIn, get: Get) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    dastra.raw([head, b"short"], status=200)
    with pytest.raises(httpx.RemoteProtocolError, match="received 5 bytes, expected 10"):
        get()
    dastra.raw([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense"])
    with pytest.raises(httpx.RemoteProtocolError):
        get()
    dastra.raw([head, b"abc"], end="reset")
    with pytest.raises(httpx.TransportError):
        get()
    assert [request.status for request in dastra.requests] == [200, None, None]


def test_a_very_large_answer_is_made_while_it_is_read(dastra: DastraStandIn, get: Get) -> None:
    parts = 2000

    def drip() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (parts << 10)
        for _ in range(parts):
            yield b"x" * 1024

    dastra.raw(drip, times=2)
    assert [len(get().content), len(get().content)] == [parts << 10] * 2


def test_a_pause_makes_an_answer_drip(dastra: DastraStandIn, get: Get) -> None:
    dastra.raw([b"HTTP/1.1 200 OK\r\n", b"Content-Length: 0\r\n\r\n"], pause=30)
    with pytest.raises(httpx.ReadTimeout):
        get(read=0.05)


def test_a_connection_closed_behind_an_answer_is_found_closed(
    dastra: DastraStandIn, get: Get
) -> None:
    dastra.raw([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
    assert get().text == "ok"
    assert get().status_code == 200
    first, second = dastra.requests
    assert first.connection != second.connection


def test_a_hold_gathers_requests_and_decides_their_answers_when_released(
    dastra: DastraStandIn, http: httpx.Client, pool: ThreadPoolExecutor
) -> None:
    headers = {"Authorization": f"Bearer {dastra.make_token()}"}
    with dastra.hold(on="api") as hold:
        answers = [pool.submit(http.get, ME, headers=headers) for _ in range(40)]
        hold.wait_for(40)
        assert [request.status for request in dastra.calls] == [None] * 40
        dastra.expire_tokens()
    assert [answer.result().status_code for answer in answers] == [401] * 40
    assert [request.status for request in dastra.calls] == [401] * 40
    assert http.get(ME, headers=headers).status_code == 401


def test_a_hold_lets_other_requests_pass_and_says_how_many_came(
    dastra: DastraStandIn, get: Get
) -> None:
    with dastra.hold() as hold:
        assert get().status_code == 200
        with pytest.raises(TimeoutError, match="0 of 1 requests"):
            hold.wait_for(1, timeout=0.01)
        assert hold.arrived == 0


def test_a_command_meets_a_request_after_its_hold(
    dastra: DastraStandIn, get: Get, pool: ThreadPoolExecutor
) -> None:
    with dastra.hold(on="any") as hold:
        answer = pool.submit(get)
        hold.wait_for(1)
        dastra.fail(418)
    assert answer.result().status_code == 418


def test_a_reset_lets_go_what_is_held(
    dastra: DastraStandIn, get: Get, pool: ThreadPoolExecutor
) -> None:
    hold = dastra.hold(on="api")
    answer = pool.submit(get)
    hold.wait_for(1)
    dastra.reset()
    assert answer.result().status_code == 200


def test_one_client_that_gives_up_does_not_open_the_gate(
    dastra: DastraStandIn,
    get: Get,
    pool: ThreadPoolExecutor,
    connection_to: Callable[[str], ssl.SSLSocket],
) -> None:
    with dastra.hold(on="api") as hold:
        with connection_to("api.dastra.eu") as connection:
            connection.sendall(CALL)
            hold.wait_for(1)
        answer = pool.submit(get)
        hold.wait_for(2)
        assert not answer.done()
    assert answer.result().status_code == 200
