"""A 401 to a caller who streams: ``stream=True`` in requests, ``.stream()`` in httpx and httpx2."""

from collections.abc import Callable, Iterator

import pytest

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn
from faults.pieces import stream
from faults.scene import URL, bounded

Connect = Callable[..., Client]
BODY = bytes(range(256)) * 4096
# A caller who leaves a stream of httpx or httpx2 on trio leaves their generators behind, without
# any auth as with ours.
LEAVES_EARLY = pytest.mark.filterwarnings(
    "ignore:Async generator .* was garbage collected:ResourceWarning"
)


@pytest.fixture
def client(
    auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn, clock: FakeClock
) -> Client:
    """Make a client on one connection, whose token is some seconds old."""
    client = connect(auth, max_connections=1)
    assert client.get(URL).status_code == 200
    clock.advance(10)
    dastra.clear_log()
    return client


def test_the_answer_after_a_replay_is_whole(client: Client, dastra: DastraStandIn) -> None:
    dastra.expire_tokens()
    dastra.fail(200, body=BODY, on=lambda call: call.status is None and _was_renewed(dastra))
    dastra.fail(401)
    pieces = bounded(lambda: stream(client, URL))
    assert (pieces.response.status_code, pieces.content == BODY) == (200, True)
    assert pieces.response.history == []
    assert pieces.response.elapsed.total_seconds() > 0
    # The one connection is free again.
    assert bounded(lambda: client.get(URL)).status_code == 200


def _was_renewed(dastra: DastraStandIn) -> bool:
    return bool(dastra.token_requests) and len(dastra.calls) > 1


@LEAVES_EARLY
def test_the_answer_after_a_replay_is_not_read_before_the_caller_does(
    client: Client, dastra: DastraStandIn
) -> None:
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (100 * 2**20)
        for _ in range(1600):
            yield bytes(2**16)
            sent += 2**16

    dastra.fail(401)
    dastra.raw(parts)
    pieces = bounded(lambda: stream(client, URL, at_least=1))
    assert pieces.response.status_code == 200
    # What lies in buffers on the way may have gone out, and no more.
    assert sent < 20 * 2**20
    assert bounded(lambda: client.get(URL)).status_code == 200


@pytest.mark.parametrize("size", [0, 1_000, 1_000_000])
def test_a_401_that_stays_is_whole(size: int, client: Client, dastra: DastraStandIn) -> None:
    body = (BODY * 2)[:size]
    dastra.fail(401, body=body, times=2)
    pieces = bounded(lambda: stream(client, URL))
    assert (pieces.response.status_code, pieces.content == body) == (401, True)


@LEAVES_EARLY
def test_a_huge_401_can_be_left_in_the_middle(client: Client, dastra: DastraStandIn) -> None:
    dastra.fail(401, body=BODY * 4, times=2)
    pieces = bounded(lambda: stream(client, URL, at_least=1))
    assert pieces.response.status_code == 401
    # Its connection is given back, or closed: the next call gets one.
    assert bounded(lambda: client.get(URL)).status_code in {200, 401}


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_401_that_breaks_off_is_an_error_or_told_as_it_is_and_nothing_hangs(
    end: str, client: Client, dastra: DastraStandIn
) -> None:
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000\r\n\r\nfirst"
    dastra.raw([head], end=end, status=401)  # type: ignore[arg-type]  # one of the two it takes
    with pytest.raises(client.errors):
        bounded(lambda: client.get(URL))
    assert bounded(lambda: client.get(URL)).status_code == 200


def test_a_401_that_breaks_off_is_no_hang_for_a_caller_without_a_timeout(
    auth: DastraClientCredentials,
    connect: Connect,
    dastra: DastraStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dtz_dastra_auth._auth._PATIENCE", 0.5)
    # The second piece comes long after the test has ended.
    head = b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n"
    dastra.raw([head + b"3\r\nabc\r\n", b"0\r\n\r\n"], pause=600, status=401)
    client = connect(auth, timeout=None)
    with pytest.raises(client.errors):
        bounded(lambda: client.get(URL))
    assert [call.status for call in dastra.calls] == [401]
