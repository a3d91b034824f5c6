"""Requests of every kind, and all that goes over the wire for one of them."""

from typing import Any, NamedTuple

import requests
from hypothesis import strategies as st

from unit.requests_of import KINDS, Kind

AN_HTTPX_KIND = {kind.name: kind.name.startswith("httpx") for kind in KINDS}


class Sent(NamedTuple):
    """What goes over the wire for a request."""

    method: str
    target: tuple[Any, ...]
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def query(self) -> list[str]:
        """Give the parameters, each as it is written."""
        query: str = self.target[-2].partition("?")[2]
        return query.split("&") if query else []

    def without_query(self) -> tuple[Any, ...]:
        """Give where it goes, but for the parameters."""
        *origin, target, fragment = self.target
        return (*origin, target.partition("?")[0], fragment)

    def all(self, name: str) -> list[str]:
        """Give the values of every header of this name."""
        return [value for key, value in self.headers if key == name.lower()]

    def without(self, *names: str) -> list[tuple[str, str]]:
        """Give the other headers in their order."""
        left_out = {name.lower() for name in names}
        return [(key, value) for key, value in self.headers if key not in left_out]


class Message(NamedTuple):
    """A request as a caller writes it down."""

    method: str
    tail: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


def sent(request: Any) -> Sent:
    """Read everything off a request of any library."""
    if isinstance(request, requests.Request):
        request = request.prepare()
    if isinstance(request, requests.PreparedRequest):
        assert request.method is not None
        assert request.url is not None
        # The text of the URL hides a key in its query.
        url, _, fragment = str.__str__(request.url).partition("#")
        headers = [(name.lower(), str(value)) for name, value in request.headers.items()]
        body = request.body or b""
        assert isinstance(body, bytes)
        return Sent(request.method, (url, fragment), headers, body)
    url = request.url
    target = (url.raw_scheme, url.raw_host, url.port, url.raw_path.decode("ascii"), url.fragment)
    headers = [(k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in request.headers.raw]
    return Sent(request.method, target, headers, request.read())


def make(kind: Kind, origin: str, message: Message) -> Any:
    """Write a message as a request of one kind."""
    if AN_HTTPX_KIND[kind.name]:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in message.headers]
        return kind.make(message.method, origin + message.tail, headers=raw, content=message.body)
    headers = dict(message.headers)
    return kind.make(message.method, origin + message.tail, headers=headers, data=message.body)


_VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
_PATHS = ("", "/", "/v1/me", "/a//b/", "/a%2fb%2Fc", "/ä ö", "/a;b=c@d:e", "/apiKey=old", "/%zz%")
_NAMES = (
    *(
        "a",
        "b",
        "",
        "apikey",
        "APIKEY",
        "xapiKey",
        "apiKey%20",
        "apiKeys",
        "api%4",
        "context",
        "ä",
        "a b",
    ),
    *("a+b", "q'", '"', "%e2%82%ac", "%7e~", "[x]", "{}|^`", "contextid"),
)
_KEY_NAMES = ("apiKey", "api%4Bey", "api%4bey", "%61piKey", "%61%70%69%4B%65%79")
_CONTEXT_NAMES = ("contextId", "context%49d", "%63ontextId")
_VALUES = (
    *(
        "",
        "=",
        "=old",
        "=a+b",
        "=a%20b",
        "=%26apiKey%3Dx",
        "==",
        "=;apiKey=x",
        "=?apiKey=x",
        "=%zz",
    ),
    *("=€", "='", '="', "=%7e~%7E", "=/:@", "=\\", "=apiKey", "=[]{}|^`<>", "=a b"),
)

_parameter = st.builds(
    str.__add__,
    st.sampled_from(_NAMES) | st.sampled_from((*_KEY_NAMES, *_CONTEXT_NAMES)),
    st.sampled_from(_VALUES),
)
_query = st.lists(st.just("") | _parameter, max_size=5).map("&".join)
tails = st.builds(
    "{}{}{}".format,
    st.sampled_from(_PATHS),
    st.just("") | _query.map("?{}".format),
    st.sampled_from(("", "", "#part", "#a?apiKey=old&b", "#")),
)

_HEADERS = (
    "X-Trace",
    "accept",
    "X-API-KEYS",
    "X-Authorization",
    "apiKey",
    "If-None-Match",
    "dtz-auth",
)
_field = st.tuples(
    st.sampled_from(_HEADERS), st.text(_VISIBLE, max_size=8) | st.sampled_from(("a, b;c", "é\xa0x"))
)

COOKIES = (
    *(
        "a=b",
        "a=",
        "=b",
        "a",
        "a=b=c==",
        'q="x y"',
        "Dtz-Auth=1",
        "dtz-auth2=1",
        "xdtz-auth=1",
        "é=ü",
    ),
    *(
        "x=dtz-auth=old",
        "dtz_auth=1",
        "a=\xa0b\xa0",
        "a=b c",
        "A=b",
        "a=\x85",
        "sid=%20%3b",
        "$Version=1",
    ),
)
OLD_COOKIES = ("dtz-auth=old", "dtz-auth=", "dtz-auth", "dtz-auth=a=b", 'dtz-auth="old"')
cookie_lines = st.lists(
    st.sampled_from(COOKIES) | st.sampled_from(OLD_COOKIES), min_size=1, max_size=6
).flatmap(
    lambda pairs: st.sampled_from(("; ", ";", " ; ", ";;")).map(lambda glue: glue.join(pairs))
)


def _unique(field: tuple[str, str]) -> str:
    return field[0].lower()


headers = st.lists(_field, max_size=4, unique_by=_unique).map(tuple)
messages = st.builds(
    Message,
    st.sampled_from(("GET", "POST", "PUT", "DELETE")),
    tails,
    st.builds(
        lambda fields, cookie: (*fields, *cookie),
        headers,
        st.just(()) | cookie_lines.map(lambda line: (("Cookie", line),)),
    ),
    st.none() | st.binary(max_size=8),
)
