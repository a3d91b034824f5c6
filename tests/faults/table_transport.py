"""Token endpoint, transport: every fault of the way there and back, and what comes of it."""

import gzip
import itertools
from collections.abc import Iterator

from faults.fault import NETWORK_ERROR, Fault, Had, NetworkError, Refused, fail, give, send
from faults.grants import CLIENT_CREDENTIALS
from faults.scene import Scene

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TOKEN = b'{"access_token": "token-never-to-be-used", "token_type": "Bearer", "expires_in": 600}'
LENGTH = b"Content-Length: %d\r\n" % len(TOKEN)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

MEGABYTE = 2**20
# Ten megabytes of nothing, as ten kilobytes.
BOMB = gzip.compress(bytes(10 * MEGABYTE))


def refused(scene: Scene) -> None:
    scene.gate.shut()


def unknown_name(scene: Scene) -> None:
    # Said by a resolver of the test's own: what a machine's says of a name that is not there, and
    # how long it takes to, differs from place to place.
    scene.knows_the_name = False
    scene.gate.open()


def silent(scene: Scene) -> None:
    scene.gate.silence()


def no_answer(scene: Scene) -> None:
    scene.dastra.hold(on="token")


def reset_before(scene: Scene) -> None:
    scene.dastra.drop(times=None, on="token")


def dripping_body(scene: Scene) -> None:
    # Each read is answered well inside its own timeout: it takes a deadline for all of them.
    def parts() -> Iterator[bytes]:
        yield OK + b"Content-Length: 1000\r\n\r\n"
        yield from itertools.repeat(b" ", 999)

    scene.dastra.raw(parts, pause=0.1, times=None, on="token")


def dripping_headers(scene: Scene) -> None:
    # Rule 12: no library gives a way to bound this, and no thread is started to cut it. So the
    # call lasts until the head is there (or the library's own cap or read timeout ends it), longer
    # than the deadline, and then finds that it is too late. An endless head is the row below:
    # what ends it is the cap. The answer to a refresh token may be three seconds late.
    drops = 14 if scene.grant is CLIENT_CREDENTIALS else 46

    def parts() -> Iterator[bytes]:
        yield OK
        for number in range(drops):
            yield b"X-%d: drip\r\n" % number
        yield LENGTH + b"\r\n" + TOKEN

    scene.dastra.raw(parts, pause=0.1, times=None, on="token")


def huge(head: bytes, piece: bytes) -> Fault:
    def begin(scene: Scene) -> None:
        def parts() -> Iterator[bytes]:
            yield OK + head
            for _ in range(100 * MEGABYTE // 2**16):
                yield piece
                scene.sent += len(piece)

        scene.sent = 0
        scene.dastra.raw(parts, times=None, on="token")

    name = "body of 100 MB " + ("in chunks" if head == CHUNKED else "with a length")
    return Fault(name, begin, Refused(200, says="larger than 64 kB"))


def compressed(coding: str) -> Fault:
    # Neither unpacked nor read: it was asked for without any compression.
    begin = fail(200, body=BOMB, headers={"Content-Encoding": coding})
    return Fault(f"compressed bomb, {coding}", begin, Refused(200, says="compressed"))


def untrusted(scene: Scene) -> None:
    scene.stand_ins.proxy.route("account.dastra.eu", "127.0.0.1", scene.impostors.untrusted)


def expired(scene: Scene) -> None:
    scene.stand_ins.proxy.route("account.dastra.eu", "127.0.0.1", scene.impostors.expired)


def wrong_host(scene: Scene) -> None:
    port = int(scene.stand_ins.dtz.origin.rpartition(":")[2])
    scene.stand_ins.proxy.route("account.dastra.eu", "127.0.0.1", port)


def redirect(status: int, to: str, where: str) -> Fault:
    def begin(scene: Scene) -> None:
        scene.dastra.redirect(to, status=status, times=None, on="token")

    return Fault(f"redirect {status} to {where}", begin, Refused(status, says="redirects"))


def proxy_refuses(scene: Scene) -> None:
    # Once: the call itself may need a tunnel of its own as well, and its 407 is not ours.
    scene.stand_ins.proxy.refuse(407)


def closed_keep_alive(scene: Scene) -> None:
    # What the client has kept open is closed at the other end, and all else is in order.
    scene.gate.open()
    give()(scene)


TRANSPORT = (
    Fault("refused connection", refused, NETWORK_ERROR, None, directly=True),
    Fault("DNS failure", unknown_name, NETWORK_ERROR, None, directly=True),
    Fault("accepts and never answers", silent, NETWORK_ERROR, None, directly=True),
    Fault("takes the request and never answers", no_answer, NETWORK_ERROR),
    Fault(
        "slow drip of the body", dripping_body, Refused(200, says="took longer"), takes_time=True
    ),
    Fault(
        "slow drip of the headers",
        dripping_headers,
        Refused(200, says="took longer"),
        takes_time=True,
    ),
    Fault("reset before the answer", reset_before, NETWORK_ERROR, retried_by_requests=True),
    Fault(
        "reset in the middle of the status line",
        send(OK[:10], end="reset"),
        NETWORK_ERROR,
        retried_by_requests=True,
    ),
    # `http.client` takes the end of a TLS stream for the end of the headers, and reads a body of
    # unknown length up to there: what requests hands us may be a 200 with nothing in it.
    Fault(
        "reset in the middle of the headers",
        send(OK, end="reset"),
        NetworkError(or_an_answer=True),
        None,
    ),
    Fault(
        "reset in the middle of the body",
        send(OK + LENGTH + b"\r\n" + TOKEN[:40], end="reset"),
        NETWORK_ERROR,
        retried_by_requests=True,
    ),
    Fault("short body", send(OK + LENGTH + b"\r\n" + TOKEN[:40]), NETWORK_ERROR, None),
    Fault(
        "broken chunking", send(OK + CHUNKED + b"5a\r\n" + TOKEN + b"\r\nzz"), NETWORK_ERROR, None
    ),
    Fault(
        "one header of 1 MB",
        send(OK + b"X-Big: " + b"x" * MEGABYTE + b"\r\n" + LENGTH + b"\r\n" + TOKEN),
        NETWORK_ERROR,
        None,
    ),
    Fault(
        "headers of 1 MB in all",
        send(OK + b"X-Some: more\r\n" * (MEGABYTE // 14) + LENGTH + b"\r\n" + TOKEN),
        NETWORK_ERROR,
        None,
    ),
    huge(b"Content-Length: %d\r\n\r\n" % (100 * MEGABYTE), b" " * 2**16),
    huge(CHUNKED, b"10000\r\n" + b" " * 2**16 + b"\r\n"),
    compressed("gzip"),
    compressed("deflate"),
    compressed("br"),
    Fault("untrusted certificate", untrusted, NETWORK_ERROR, None),
    Fault("certificate of another host", wrong_host, NETWORK_ERROR, None),
    Fault("expired certificate", expired, NETWORK_ERROR, None),
    *(redirect(status, "/connect/token", "the same URL") for status in (301, 302, 303, 307, 308)),
    redirect(302, "https://account.dastra.eu/elsewhere", "the same origin"),
    redirect(307, "https://api.dtz.rocks/v1/echo", "another host"),
    redirect(308, "http://account.dastra.eu/connect/token", "plain http"),
    Fault("proxy 407", proxy_refuses, NETWORK_ERROR, None),
    Fault(
        "keep-alive connection that the server has closed",
        closed_keep_alive,
        Had(600),
        directly=True,
    ),
)
