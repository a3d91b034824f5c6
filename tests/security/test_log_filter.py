"""What other libraries show of a credential in their log records, and that the filter closes it.

All classes make calls that go well and calls that fail, in every client and over both versions of
HTTP, with every logger at DEBUG; an application logs what is raised, with its traceback.
"""

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

import clients
from conformance.methods import METHODS
from dtz_dastra_auth._stores import clear_default_store
from dtz_dastra_auth.testing import StandIns
from security.log_calls import (
    APPLICATION,
    QUERIES,
    call,
    call_a_server_that_sets_a_cookie,
    call_and_be_led_to_the_login_page,
    maker,
    sign_in,
)
from security.log_http2 import over_http2
from security.log_records import everything, loggers_that_show, secrets_of

Way = tuple[str, int]
WAYS: tuple[Way, ...] = (
    *((kind, 1) for kind in clients.KINDS),
    *((kind, 2) for kind in clients.KINDS if kind.startswith("httpx")),
)
# What a server shows: a token for whoever asks, and the URL of a call, key and all.
SET_COOKIE = "set-cookie"
LOGIN = "login-page"
# What a browser comes back with when somebody has signed in.
SIGN_IN = "sign-in"
KEYS = {"dastra-api-key", "dtz-api-key", "dtz-api-key-in-context"}
COOKIES = {"dtz-cookie", "dtz-cookie-login", "dtz-cookie-code"}

# Which loggers show a secret of which method's calls, and this is all.
Table = dict[str, set[str]]
IN_REQUESTS: Table = {
    # What requests raises when the connection breaks: the URL is in its text.
    APPLICATION: QUERIES,
    "urllib3.connection": QUERIES,
    "urllib3.connectionpool": {*QUERIES, LOGIN, SIGN_IN},
}
IN_A_SESSION_THAT_RETRIES: Table = {**IN_REQUESTS, "urllib3.util.retry": QUERIES}
IN_HTTPX: Table = {
    "httpcore.http11": {LOGIN, SET_COOKIE, SIGN_IN},
    "httpx": {LOGIN, SIGN_IN},
}
IN_HTTPX_OVER_HTTP2: Table = {
    "hpack.hpack": {*KEYS, *COOKIES, *QUERIES, LOGIN, SET_COOKIE, SIGN_IN},
    "hpack.table": {*KEYS, *COOKIES, *QUERIES, SET_COOKIE, SIGN_IN},
    "httpcore.http2": {LOGIN, SET_COOKIE, SIGN_IN},
    "httpx": {LOGIN, SIGN_IN},
}


def expected(kind: str, version: int) -> Table:
    """Give what shows in a client."""
    if kind.startswith("requests"):
        return IN_A_SESSION_THAT_RETRIES if kind == "requests.Session" else IN_REQUESTS
    table = IN_HTTPX if version == 1 else IN_HTTPX_OVER_HTTP2
    if not kind.startswith("httpx2"):
        return table
    second = {"httpx": "httpx2", "httpcore": "httpcore2"}
    named = {name: name.partition(".") for name in table}
    return {
        "".join((second.get(first, first), *rest)): table[name]
        for name, (first, *rest) in named.items()
    }


@dataclass
class Told:
    """What was logged in one client.

    Attributes:
        without: What shows.
        filtered: What shows in a handler with the filter.
        lines: All that this handler shows, as name of the logger and text.
    """

    without: Table = field(default_factory=lambda: defaultdict(set))
    filtered: Table = field(default_factory=lambda: defaultdict(set))
    lines: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way[0]}-http{way[1]}")
def way(request: pytest.FixtureRequest) -> Way:
    """Name a client and a version of HTTP."""
    given: Way = request.param
    return given


@pytest.fixture(scope="module")
def told(way: Way, _dtz_dastra_auth_running: StandIns) -> Told:
    """Make all calls in one client."""
    services, (kind, version), told = _dtz_dastra_auth_running, way, Told()
    with ExitStack() as stack:
        stack.callback(clear_default_store)
        stack.callback(services.reset)
        stack.enter_context(services.in_environment())
        options: dict[str, Any] = {}
        if version == 2:
            options = {"http2": True, "verify": stack.enter_context(over_http2(services))}
        make = maker(kind, **options)
        without, filtered = stack.enter_context(everything())

        def note(name: str) -> None:
            secrets = secrets_of(services)
            shown = filtered.take()
            told.lines.extend(shown)
            for table, lines in ((told.without, without.take()), (told.filtered, shown)):
                for logger in loggers_that_show(secrets, lines):
                    table[logger].add(name)
            # Not the proxy, which leads to the server for HTTP/2.
            services.dastra.reset()
            services.dtz.reset()
            clear_default_store()

        for method in METHODS:
            call(method, services, make, version)
            note(method.name)
        call_and_be_led_to_the_login_page(services, make)
        note(LOGIN)
        call_a_server_that_sets_a_cookie(services, make)
        note(SET_COOKIE)
        sign_in(services, make)
        note(SIGN_IN)
    return told


def test_this_shows_without_the_filter_and_no_more(told: Told, way: Way) -> None:
    assert told.without == expected(*way)


def test_nothing_shows_with_the_filter(told: Told) -> None:
    assert told.filtered == {}


def test_every_logger_is_heard_with_the_filter_too(told: Told) -> None:
    assert {name for name, _ in told.lines} >= {APPLICATION, *told.without}
    assert any("***" in text for _, text in told.lines)


def test_no_block_of_compressed_headers_is_shown_with_the_filter(told: Told, way: Way) -> None:
    blocks = ("Encoded header block to ", "Decoding ")
    shown = {text for _, text in told.lines if text.startswith(blocks)}
    assert shown == ({f"{block}***" for block in blocks} if way[1] == 2 else set())
