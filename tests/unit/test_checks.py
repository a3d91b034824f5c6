"""What constructors refuse, and that a refusal never shows what it refused."""

import enum
import pickle
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
)
from unit.table_inputs import (
    ANY_TEXT,
    CONTEXTS,
    DTZ_KEYS,
    ENDPOINTS,
    HEAD,
    IDENTITY_URL,
    KEY_PAIR,
    NO_COOKIE,
    NO_DTZ_KEY,
    NO_SCOPE,
    NO_TEXT,
    NO_TOKEN,
    NUMBER,
    ORIGINS,
    OTHERS,
    SCOPE,
    TAIL,
    TOKEN_URL,
    TOKENS,
    Build,
    Parameters,
)
from unit.table_urls import NO_ORIGIN, NO_ORIGINS, NO_TARGET, NO_URL
from unit.told import told

NO_PLACE_FOR_KEYS: Parameters = {**TOKENS, **CONTEXTS, **KEY_PAIR}
ONE_ORIGIN: Parameters = {"DastraApiKey.origins": ORIGINS["DastraApiKey.origins"]}


def refused(build: Build, value: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        build(value)
    return caught.value


def tables(*pairs: tuple[Parameters, dict[str, Any]]) -> pytest.MarkDecorator:
    rows = [
        pytest.param(parameter, build, value, id=f"{name}-{what.replace(' ', '_')}")
        for parameters, values in pairs
        for name, (parameter, build) in parameters.items()
        for what, value in values.items()
    ]
    return pytest.mark.parametrize(("parameter", "build", "value"), rows)


def builders(*parameters: Parameters) -> pytest.MarkDecorator:
    rows = {name: pair[1] for each in parameters for name, pair in each.items()}
    return pytest.mark.parametrize("build", rows.values(), ids=rows)


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {what: value for what, value in values.items() if what not in names}


def listed(values: dict[str, Any]) -> dict[str, Any]:
    return {what: [value] for what, value in values.items()}


def parts_of(value: object) -> set[str]:
    """Give every four characters in a row of what the bad values are made of."""
    texts = [text.lower() for text in (HEAD, TAIL, str(NUMBER)) if text in repr(value)]
    return {text[start : start + 4] for text in texts for start in range(len(text) - 3)}


every_refusal = tables(
    (ANY_TEXT, NO_TEXT),
    (SCOPE, NO_SCOPE),
    (TOKENS, NO_TOKEN),
    (NO_PLACE_FOR_KEYS, {"a key of DTZ": f"apikey-{HEAD}"}),
    (CONTEXTS, without(NO_TOKEN, "None")),
    (DTZ_KEYS, NO_DTZ_KEY),
    ({"DtzCookie.token": TOKENS["DtzCookie.token"]}, NO_COOKIE),
    ({"DtzBasic.password": TOKENS["DtzBasic.password"]}, {"a colon": f"{HEAD}:{TAIL}"}),
    ({"DtzBasic.apikey": DTZ_KEYS["DtzBasic.apikey"]}, {"a colon": f"apikey-{HEAD}:{TAIL}"}),
    (ENDPOINTS, {**NO_URL, **NO_TARGET}),
    (IDENTITY_URL, {"a query": f"https://{HEAD}.example/api?{TAIL}"}),
    (ONE_ORIGIN, listed({**without(NO_URL, "an international name"), **NO_ORIGIN})),
    (ORIGINS, NO_ORIGINS),
    *OTHERS,
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
    error = refused(build, value)
    shown = told(error).lower()

    assert {part for part in parts_of(value) if part in shown} == set()
    assert (error.__cause__, error.__context__) == (None, None)


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


@builders(ANY_TEXT)
@pytest.mark.parametrize("value", ["a:b", "a+b", "a%b", "a&b", "a b", "a'b\"c", "é€", "a/b=c"])
def test_what_the_wire_encodes_is_accepted(build: Build, value: str) -> None:
    assert build(value)


@builders(SCOPE)
@pytest.mark.parametrize("value", ["api1", "api1 offline_access", "urn:a/b?c=d&e+f%", "[a]'{b}"])
def test_a_scope_of_words_is_accepted(build: Build, value: str) -> None:
    assert build(value)


@pytest.mark.parametrize("value", ["a:b", "a+b%&/=", "it's", '"quoted"'])
@pytest.mark.parametrize("build", [DastraApiKey, DtzBearer])
def test_a_header_token_may_hold_any_visible_ascii(build: Build, value: str) -> None:
    assert build(value)


@builders(ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "https://account.dastra.eu/connect/token",
        "https://account.dastra.eu",
        "HTTPS://ACCOUNT.DASTRA.EU/connect/token",
        "https://account.dastra.eu:443/connect/token",
        "https://account_1.dastra-2.eu/connect/token/",
        "https://xn--bcher-kva.example/token",
        "https://account.dastra.eu/a%2Fb/~c.d/(e);f=1,2@g:h!$&'*+",
        "https://192.0.2.1/token",
        "https://[2001:db8::1]/token",
        "https://[2001:DB8::1]:8443/token",
        "http://localhost/token",
        "http://LOCALHOST:8000/token",
        "http://127.0.0.1:8000/token",
        "http://127.1.2.3/token",
        "http://[::1]:8000/token",
    ],
)
def test_an_https_or_loopback_url_is_accepted(build: Build, url: str) -> None:
    assert build(url)


@builders(TOKEN_URL)
@pytest.mark.parametrize("query", ["tenant=1", "next=https%3A%2F%2Fa%2Fb", "/a?b=c'd"])
def test_the_query_of_a_token_url_is_accepted(build: Build, query: str) -> None:
    assert build(f"https://account.dastra.eu/connect/token?{query}")


@builders(ORIGINS)
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


def test_an_origin_that_is_given_twice_counts_once() -> None:
    twice = ["https://a.example", "https://A.example:443/", "https://a.example"]

    assert DastraApiKey("private", origins=twice) == DastraApiKey(
        "private", origins=["https://a.example"]
    )


class Configured(str, enum.Enum):  # noqa: UP042  # a StrEnum prints as its text
    """A setting that is a str, and prints as the name that the code has for it."""

    WORD = "bearer"


@pytest.mark.parametrize(
    "build",
    [
        lambda word: DtzBasic(word, "token"),
        lambda word: DtzBasic("bearer", word),
        DtzCookie,
        lambda word: DtzLogin(word, "password"),
        lambda word: DtzLogin("user", "password", context_id=word),
        lambda word: DastraClientCredentials(word, "private"),
    ],
    ids=["DtzBasic.username", "DtzBasic", "DtzCookie", "username", "context_id", "public_key"],
)
def test_a_member_of_an_enum_counts_as_the_text_it_is(build: Build) -> None:
    assert b"Configured" not in pickle.dumps(build(Configured.WORD))


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
