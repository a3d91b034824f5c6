"""What follows a redirect: to another origin nothing, as if there were no auth object."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtz_dastra_auth import DtzCookie
from dtz_dastra_auth._auth import Auth
from properties.effort import effort
from properties.hops import CALLS, Cookies, Server
from properties.messages import Message, messages
from properties.test_placement import DTZ, METHODS

FOREIGN = ("https://evil.example", "http://api.dtz.rocks", "https://api.dtz.rocks:8443")

clients = pytest.mark.parametrize("client", CALLS)

AUTHS: dict[str, tuple[Auth, str]] = {
    **{name: (method.auth, method.origin) for name, method in METHODS.items()},
    "DtzCookie": (DtzCookie("a.b.c"), DTZ),
}

# Status, origin, the rest of the URL, and a cookie that is set on the way.
Redirects = list[tuple[int, str, str, bytes]]

_hop = st.tuples(
    st.sampled_from((301, 302, 303, 307, 308)),
    st.sampled_from((*FOREIGN, "", "")),
    st.sampled_from(("/", "/v1/me", "/?a=b&&apiKey=theirs&c", "/%zz?#part", "/a b")),
    st.sampled_from((b"", b"sid=1; Path=/", b"dtz-auth=theirs; Path=/")),
)
hops = st.lists(_hop, min_size=1, max_size=4)
jars = st.sets(
    st.tuples(
        st.sampled_from(("a", "dtz-auth")),
        st.sampled_from(("evil.example", "api.dtz.rocks", "api.dastra.eu")),
    ),
    max_size=3,
).map(lambda cookies: tuple(sorted(cookies)))


def redirecting(home: str, hops: Redirects) -> Server:
    """Redirect along these hops; an empty origin is the one that the credential belongs to."""

    def server(number: int, _: Any) -> tuple[int, list[tuple[str, bytes]]]:
        if number == len(hops):
            return 200, []
        status, origin, tail, cookie = hops[number]
        fields = [("Location", (origin or home).encode() + tail.encode())]
        return status, [*fields, ("Set-Cookie", cookie)] if cookie else fields

    return server


@clients
@effort(2)
@given(st.sampled_from(tuple(AUTHS)), messages, hops, jars)
def test_a_request_redirected_to_another_origin_is_the_one_without_auth(
    client: str, name: str, message: Message, hops: Redirects, cookies: Cookies
) -> None:
    auth, home = AUTHS[name]
    url, server = home + message.tail, redirecting(home, hops)

    with_it = CALLS[client](server, auth, url, message, cookies)
    without = CALLS[client](server, None, url, message, cookies)

    assert len(with_it.sent) == len(without.sent) == len(hops) + 1
    for (_, origin, _, _), sent, expected in zip(
        hops, with_it.sent[1:], without.sent[1:], strict=True
    ):
        if origin:
            assert sent == expected


@clients
@given(st.sampled_from(tuple(AUTHS)), messages, hops, jars)
def test_a_clients_cookie_jar_is_after_redirects_what_it_is_without_auth(
    client: str, name: str, message: Message, hops: Redirects, cookies: Cookies
) -> None:
    auth, home = AUTHS[name]
    url, server = home + message.tail, redirecting(home, hops)

    with_it = CALLS[client](server, auth, url, message, cookies)

    assert with_it.jar == CALLS[client](server, None, url, message, cookies).jar
