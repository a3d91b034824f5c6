"""A credential on any request: where it says, once, and nothing else is altered."""

from typing import NamedTuple
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dtz_dastra_auth import DastraApiKey, DtzApiKey, DtzBasic, DtzBearer, DtzCookie, DtzQueryKey
from dtz_dastra_auth._auth import Auth
from properties.effort import effort
from properties.messages import COOKIES, Message, Sent, cookie_lines, make, messages, sent
from unit.requests_of import KINDS, Kind

DTZ = "https://api.dtz.rocks"
DASTRA = "https://api.dastra.eu"


class Method(NamedTuple):
    """A class, and what it puts on a request."""

    auth: Auth
    origin: str
    headers: dict[str, str]
    parameters: dict[str, str]
    keeps_cookies: bool


# base64 of apikey:apikey-1 and of bearer:a.b.c
METHODS: dict[str, Method] = {
    "DastraApiKey": Method(DastraApiKey("p+/=&;"), DASTRA, {"X-API-KEY": "p+/=&;"}, {}, True),
    "DtzApiKey": Method(
        DtzApiKey("apikey-1", context_id="c-1"),
        DTZ,
        {"X-API-KEY": "apikey-1", "X-DTZ-CONTEXT": "c-1"},
        {},
        False,
    ),
    "DtzBearer": Method(DtzBearer("a.b.c"), DTZ, {"Authorization": "Bearer a.b.c"}, {}, False),
    "DtzBasic key": Method(
        DtzBasic("apikey", "apikey-1"),
        DTZ,
        {"Authorization": "Basic YXBpa2V5OmFwaWtleS0x"},
        {},
        False,
    ),
    "DtzBasic token": Method(
        DtzBasic("bearer", "a.b.c"),
        DTZ,
        {"Authorization": "Basic YmVhcmVyOmEuYi5j"},
        {},
        False,
    ),
    "DtzQueryKey": Method(
        DtzQueryKey("apikey-&=%#"), DTZ, {}, {"apiKey": "apikey-%26%3D%25%23"}, False
    ),
    "DtzQueryKey with a context": Method(
        DtzQueryKey("apikey-1", context_id="c/1"),
        DTZ,
        {},
        {"apiKey": "apikey-1", "contextId": "c%2F1"},
        False,
    ),
}

# Beside the broken one, requests takes the other escape for no escape either.
BROKEN_ESCAPE = Message("GET", "?api%4&api%4Bey&api%4bey", (), None)

kinds = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
methods = st.sampled_from(tuple(METHODS))


def put_on(kind: Kind, auth: Auth, origin: str, message: Message, *, times: int = 1) -> Sent:
    request = make(kind, origin, message)
    for _ in range(times):
        request = kind.put(auth, request)
    return sent(request)


def named(parameters: list[str], names: dict[str, str]) -> list[str]:
    """Give those parameters that have one of these names, however they are written."""
    return [
        parameter
        for parameter in parameters
        for name, _ in parse_qsl(parameter, keep_blank_values=True)
        if name in names
    ]


@kinds
@effort(2)
@given(methods, messages)
@example("DtzQueryKey", BROKEN_ESCAPE)
def test_a_credential_goes_on_any_request_once_and_alters_nothing_else(
    kind: Kind, name: str, message: Message
) -> None:
    method = METHODS[name]
    before = sent(make(kind, method.origin, message))

    after = put_on(kind, method.auth, method.origin, message)

    assert {name: after.all(name) for name in method.headers} == {
        name: [value] for name, value in method.headers.items()
    }
    ours = () if method.keeps_cookies else ("Cookie",)
    assert after.without(*method.headers) == before.without(*ours)
    assert (after.method, after.body) == (before.method, before.body)
    assert after.without_query() == before.without_query()
    written = [f"{name}={value}" for name, value in method.parameters.items()]
    assert sorted(named(after.query, method.parameters)) == sorted(written)
    replaced = named(before.query, method.parameters)
    assert "&".join(parameter for parameter in after.query if parameter not in written) == (
        "&".join(parameter for parameter in before.query if parameter not in replaced)
    )


@kinds
@given(methods, messages)
@example("DtzQueryKey", BROKEN_ESCAPE)
def test_a_credential_put_on_any_request_twice_is_as_put_on_once(
    kind: Kind, name: str, message: Message
) -> None:
    method = METHODS[name]
    once = put_on(kind, method.auth, method.origin, message)

    assert put_on(kind, method.auth, method.origin, message, times=2) == once


@kinds
@given(
    methods,
    messages,
    st.sampled_from(("Authorization", "authorization", "X-API-KEY", "x-api-key", "X-Api-Key")),
    st.sampled_from(("Bearer theirs", "apikey-theirs", "Basic dDp0")),
)
def test_any_request_with_a_credential_of_the_callers_stays_as_it_was(
    kind: Kind, name: str, message: Message, header: str, value: str
) -> None:
    method = METHODS[name]
    theirs = message._replace(headers=(*message.headers, (header, value)))

    after = put_on(kind, method.auth, method.origin, theirs)

    assert after == sent(make(kind, method.origin, theirs))


@kinds
@effort(1 / 2)
@given(methods, messages, st.sampled_from(("https://evil.example", "http://api.dtz.rocks")))
def test_any_request_to_another_origin_stays_as_it_was(
    kind: Kind, name: str, message: Message, origin: str
) -> None:
    after = put_on(kind, METHODS[name].auth, origin, message)

    assert after == sent(make(kind, origin, message))


def cookies(line: str) -> list[str]:
    # RFC 6265 section 4.2.1: what is around a cookie is a space, and a server may see a tab.
    pairs = (pair.strip(" \t") for pair in line.split(";"))
    return [pair for pair in pairs if pair]


@kinds
@given(cookie_lines)
def test_a_cookie_goes_beside_any_others_that_keep_their_bytes_and_order(
    kind: Kind, line: str
) -> None:
    message = Message("GET", "/v1/me", (("X-Trace", "1"), ("Cookie", line)), None)
    (before,) = sent(make(kind, DTZ, message)).all("Cookie")

    after = put_on(kind, DtzCookie("a.b.c"), DTZ, message)

    (line,) = after.all("Cookie")
    others = [pair for pair in cookies(before) if pair.partition("=")[0] != "dtz-auth"]
    assert [pair for pair in cookies(line) if pair != "dtz-auth=a.b.c"] == others
    assert cookies(line).count("dtz-auth=a.b.c") == 1
    assert after.without("Cookie") == sent(make(kind, DTZ, message)).without("Cookie")


@kinds
@given(st.sampled_from(COOKIES) | cookie_lines)
def test_a_cookie_put_beside_any_others_twice_is_as_put_once(kind: Kind, line: str) -> None:
    message = Message("GET", "/v1/me", (("Cookie", line),), None)
    once = put_on(kind, DtzCookie("a.b.c"), DTZ, message)

    assert put_on(kind, DtzCookie("a.b.c"), DTZ, message, times=2) == once
