"""Callers that mix things up are told so, and nothing of theirs is shown or sent."""

from collections.abc import Callable
from typing import Any

import pytest

from clients import Client
from dtz_dastra_auth import (
    AuthError,
    ConfigurationError,
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from unit.told import told

Connect = Callable[..., Client]

DASTRA_URL = "https://api.dastra.eu/v1/workspaces"
DTZ_URL = "https://api.dtz.rocks/v1/me"

HEAD, TAIL = "Zx9hunter", "Qv7rabbit"

ANSWERS: dict[str, Any] = {
    "None": None,
    "an int": 987123654,
    "bytes": HEAD.encode(),
    "a pair": (HEAD, TAIL),
    "empty": "",
    "blanks": "  ",
    "a newline behind": f"{HEAD}\n",
    "a byte order mark before": f"\ufeff{HEAD}",
    "a second header": f"{HEAD}\r\nX-Evil: {TAIL}",
    "NUL inside": f"{HEAD}\x00{TAIL}",
    "a space inside": f"{HEAD} {TAIL}",
    "a letter beyond ASCII": f"{HEAD}é",
    "half a surrogate": f"{HEAD}\ud800",
    "a key": f"apikey-{HEAD}",
}
COOKIES = {
    "a semicolon": f"{HEAD};{TAIL}",
    "a comma": f"{HEAD},{TAIL}",
    "quotes": f'"{HEAD}"',
    "the cookie's name": f"dtz-auth={HEAD}",
}

ASKED: dict[str, tuple[Callable[[Callable[[], Any]], Any], str, dict[str, Any]]] = {
    "DtzBearer": (DtzBearer, "token()", ANSWERS),
    "DtzCookie": (DtzCookie, "token()", {**ANSWERS, **COOKIES}),
    "DtzBasic": (
        lambda function: DtzBasic("bearer", function),
        "password()",
        {**ANSWERS, "a colon": f"{HEAD}:"},
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_function_that_gives_no_token_is_named_and_its_answer_is_neither_shown_nor_sent(
    name: str, connect: Connect, dtz: DtzStandIn
) -> None:
    build, parameter, answers = ASKED[name]
    given: list[Any] = []
    client = connect(build(lambda: given[-1]))

    for what, answer in answers.items():
        given.append(answer)
        with pytest.raises(ConfigurationError) as caught:
            client.get(DTZ_URL)
        shown = told(caught.value)
        assert str(caught.value).startswith(f"{parameter}: "), what
        assert [part for part in (HEAD, TAIL, "987123") if part in shown] == [], what
    assert dtz.requests == []


@pytest.mark.parametrize("header", ["Authorization", "X-API-KEY"])
def test_an_empty_header_set_by_hand_goes_out_alone_and_its_401_is_handed_back(
    header: str, connect: Connect, dtz: DtzStandIn
) -> None:
    client = connect(DtzBearer(dtz.make_token))

    assert client.get(DTZ_URL, headers={header: ""}).status_code == 401
    [call] = dtz.requests
    ours = ("authorization", "x-api-key", "cookie")
    sent = [(name.lower(), value) for name, value in call.headers if name.lower() in ours]
    assert sent == [(header.lower(), "")]


def test_a_login_in_the_place_of_an_auth_object_is_told_where_it_goes(
    connect: Connect, dtz: DtzStandIn
) -> None:
    client = connect(DtzLogin(f"{HEAD}@example.org", TAIL))

    with pytest.raises(ConfigurationError, match=r"auth=DtzBearer\(DtzLogin\(") as caught:
        client.get(DTZ_URL)

    assert HEAD not in told(caught.value)
    assert TAIL not in told(caught.value)
    assert dtz.requests == []


@pytest.mark.parametrize(
    ("auth", "parameter"),
    [
        (DtzApiKey, "api_key"),
        (DtzQueryKey, "api_key"),
        (DastraApiKey, "private_key"),
        (DtzBearer, "token"),
        (DtzCookie, "token"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_class_in_the_place_of_its_object_is_told_what_it_lacks(
    auth: Any, parameter: str, connect: Connect, dtz: DtzStandIn
) -> None:
    said = f"^{parameter}: expected a str, got .*; pass an object, not the class$"
    with pytest.raises(ConfigurationError, match=said):
        connect(auth).get(DTZ_URL)
    assert dtz.requests == []


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: DtzApiKey((HEAD, TAIL)), "api_key: expected a str, got tuple"),  # type: ignore[arg-type]
        (lambda: DtzApiKey(f"context-{HEAD}"), "starts with 'apikey-'"),
        (
            lambda: DtzApiKey("apikey-1", context_id=f"apikey-{HEAD}"),
            "context_id: an API key of DTZ",
        ),
        (lambda: DtzBearer(f"apikey-{HEAD}"), "token: an API key of DTZ"),
        (lambda: DtzCookie(f"apikey-{HEAD}"), "token: an API key of DTZ"),
        (lambda: DtzCookie(f"dtz-auth={HEAD}"), "token: no 'dtz-auth=' belongs before it"),
        (
            lambda: DtzBasic("bearer", f"apikey-{HEAD}"),
            "password: an API key of DTZ needs the user name 'apikey'",
        ),
        (lambda: DastraApiKey(f"apikey-{HEAD}"), "private_key: an API key of DTZ"),
        (
            lambda: DastraClientCredentials(f"apikey-{HEAD}", "private"),
            "public_key: an API key of DTZ",
        ),
        (
            lambda: DastraClientCredentials("public", f"apikey-{HEAD}"),
            "private_key: an API key of DTZ",
        ),
        (lambda: DtzBearer(f"Bearer {HEAD}"), "no 'Bearer ' belongs before it"),
        (lambda: DtzBasic(f"apikey-{HEAD}", "apikey"), "username: has to be 'apikey' or 'bearer'"),
        (lambda: DtzBearer(DtzApiKey(f"apikey-{HEAD}")), "a str, a function or a token source"),  # type: ignore[arg-type]
        (
            lambda: DastraClientCredentials("public", HEAD, origins="https://api.dastra.eu"),
            "origins: expected a list",
        ),
    ],
    ids=[
        "a pair for a key",
        "a context for a key",
        "a key for a context",
        "a key for a token",
        "a key for a cookie",
        "a cookie's name before its value",
        "a key for a token in Basic",
        "a key for the other service",
        "a key for the other service's public key",
        "a key for the other service's private key",
        "the scheme before a token",
        "a user name and secret swapped",
        "an auth object for a token",
        "a str for a list of origins",
    ],
)
def test_what_was_mixed_up_is_said_in_a_sentence(build: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build()
    assert said in str(caught.value)
    assert HEAD not in told(caught.value)


def test_a_pair_whose_keys_were_swapped_is_refused_without_showing_the_private_one(
    connect: Connect, dastra: DastraStandIn
) -> None:
    auth = DastraClientCredentials(dastra.private_key, dastra.public_key)

    with pytest.raises(TokenError, match=r"refused Dastra public key .*: invalid_client") as caught:
        connect(auth).get(DASTRA_URL)

    assert dastra.private_key[:5] not in told(caught.value) + repr(auth)


def test_a_login_whose_halves_were_swapped_is_refused_without_showing_the_password(
    connect: Connect, dtz: DtzStandIn
) -> None:
    login = DtzLogin(dtz.password, dtz.username)

    with pytest.raises(AuthError) as caught:
        connect(DtzBearer(login)).get(DTZ_URL)

    assert dtz.password not in told(caught.value) + repr(login)
