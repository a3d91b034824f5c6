"""Where a secret may be on the wire: at its own service, in its own place, and nowhere else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote_plus

from canary.kinds import Canary
from canary.search import Index

# Bytes; 8 characters of a secret take 48 when each is an escape of its own.
_LARGE, _BLOCK, _OVERLAP = 2**16, 2**12, 2**6
_RUNS = re.compile(rb"[\x20-\x7e]{8,}|[\x80-\xff]{8,}")

# What each role may be in, in a call and in a request for a token.
PLACES: dict[str, tuple[set[str], set[str]]] = {
    "private_key": ({"x-api-key"}, {"authorization"}),
    "api_key": ({"x-api-key", "authorization", "query apiKey"}, set()),
    "token": ({"authorization", "cookie"}, set()),
    "password": (set(), {"body"}),
    "refresh_token": (set(), {"body"}),
    "code": (set(), {"body"}),
    "code_verifier": (set(), {"body"}),
    # What a person types, and no object of ours has.
    "person's password": (set(), set()),
    "proxy password": (set(), set()),
    # One that nobody has said what it is.
    "any": ({"x-api-key", "authorization", "cookie", "query apiKey"}, {"authorization", "body"}),
}

_SIGN_IN_PAGES = ("/connect/authorize", "/login/")
_EXCHANGES = ("/connect/token", "/oauth/token")


@dataclass(frozen=True)
class Arrival:
    """One request as a server got it.

    Attributes:
        house: Whose server it is, empty for one that nothing may go to.
        homes: The origins that are the house's own.
        origin: The origin that it was sent to, as its ``Host`` header has it.
        target: Path and query.
        headers: Names and values.
        body: The body.
        is_token_request: Whether it asks for a token.
    """

    house: str
    homes: frozenset[str]
    origin: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_token_request: bool = False

    def parts(self) -> Iterator[tuple[str, str]]:
        """Give what it is made of, by name."""
        path, _, query = self.target.partition("?")
        yield "path", path
        for parameter in query.split("&"):
            name, equals, value = parameter.partition("=")
            if equals and unquote_plus(name) in ("apiKey", "code"):
                yield f"query {unquote_plus(name)}", value
            elif parameter:
                yield "query", parameter
        for name, value in self.headers:
            yield name.lower(), f"{name}: {value}"
        if self.body:
            yield "body", _readable(self.body)


def _readable(body: bytes) -> str:
    if len(body) <= _LARGE:
        return body.decode("latin-1")
    # A body that is as large as this is the same over and over, or nothing that can be read. What
    # is cut in two at the end of one block is whole at the beginning of the next.
    starts = range(0, len(body), _BLOCK)
    blocks = dict.fromkeys(body[start : start + _BLOCK + _OVERLAP] for start in starts)
    runs = [run for block in blocks for run in _RUNS.findall(block)]
    return b"\n".join(runs).decode("latin-1")


def normal(origin: str) -> str:
    """Write an origin in the one way that origins are compared in here."""
    scheme, _, rest = origin.strip().lower().partition("://")
    authority = rest.partition("/")[0]
    return f"{scheme}://{authority.removesuffix(':443' if scheme == 'https' else ':80')}"


def may_be(canary: Canary, arrival: Arrival, part: str) -> bool:
    """Say whether a secret has its place there."""
    if canary.role == "code" and not arrival.is_token_request:
        # The callback of the very sign-in.
        return part == "query code" and arrival.origin in canary.origins
    at_home = arrival.house in canary.houses and arrival.origin in arrival.homes
    if not at_home and arrival.origin not in canary.origins:
        return False
    in_calls, in_token_requests = PLACES[canary.role]
    path = arrival.target.partition("?")[0]
    if not arrival.is_token_request:
        if path.endswith(_SIGN_IN_PAGES) and part == "body":
            return canary.role in {"password", "person's password"}
        return part in in_calls
    if path.endswith("/token/refresh"):
        # DTZ changes one token into another, for another context.
        return canary.role in {"token", "any"} and part == "authorization"
    if path.endswith("/auth/apikey"):
        return canary.role in {"api_key", "any"} and part == "body"
    if canary.role in {"code", "code_verifier", "refresh_token"} and not path.endswith(_EXCHANGES):
        return False
    return part in in_token_requests


def strays(arrivals: list[Arrival], index: Index) -> Iterator[str]:
    """Say of each secret that was where it may not be what it is, and where it was."""

    @cache
    def found(text: str) -> list[tuple[Canary, str]]:
        return index.search(text)

    for arrival in dict.fromkeys(arrivals):
        for part, text in arrival.parts():
            for canary, coding in found(text):
                if not may_be(canary, arrival, part):
                    kind = "token request" if arrival.is_token_request else "request"
                    yield f"{canary.kind} in the {part} of a {kind} to {arrival.origin} ({coding})"
