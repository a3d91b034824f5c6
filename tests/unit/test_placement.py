"""Where a secret goes on a request, in every library, and that twice is as once."""

from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from dtz_dastra_auth import (
    DastraApiKey,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzQueryKey,
)
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._placement import Basic, Cookie, Header, Placement
from dtz_dastra_auth._query import Query
from dtz_dastra_auth._token import Token
from unit.requests_of import KINDS, Kind

DTZ = "https://api.dtz.rocks/v1/me"
DASTRA = "https://api.dastra.eu/v1/workspaces"

kinds = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])

AUTHS: dict[str, tuple[Auth, str]] = {
    "DastraApiKey": (DastraApiKey("private"), DASTRA),
    "DtzApiKey": (DtzApiKey("apikey-1", context_id="context-1"), DTZ),
    "DtzBearer": (DtzBearer("jwt"), DTZ),
    "DtzBasic": (DtzBasic("apikey", "apikey-1"), DTZ),
    "DtzCookie": (DtzCookie("jwt"), DTZ),
    "DtzQueryKey": (DtzQueryKey("apikey-1", context_id="context-1"), DTZ),
}

auths = pytest.mark.parametrize(("auth", "url"), AUTHS.values(), ids=AUTHS)

# All of DTZ's that show themselves elsewhere than in a cookie.
dtz_without_cookie = pytest.mark.parametrize(
    "auth",
    [AUTHS[name][0] for name in ("DtzApiKey", "DtzBearer", "DtzBasic", "DtzQueryKey")],
    ids=["DtzApiKey", "DtzBearer", "DtzBasic", "DtzQueryKey"],
)


def sent(kind: Kind, auth: Auth, url: str, *, times: int = 1, **options: Any) -> tuple[str, Any]:
    """Give the URL and headers that go out when an auth object was called on a request."""
    request = kind.make("GET", url, **deepcopy(options))
    for _ in range(times):
        request = kind.put(auth, request)
    return kind.wire(request)


def pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


# What goes out


@kinds
@pytest.mark.parametrize(
    ("auth", "url", "headers"),
    [
        (DastraApiKey("private:+%&="), DASTRA, {"X-API-KEY": "private:+%&="}),
        (DtzApiKey("apikey-1"), DTZ, {"X-API-KEY": "apikey-1"}),
        (
            DtzApiKey("apikey-1", context_id="context-1"),
            DTZ,
            {"X-API-KEY": "apikey-1", "X-DTZ-CONTEXT": "context-1"},
        ),
        (DtzBearer("a.b.c"), DTZ, {"Authorization": "Bearer a.b.c"}),
        # base64 of apikey:apikey-1 and of bearer:a.b.c
        (DtzBasic("apikey", "apikey-1"), DTZ, {"Authorization": "Basic YXBpa2V5OmFwaWtleS0x"}),
        (DtzBasic("bearer", "a.b.c"), DTZ, {"Authorization": "Basic YmVhcmVyOmEuYi5j"}),
        (DtzCookie("a.b.c"), DTZ, {"Cookie": "dtz-auth=a.b.c"}),
    ],
    ids=["Dastra key", "key", "key and context", "bearer", "basic key", "basic bearer", "cookie"],
)
def test_a_credential_goes_out_as_documented(
    kind: Kind, auth: Auth, url: str, headers: dict[str, str]
) -> None:
    url_sent, headers_sent = sent(kind, auth, url)

    assert {name: headers_sent.get(name) for name in headers} == headers
    assert url_sent == url


@kinds
def test_a_key_without_a_context_sends_none(kind: Kind) -> None:
    _, headers = sent(kind, DtzApiKey("apikey-1"), DTZ)

    assert "X-DTZ-CONTEXT" not in headers


@kinds
def test_a_query_key_goes_out_in_the_query_alone(kind: Kind) -> None:
    url, headers = sent(kind, DtzQueryKey("apikey-1", context_id="context-1"), DTZ)

    assert url == f"{DTZ}?apiKey=apikey-1&contextId=context-1"
    assert "apikey-1" not in str(dict(headers))


@kinds
def test_a_query_key_is_percent_encoded(kind: Kind) -> None:
    url, _ = sent(kind, DtzQueryKey("apikey-a&b=c+d%#/"), DTZ)

    assert url == f"{DTZ}?apiKey=apikey-a%26b%3Dc%2Bd%25%23%2F"
    assert pairs(url) == [("apiKey", "apikey-a&b=c+d%#/")]


# Twice is as once


@kinds
@auths
def test_put_twice_is_as_put_once(kind: Kind, auth: Auth, url: str) -> None:
    url += "?page=2"
    once, twice = sent(kind, auth, url), sent(kind, auth, url, times=2)

    assert twice[0] == once[0]
    assert dict(twice[1]) == dict(once[1])


@auths
def test_a_request_prepared_after_it_was_authenticated_can_be_authenticated_again(
    auth: Auth, url: str
) -> None:
    expected = auth(requests.Request("GET", url).prepare())

    prepared = auth(auth(requests.Request("GET", url)).prepare())

    assert prepared.url == expected.url
    assert dict(prepared.headers) == dict(expected.headers)


@auths
def test_called_twice_a_response_is_reviewed_once(auth: Auth, url: str) -> None:
    prepared = auth(auth(requests.Request("GET", url).prepare()))

    assert len(prepared.hooks["response"]) == 1


@kinds
@pytest.mark.parametrize(
    ("auth", "other", "name", "value"),
    [
        (DtzApiKey("apikey-1"), DtzApiKey("apikey-2"), "X-API-KEY", "apikey-2"),
        (DtzBearer("one"), DtzBearer("two"), "Authorization", "Bearer two"),
        (DtzCookie("one"), DtzCookie("two"), "Cookie", "dtz-auth=two"),
    ],
    ids=["header", "bearer", "cookie"],
)
def test_a_second_secret_takes_the_place_of_the_first(
    kind: Kind, auth: Auth, other: Auth, name: str, value: str
) -> None:
    request = kind.put(other, kind.put(auth, kind.make("GET", DTZ)))

    assert kind.wire(request)[1][name] == value


@kinds
def test_the_callers_other_headers_stay(kind: Kind) -> None:
    _, headers = sent(kind, DtzApiKey("apikey-1"), DTZ, headers={"X-Trace": "7", "Accept": "a/b"})

    assert (headers["X-Trace"], headers["Accept"]) == ("7", "a/b")


@kinds
@auths
def test_the_dict_that_the_caller_passed_as_headers_stays_as_it_was(
    kind: Kind, auth: Auth, url: str
) -> None:
    # The caller may use it for the next request too, which goes elsewhere.
    headers = {"X-Trace": "7", "Cookie": "a=b"}

    kind.put(auth, kind.make("GET", url, headers=headers))

    assert headers == {"X-Trace": "7", "Cookie": "a=b"}


# The query


@kinds
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("?apiKey=old", "?apiKey=apikey-1"),
        ("?apiKey=old&apiKey=older", "?apiKey=apikey-1"),
        ("?apiKey", "?apiKey=apikey-1"),
        ("?apiKey=", "?apiKey=apikey-1"),
        ("?api%4Bey=old", "?apiKey=apikey-1"),
        ("?%61%70%69%4b%65%79=old", "?apiKey=apikey-1"),
        ("?a=b&apiKey=old&c=d", "?a=b&c=d&apiKey=apikey-1"),
        ("?apikey=other", "?apikey=other&apiKey=apikey-1"),
        ("?xapiKey=other", "?xapiKey=other&apiKey=apikey-1"),
        ("?a=apiKey=old", "?a=apiKey=old&apiKey=apikey-1"),
        ("?contextId=context-1", "?contextId=context-1&apiKey=apikey-1"),
    ],
)
def test_a_query_parameter_of_that_name_is_replaced(kind: Kind, before: str, after: str) -> None:
    url, _ = sent(kind, DtzQueryKey("apikey-1"), DTZ + before)

    assert url == DTZ + after


@kinds
def test_a_context_in_the_query_is_replaced_with_the_key(kind: Kind) -> None:
    auth = DtzQueryKey("apikey-1", context_id="context-1")
    url, _ = sent(kind, auth, f"{DTZ}?contextId=context-0&apiKey=apikey-0&x=y")

    assert sorted(pairs(url)) == [("apiKey", "apikey-1"), ("contextId", "context-1"), ("x", "y")]


@kinds
@pytest.mark.parametrize(
    "others",
    [
        "a=b",
        "a=b+c",
        "a=b%20c",
        "a=%7e&b=~",
        "a=%2f&b=%2F&c=/",
        "a=1&a=2&b=&c",
        "filter=x%26y%3Dz",
        "a=b=c==",
        "a=%E2%82%AC",
        "next=https%3A%2F%2Fapi.dtz.rocks%2F%3FapiKey%3Dx",
        "q=a?b",
    ],
)
def test_other_parameters_keep_every_byte(kind: Kind, others: str) -> None:
    # requests rewrites some of them by itself.
    before, _ = kind.wire(kind.make("GET", f"{DTZ}?{others}"))

    url, _ = sent(kind, DtzQueryKey("apikey-1"), f"{DTZ}?{others}")

    assert url == f"{before}&apiKey=apikey-1"


@kinds
@pytest.mark.parametrize("empty", ["?", ""])
def test_an_empty_query_becomes_the_key_alone(kind: Kind, empty: str) -> None:
    url, _ = sent(kind, DtzQueryKey("apikey-1"), DTZ + empty)

    assert url == f"{DTZ}?apiKey=apikey-1"


@kinds
def test_a_url_without_a_path_takes_a_query(kind: Kind) -> None:
    url, _ = sent(kind, DtzQueryKey("apikey-1"), "https://api.dtz.rocks")

    assert url.replace("rocks/", "rocks") == "https://api.dtz.rocks?apiKey=apikey-1"


@kinds
@pytest.mark.parametrize("fragment", ["#part", "#part?apiKey=old", "#a=b&apiKey=old"])
def test_a_fragment_stays_behind_the_query(kind: Kind, fragment: str) -> None:
    url, _ = sent(kind, DtzQueryKey("apikey-1"), f"{DTZ}?a=b{fragment}")

    assert url == f"{DTZ}?a=b&apiKey=apikey-1{fragment}"


@kinds
def test_a_key_among_the_params_of_a_request_is_replaced(kind: Kind) -> None:
    url, _ = sent(kind, DtzQueryKey("apikey-1"), DTZ, params={"apiKey": "old", "a": "b"})

    assert sorted(pairs(url)) == [("a", "b"), ("apiKey", "apikey-1")]


@pytest.mark.parametrize("library", KINDS[2:], ids=["httpx", "httpx2"])
def test_the_path_keeps_every_byte(library: Kind) -> None:
    request = library.make("GET", "https://api.dtz.rocks/a%2Fb/%7e;c=d/@e?x=y")
    raw = request.url.raw_path

    assert library.put(DtzQueryKey("apikey-1"), request).url.raw_path == raw + b"&apiKey=apikey-1"


# Cookies


def cookies(headers: Any) -> list[str]:
    return [pair.strip() for pair in headers.get("Cookie", "").split(";") if pair.strip()]


@kinds
@pytest.mark.parametrize(
    ("before", "others"),
    [
        ("a=b", ["a=b"]),
        ("a=b; c=d", ["a=b", "c=d"]),
        ("dtz-auth=old", []),
        ("dtz-auth=old; a=b", ["a=b"]),
        ("a=b;dtz-auth=old;c=d", ["a=b", "c=d"]),
        ("a=b; dtz-auth=old; dtz-auth=older", ["a=b"]),
        ("xdtz-auth=other; dtz-auth2=other", ["xdtz-auth=other", "dtz-auth2=other"]),
        ("a=dtz-auth=x", ["a=dtz-auth=x"]),
        ('a="b=c"; flag', ['a="b=c"', "flag"]),
        ("", []),
    ],
)
def test_a_cookie_takes_its_place_beside_the_others(
    kind: Kind, before: str, others: list[str]
) -> None:
    _, headers = sent(kind, DtzCookie("jwt"), DTZ, headers={"Cookie": before})

    assert sorted(cookies(headers)) == sorted([*others, "dtz-auth=jwt"])


@kinds
def test_a_cookie_takes_its_place_in_a_header_of_any_case(kind: Kind) -> None:
    _, headers = sent(kind, DtzCookie("jwt"), DTZ, headers={"cookie": "a=b"})

    assert sorted(cookies(headers)) == ["a=b", "dtz-auth=jwt"]


@kinds
def test_a_cookie_takes_its_place_beside_those_of_the_requests_jar(kind: Kind) -> None:
    _, headers = sent(kind, DtzCookie("jwt"), DTZ, cookies={"a": "b"})

    assert sorted(cookies(headers)) == ["a=b", "dtz-auth=jwt"]


@kinds
@dtz_without_cookie
@pytest.mark.parametrize(
    "options",
    [{"headers": {"Cookie": "a=b"}}, {"headers": {"cookie": "a=b"}}, {"cookies": {"a": "b"}}],
    ids=["Cookie", "cookie", "jar"],
)
def test_another_credential_of_dtz_goes_out_without_cookies(
    kind: Kind, auth: Auth, options: dict[str, Any]
) -> None:
    _, headers = sent(kind, auth, DTZ, **options)

    assert "Cookie" not in headers


@dtz_without_cookie
def test_no_cookies_come_back_when_requests_makes_the_header_anew(auth: Auth) -> None:
    # For a redirect, requests drops the header and makes it from this jar and the session's.
    prepared: Any = auth(requests.Request("GET", DTZ, cookies={"a": "b"}).prepare())
    redirected = prepared.copy()
    redirected._cookies.set("session", "1", domain="api.dtz.rocks")
    redirected.headers.pop("Cookie", None)
    redirected.prepare_cookies(redirected._cookies)

    assert "Cookie" not in redirected.headers


@kinds
@pytest.mark.parametrize(
    "options", [{"headers": {"Cookie": "acaAffinity=1"}}, {"cookies": {"acaAffinity": "1"}}]
)
def test_cookies_stay_beside_a_credential_for_dastra(kind: Kind, options: dict[str, Any]) -> None:
    _, headers = sent(kind, DastraApiKey("private"), DASTRA, **options)

    assert headers["Cookie"] == "acaAffinity=1"


# What a request carries

PLACEMENTS: dict[str, Placement] = {
    "header": Header("X-API-KEY"),
    "bearer": Header("Authorization", "Bearer "),
    "basic": Basic(username="bearer"),
    "cookie": Cookie("dtz-auth"),
    "query": Query("apiKey"),
}

# A cookie waits until the cookies of the session are known.
carried = pytest.mark.parametrize(
    ("placement", "kind"),
    [
        pytest.param(placement, kind, id=f"{name}-{kind.name}")
        for name, placement in PLACEMENTS.items()
        for kind in KINDS
        if (name, kind.name) != ("cookie", "requests.Request")
    ],
)


@carried
def test_a_request_carries_what_was_put_on_and_nothing_else(
    kind: Kind, placement: Placement
) -> None:
    request = kind.make("GET", f"{DTZ}?a=b", headers={"Cookie": "a=b"})
    assert not placement.carries(request, Token("a+b/c"))

    placement.put(request, Token("a+b/c"))

    assert placement.carries(request, Token("a+b/c"))
    assert not placement.carries(request, Token("a+b"))


@carried
def test_a_request_no_longer_carries_what_was_replaced(kind: Kind, placement: Placement) -> None:
    request = kind.make("GET", DTZ)
    placement.put(request, Token("old"))
    placement.put(request, Token("new"))

    assert placement.carries(request, Token("new"))
    assert not placement.carries(request, Token("old"))
