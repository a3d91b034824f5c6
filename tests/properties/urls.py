"""URLs: ordinary ones of an origin, and hostile ones that only look it."""

from string import ascii_letters, digits

from hypothesis import strategies as st

from properties.dial import Origin

# As a caller writes them, and as they are dialled.
ORIGINS: dict[str, Origin] = {
    "https://api.dtz.rocks": Origin("https", "api.dtz.rocks", 443),
    "https://api.example:8443": Origin("https", "api.example", 8443),
    "https://bücher.example": Origin("https", "xn--bcher-kva.example", 443),
    "https://[2001:db8::1]": Origin("https", "2001:db8::1", 443),
    "http://localhost:8080": Origin("http", "localhost", 8080),
    "http://127.0.0.1": Origin("http", "127.0.0.1", 80),
    "http://[::1]:8080": Origin("http", "::1", 8080),
}

_SCHEMES = ("https", "http", "HTTPS", "hTTp", "ftp", "wss", "https\t", "ht\ntps", "httpſ", "", "//")
_AFTER_SCHEME = ("://", "://", "://", ":", ":/", ":///", ":\\\\", "://\\", ":/\t/", "//", "")
_USERINFO = (
    *("", "", "", "user@", "user:pw@", "user:p%40w@", ":@", "@", "a@b@", "a:b:c@", "%@"),
    *(
        "localhost:80@",
        "api.dtz.rocks@",
        "api.dtz.rocks:443@",
        "api.dtz.rocks\\@",
        "evil.example#@",
    ),
    *(
        "evil.example/@",
        "evil.example?@",
        "evil.example\\@",
        "[::1]@",
        "us er@",
        "üser@",
        "a&b;c=d@",
    ),
)
_HOSTS = (
    *(
        "api.dtz.rocks",
        "API.dtz.Rocks",
        "api.dtz.rocks.",
        "api.dtz.rocks..",
        "dtz.rocks",
        ".dtz.rocks",
    ),
    *(
        "api.dtz.rocks.evil.example",
        "evil-api.dtz.rocks",
        "api.example",
        "evil.example",
        "api_example",
    ),
    *(
        "api%2edtz.rocks",
        "api.dtz.roc%6bs",
        "api。dtz．rocks",
        "ａpi.dtz.rocks",
        "api.dtz.roc\u212as",
    ),
    *(
        "bücher.example",
        "xn--bcher-kva.example",
        "BÜCHER.example",
        "bu\u0308cher.example",
        "faß.example",
    ),
    *(
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "127.0.0.1.",
    ),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "::1", "[::1%25lo]", "[::ffff:127.0.0.1]", "[2001:db8::1]"),
    *(
        "[2001:DB8::1]",
        "[2001:db8::1].evil.example",
        "[v1.api.dtz.rocks]",
        "[api.dtz.rocks]",
        "[",
        "",
    ),
    *(
        "api.dtz.rocks\u2044evil.example",
        "℀.example",
        "api.dtz.rocks：443",
        "api.dtz.rocks＠evil.example",
    ),
)
_PORTS = (
    *("", "", ":", ":443", ":80", ":8080", ":8443", ":0443", ":00008443", ":0", ":65535", ":65536"),
    *(
        ":443:443",
        ":4430000000",
        ":-443",
        ":+443",
        ": 443",
        ":4_43",
        ":٤٤٣",
        ":443\\",
        ":443@evil",
        ":x",
    ),
)
_TAILS = (
    *("", "", "/", "/v1/me", "/v1/me?a=b#c", "?a=b", "#part", "?@evil.example/", "#@evil.example/"),
    *(
        "/@evil.example",
        "\\@evil.example",
        "\\evil.example",
        "/\\evil.example",
        "/../..//evil.example",
    ),
    *(
        "//evil.example/",
        "/%2e%2e//evil.example",
        ";@evil.example/",
        "/?next=https://evil.example",
        " ",
    ),
    *("/a b", "/ü", "/\ud800", "/%zz", "/\n", "\n", "/\x00", "?%", "#ü\x7f", "/[x]?y={z}|^`<>"),
)
_ODD = (
    "\t\n\r\x00\x0b\x0c\x1b\x1f\x7f\x85\xa0 !\"#$%&'()*+,-./0:;<=>?@A[\\]^_`a{|}~"
    "\xad\u0130\u0131\u017f\u180e\u200b\u200d\u2024\u2028\u202e\u2044\u212a\u2100\u3002\ud800\ufeff"
    "\uff0e\uff0f\uff1a\uff1f\uff20\uff03\uff3c\uff41\u0430\u0308\U0001d41a"
)

_assembled = st.builds(
    "".join,
    st.tuples(*map(st.sampled_from, (_SCHEMES, _AFTER_SCHEME, _USERINFO, _HOSTS, _PORTS, _TAILS))),
)


_name = st.text(ascii_letters + digits + "-._~", min_size=1, max_size=5)
_userinfo = st.just("") | _name.map("{}@".format) | st.builds("{}:{}@".format, _name, _name)
_part = st.text(ascii_letters + digits + "-._~%!$&'()*+,;=:@/[]ü€ ", max_size=8)
_tail = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(("", "/")) | _part.map("/{}".format),
        st.just("") | _part.map("?{}".format),
        st.just("") | _part.map("#{}".format),
    ),
)


def _ordinary(origin: str, host: str | None = None) -> st.SearchStrategy[str]:
    scheme, _, authority = origin.partition("://")
    port = f":{ORIGINS[origin].port}"
    may_be_left_out = not authority.endswith(port)
    host = host or authority.removesuffix(port)
    return st.builds(
        "{}://{}{}{}{}".format,
        st.sampled_from((scheme, scheme.upper(), scheme.title())),
        _userinfo,
        st.sampled_from((host, host.upper(), host.title())),
        st.sampled_from(("", port)) if may_be_left_out else st.just(port),
        _tail,
    )


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    for place, taken, put in changes:
        at = place % (len(text) + 1)
        text = text[:at] + put + text[at + taken :]
    return text


_changes = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from((0, 0, 1)),
        st.sampled_from(("", *_ODD, "%40", "%2f", "%5c", "@evil.example", "evil.example")),
    ),
    min_size=1,
    max_size=2,
)


def _hostile(origin: str) -> st.SearchStrategy[str]:
    bare = st.sampled_from(_TAILS).map(origin.__add__)
    changed = (
        st.builds(_changed, of, _changes) for of in (_assembled, ordinary_urls[origin], bare)
    )
    return st.one_of(_assembled, *changed)


def _with_its_origin(
    urls: dict[str, st.SearchStrategy[str]],
) -> st.SearchStrategy[tuple[str, str]]:
    return st.one_of([st.tuples(st.just(origin), of_it) for origin, of_it in urls.items()])


# By origin: what callers write (any path, query, fragment and case), and what only looks it.
ordinary_urls = {origin: _ordinary(origin) for origin in ORIGINS}
hostile_urls = {origin: _hostile(origin) for origin in ORIGINS}

origins = st.sampled_from(tuple(ORIGINS))
any_hostile_url = st.one_of(list(hostile_urls.values()))
origins_and_ordinary_urls = _with_its_origin(ordinary_urls)
# Hosts are written as they are dialled, in letters of ASCII.
origins_and_plain_urls = _with_its_origin(
    {
        origin: _ordinary(origin, f"[{host}]" if ":" in host else host)
        for origin, (_, host, _) in ORIGINS.items()
    }
)
origins_and_hostile_urls = _with_its_origin(hostile_urls)
