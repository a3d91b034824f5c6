"""What arrives and what is answered, in the words of no server library."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, quote

HeaderPairs = tuple[tuple[str, str], ...]
Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, repr=False)
class Recorded:
    """One request as it arrived at a stand-in.

    Attributes:
        method: The method as sent.
        host: The ``Host`` header in lower case, with its port if the client wrote one.
        target: Path and query exactly as sent.
        path: ``target`` up to the first ``?``, not decoded.
        query: The decoded name and value pairs of the query, in order.
        headers: The name and value pairs as sent, order and case kept.
        body: The body as sent, without its transfer coding, with its content coding.
        connection: Number of the TCP connection it came over; the stand-in's first is 1.
        number: Which request of this stand-in it is; the first is 1, and clearing the log does
            not start again.
        time: When it arrived, in seconds of ``time.monotonic``.
        is_token_request: Whether it asked for an access token.
        status: The status answered; None while no answer was given, and for a dropped request.
    """

    method: str
    host: str
    target: str
    headers: HeaderPairs
    body: bytes
    connection: int
    number: int
    time: float
    is_token_request: bool
    status: int | None = None

    # A log of these ends up in the output of failing tests, where secrets have no place: neither
    # headers nor bodies, and of a query the names alone.
    def __repr__(self) -> str:
        names = "&".join(f"{quote(name)}=***" for name, _ in self.query)
        shown = f"{self.method} {self.host}{self.path}{'?' if names else ''}{names}"
        return f"<Recorded {self.number}: {shown}, status {self.status}>"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def headers_named(self, name: str) -> list[str]:
        """Return every value of a header, in the order sent; the name's case does not matter."""
        wanted = name.lower()
        return [value for sent, value in self.headers if sent.lower() == wanted]

    def header(self, name: str) -> str | None:
        """Return a header's value, None if it was not sent, joined by ``", "`` if sent again."""
        values = self.headers_named(name)
        return ", ".join(values) if values else None


@dataclass(frozen=True)
class Reply:
    """One well-formed answer."""

    status: int
    headers: HeaderPairs = ()
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Drop:
    """A reset of the connection in place of an answer."""


@dataclass(frozen=True)
class Raw:
    """Bytes of the test's own choosing in place of an answer.

    Attributes:
        parts: What to send, piece by piece; it may be a generator of any length.
        pause: Seconds to wait before each piece but the first.
        end: What happens to the connection afterwards.
        status: What to note in the log.
    """

    parts: Iterable[bytes] = field(repr=False)
    pause: float
    end: Literal["close", "reset"]
    status: int | None


Outcome = Reply | Drop | Raw


def pairs(headers: Headers | None) -> HeaderPairs:
    if headers is None:
        return ()
    items = headers.items() if isinstance(headers, Mapping) else headers
    return tuple((name, value) for name, value in items)


def json_reply(value: object, status: int = 200, headers: Headers | None = None) -> Reply:
    body = jsonlib.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, (("Content-Type", "application/json"), *pairs(headers)), body)


def text_reply(text: str, status: int = 200, headers: Headers | None = None) -> Reply:
    kind = ("Content-Type", "text/plain; charset=utf-8")
    return Reply(status, (kind, *pairs(headers)), text.encode())


def redirect_reply(to: str, status: int) -> Reply:
    return Reply(status, (("Location", quote(to, safe=":/?#[]@!$&'()*+,;=%")),))


def form_fields(request: Recorded) -> dict[str, str] | None:
    """Give the fields of a form, None for a body that is none or has a field twice."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    try:
        fields = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None
    # RFC 6749 section 3.2: "Request and response parameters MUST NOT be included more than once."
    return dict(fields) if len(dict(fields)) == len(fields) else None
