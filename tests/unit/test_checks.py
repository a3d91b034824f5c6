"""What constructors refuse, and that a refusal never shows what it refused."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from dtz_dastra_auth import (
    ConfigurationError,
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    SharedTokenStore,
)
from unit.told import told

Build = Callable[[Any], object]

# Each bad value is made of these two, so that a message with a part of it is found too.
HEAD, TAIL = "Zx9hunter", "Qv7rabbit"

ANY_TEXT: dict[str, tuple[str, Build]] = {
    "DastraClientCredentials.public_key": (
        "public_key",
        lambda value: DastraClientCredentials(value, "private"),
    ),
    "DastraClientCredentials.private_key": (
        "private_key",
        lambda value: DastraClientCredentials("public", value),
    ),
    "DastraClientCredentials.scope": (
        "scope",
        lambda value: DastraClientCredentials("public", "private", scope=value),
    ),
    "DtzLogin.username": ("username", lambda value: DtzLogin(value, "password")),
    "DtzLogin.password": ("password", lambda value: DtzLogin("user", value)),
}

# These go into a header, a cookie or the query as they are.
TOKENS: dict[str, tuple[str, Build]] = {
    "DastraApiKey.private_key": ("private_key", DastraApiKey),
    "DtzBearer.token": ("token", DtzBearer),
    "DtzCookie.token": ("token", DtzCookie),
    "DtzBasic.password": ("password", lambda value: DtzBasic("bearer", value)),
    "DtzApiKey.api_key": ("api_key", DtzApiKey),
    "DtzQueryKey.api_key": ("api_key", DtzQueryKey),
    "DtzBasic.apikey": ("password", lambda value: DtzBasic("apikey", value)),
}

CONTEXTS: dict[str, tuple[str, Build]] = {
    "DtzApiKey.context_id": ("context_id", lambda value: DtzApiKey("apikey-1", context_id=value)),
    "DtzQueryKey.context_id": (
        "context_id",
        lambda value: DtzQueryKey("apikey-1", context_id=value),
    ),
    "DtzLogin.context_id": (
        "context_id",
        lambda value: DtzLogin("user", "password", context_id=value),
    ),
}

DTZ_KEYS: dict[str, tuple[str, Build]] = {
    name: TOKENS[name] for name in ("DtzApiKey.api_key", "DtzQueryKey.api_key", "DtzBasic.apikey")
}

ENDPOINTS: dict[str, tuple[str, Build]] = {
    "DastraClientCredentials.token_url": (
        "token_url",
        lambda value: DastraClientCredentials("public", "private", token_url=value),
    ),
    "DtzLogin.identity_url": (
        "identity_url",
        lambda value: DtzLogin("user", "password", identity_url=value),
    ),
}

ORIGINS: dict[str, tuple[str, Build]] = {
    "DastraClientCredentials.origins": (
        "origins",
        lambda value: DastraClientCredentials("public", "private", origins=value),
    ),
    "DastraApiKey.origins": ("origins", lambda value: DastraApiKey("private", origins=value)),
    "DtzApiKey.origins": ("origins", lambda value: DtzApiKey("apikey-1", origins=value)),
    "DtzBearer.origins": ("origins", lambda value: DtzBearer("token", origins=value)),
    "DtzBasic.origins": ("origins", lambda value: DtzBasic("bearer", "token", origins=value)),
    "DtzCookie.origins": ("origins", lambda value: DtzCookie("token", origins=value)),
    "DtzQueryKey.origins": ("origins", lambda value: DtzQueryKey("apikey-1", origins=value)),
}

NO_TEXT = {
    "an int": 987123654,
    "bytes": HEAD.encode(),
    "a list": [HEAD],
    "empty": "",
    "blanks": "   ",
    "a tab": "\t",
    "a blank before": f" {HEAD}",
    "a blank behind": f"{HEAD} ",
    "a no-break space behind": f"{HEAD}\xa0",
    "the newline of a file": f"{HEAD}\n",
    "CR LF behind": f"{HEAD}\r\n",
    "CR inside": f"{HEAD}\r{TAIL}",
    "LF inside": f"{HEAD}\n{TAIL}",
    "NUL inside": f"{HEAD}\x00{TAIL}",
    "ESC inside": f"{HEAD}\x1b{TAIL}",
    "DEL inside": f"{HEAD}\x7f{TAIL}",
    "NEL inside": f"{HEAD}\x85{TAIL}",
    "half a surrogate": f"{HEAD}\ud800{TAIL}",
}

NO_TOKEN = {
    "a space inside": f"{HEAD} {TAIL}",
    "a letter beyond ASCII": f"{HEAD}é{TAIL}",
    "a euro sign": f"{HEAD}€{TAIL}",
    "an emoji": f"{HEAD}\U0001f511{TAIL}",
}

NO_URL = {
    "an int": 987123654,
    "empty": "",
    "blanks": "  ",
    "a newline behind": f"https://{HEAD}.example/\n",
    "a space inside": f"https://{HEAD}.example/ {TAIL}",
    "no scheme": f"{HEAD}.example/token",
    "no scheme but slashes": f"//{HEAD}.example/token",
    "no host": f"https:///{HEAD}",
    "a port alone": "https://:443/",
    "plain http": f"http://{HEAD}.example/token",
    "another scheme": f"ftp://{HEAD}.example/token",
    "a user": f"https://{HEAD}@api.example/",
    "a user and password": f"https://{HEAD}:{TAIL}@api.example/",
    "a host in the place of a user": f"http://localhost:80@{HEAD}.example/",
    "a backslash": f"https://{HEAD}.example\\@{TAIL}.example/",
    "backslashes for slashes": f"https:\\\\{HEAD}.example\\",
    "a fragment": f"https://{HEAD}.example/#{TAIL}",
    "an empty fragment": f"https://{HEAD}.example/#",
    "a port that is a word": f"https://{HEAD}:{TAIL}/",
    "port 0": f"https://{HEAD}.example:0/",
    "a port that is none": f"https://{HEAD}.example:65536/",
    "half an IPv6 address": f"https://[::1/{HEAD}",
    "http to what looks like loopback": f"http://localhost.{HEAD}.example/",
    "http to a loopback address as a name": f"http://127.0.0.1.{HEAD}.example/",
    "half a surrogate": f"https://{HEAD}.example/\ud800",
}

NO_ORIGIN = {
    "a path": f"https://{HEAD}.example/v1",
    "a query": f"https://{HEAD}.example?{TAIL}",
    "an empty query": f"https://{HEAD}.example?",
    "a wildcard": f"https://*.{HEAD}.example",
    "nothing but a wildcard": "*",
    "a websocket": f"wss://{HEAD}.example",
}


def refused(build: Build, value: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        build(value)
    return caught.value


def tables(*pairs: tuple[dict[str, tuple[str, Build]], dict[str, Any]]) -> pytest.MarkDecorator:
    rows = [
        pytest.param(parameter, build, value, id=f"{name}-{what.replace(' ', '_')}")
        for parameters, values in pairs
        for name, (parameter, build) in parameters.items()
        for what, value in values.items()
    ]
    return pytest.mark.parametrize(("parameter", "build", "value"), rows)


def listed(values: dict[str, Any]) -> dict[str, Any]:
    return {what: [value] for what, value in values.items()}


every_refusal = tables(
    (ANY_TEXT, {"None": None, **NO_TEXT}),
    (TOKENS, {"None": None, **NO_TEXT, **NO_TOKEN}),
    (CONTEXTS, {**NO_TEXT, **NO_TOKEN}),
    (
        DTZ_KEYS,
        {
            "no prefix": HEAD,
            "the prefix alone": "apikey-",
            "the prefix in capitals": f"APIKEY-{HEAD}",
            "the prefix after a blank": f" apikey-{HEAD}",
            "another prefix": f"context-{HEAD}",
        },
    ),
    (
        {"DtzCookie.token": TOKENS["DtzCookie.token"]},
        {
            "a semicolon": f"{HEAD};{TAIL}",
            "a comma": f"{HEAD},{TAIL}",
            "a quote": f'"{HEAD}"',
            "a backslash": f"{HEAD}\\{TAIL}",
        },
    ),
    (
        {"DtzBasic.password": TOKENS["DtzBasic.password"]},
        {"a colon": f"{HEAD}:{TAIL}"},
    ),
    (
        {"DtzBasic.apikey": TOKENS["DtzBasic.apikey"]},
        {"a colon": f"apikey-{HEAD}:{TAIL}"},
    ),
    (
        {"DtzBasic.username": ("username", lambda value: DtzBasic(value, "apikey-1"))},
        {"None": None, "empty": "", "another": HEAD, "capitals": "APIKEY"},
    ),
    (ENDPOINTS, {"None": None, **NO_URL}),
    (
        {"DastraApiKey.origins": ORIGINS["DastraApiKey.origins"]},
        listed({"None": None, **NO_URL, **NO_ORIGIN}),
    ),
    (
        ORIGINS,
        {
            "None at all": None,
            "a str": f"https://{HEAD}.example",
            "none": [],
            "an object": 987123,
            "plain http": [f"http://{HEAD}.example"],
        },
    ),
    (
        {
            "DastraClientCredentials.timeout": (
                "timeout",
                lambda value: DastraClientCredentials("public", "private", timeout=value),
            ),
            "DtzLogin.timeout": (
                "timeout",
                lambda value: DtzLogin("user", "password", timeout=value),
            ),
        },
        {
            "None": None,
            "a str": "30",
            "True": True,
            "0": 0,
            "negative": -987123,
            "infinite": float("inf"),
            "not a number": float("nan"),
        },
    ),
    (
        {
            "DastraClientCredentials.session": (
                "session",
                lambda value: DastraClientCredentials("public", "private", session=value),
            ),
            "DtzLogin.session": (
                "session",
                lambda value: DtzLogin("user", "password", session=value),
            ),
        },
        {"a str": HEAD},
    ),
    (
        {
            "DastraClientCredentials.store": (
                "store",
                lambda value: DastraClientCredentials("public", "private", store=value),
            ),
            "DtzLogin.store": ("store", lambda value: DtzLogin("user", "password", store=value)),
        },
        {"a dict": {HEAD: TAIL}},
    ),
    ({"SharedTokenStore.cache": ("cache", SharedTokenStore)}, {"a dict": {HEAD: TAIL}}),
)


@every_refusal
def test_bad_input_is_an_error_that_begins_with_the_parameter(
    parameter: str, build: Build, value: object
) -> None:
    assert str(refused(build, value)).startswith(f"{parameter}: ")


@every_refusal
def test_the_error_for_bad_input_shows_no_part_of_it(
    parameter: str, build: Build, value: object
) -> None:
    shown = told(refused(build, value)).lower()

    assert HEAD.lower() not in shown
    assert TAIL.lower() not in shown
    assert "987123" not in shown


def test_a_configuration_error_is_a_value_error() -> None:
    assert isinstance(refused(DtzApiKey, "1234"), ValueError)


def test_a_configuration_error_has_no_request() -> None:
    assert not hasattr(refused(DtzApiKey, "1234"), "request")


def test_a_configuration_error_survives_pickling() -> None:
    error = refused(DtzApiKey, "1234")

    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("name", ["DtzBearer.token", "DtzCookie.token", "DtzBasic.password"])
@pytest.mark.parametrize(
    "value", [DtzLogin, DtzApiKey(f"apikey-{HEAD}")], ids=["a class", "an auth object"]
)
def test_what_only_looks_like_a_token_source_is_refused(name: str, value: object) -> None:
    parameter, build = TOKENS[name]

    assert str(refused(build, value)).startswith(f"{parameter}: ")


@pytest.mark.parametrize("build", [pair[1] for pair in ANY_TEXT.values()], ids=ANY_TEXT)
@pytest.mark.parametrize("value", ["a:b", "a+b", "a%b", "a&b", "a b", "a'b\"c", "é€", "a/b=c"])
def test_what_the_wire_encodes_is_accepted(build: Build, value: str) -> None:
    assert build(value)


@pytest.mark.parametrize("value", ["a:b", "a+b%&/=", "it's"])
@pytest.mark.parametrize("build", [DastraApiKey, DtzBearer])
def test_a_header_token_may_hold_any_visible_ascii(build: Build, value: str) -> None:
    assert build(value)


@pytest.mark.parametrize("build", [pair[1] for pair in ENDPOINTS.values()], ids=ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "https://account.dastra.eu/connect/token",
        "HTTPS://ACCOUNT.DASTRA.EU/connect/token",
        "https://account.dastra.eu:443/connect/token",
        "https://account.dastra.eu./connect/token",
        "https://[2001:db8::1]/token",
        "https://[2001:db8::1]:8443/token",
        "http://localhost/token",
        "http://LOCALHOST:8000/token",
        "http://127.0.0.1:8000/token",
        "http://127.1.2.3/token",
        "http://[::1]:8000/token",
    ],
)
def test_an_https_or_loopback_url_is_accepted(build: Build, url: str) -> None:
    assert build(url)


@pytest.mark.parametrize("build", [pair[1] for pair in ORIGINS.values()], ids=ORIGINS)
@pytest.mark.parametrize(
    "origin",
    [
        "https://api.dastra.eu",
        "https://api.dastra.eu/",
        "HTTPS://API.DASTRA.EU",
        "https://api.dastra.eu:8443",
        "https://bücher.example",
        "https://[2001:db8::1]",
        "http://localhost:8000",
        "http://127.0.0.1",
        "http://[::1]:8000",
    ],
)
def test_an_exact_origin_is_accepted(build: Build, origin: str) -> None:
    assert build([origin])


def test_origins_may_come_from_a_generator() -> None:
    auth = DastraApiKey("private", origins=(f"https://{name}.example" for name in "ab"))

    assert "https://a.example" in repr(auth)


@pytest.mark.parametrize(
    ("build", "variable"),
    [
        (DastraClientCredentials, "DASTRA_PUBLIC_KEY"),
        (DastraApiKey, "DASTRA_PRIVATE_KEY"),
        (DtzApiKey, "DTZ_API_KEY"),
        (DtzQueryKey, "DTZ_API_KEY"),
        (DtzBearer, "DTZ_USERNAME"),
        (DtzBasic, "DTZ_USERNAME"),
        (DtzCookie, "DTZ_USERNAME"),
        (DtzLogin, "DTZ_USERNAME"),
    ],
)
def test_a_variable_that_is_not_set_is_named(
    build: Any, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DASTRA_PUBLIC_KEY", "DASTRA_PRIVATE_KEY", "DTZ_API_KEY", "DTZ_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DTZ_USERNAME", raising=False)

    assert variable in str(refused(lambda _: build.from_env(), None))


@pytest.mark.parametrize(
    "auth",
    [
        DastraClientCredentials("public", HEAD),
        DastraApiKey(HEAD),
        DtzApiKey(f"apikey-{HEAD}"),
        DtzBearer(HEAD),
        DtzBearer(DtzLogin("user", HEAD)),
        DtzBasic("bearer", HEAD),
        DtzCookie(HEAD),
        DtzQueryKey(f"apikey-{HEAD}"),
        DtzLogin("user", HEAD),
    ],
    ids=lambda auth: type(auth).__name__,
)
def test_repr_shows_no_secret(auth: object) -> None:
    assert HEAD not in repr(auth)
