"""Calls whose secrets come back in places and codings of all kinds."""

import base64
import gzip
import html
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from dtz_dastra_auth import DtzApiKey, DtzCookie, DtzQueryKey, TokenError
from dtz_dastra_auth.testing import StandIns
from tools.testing.recipes.cassettes import DASTRA, DTZ, METHODS, call

Scene = Callable[[str, StandIns], None]
IDENTITY = "https://identity.dtz.rocks/api/2021-02-21"
GZIP = {"Content-Encoding": "gzip"}


def _get(client: str, services: StandIns, method: str, **options: Any) -> None:
    url, make = METHODS[method]
    try:
        call(client, url, make(services), **options)
    except TokenError:
        return


def _blob(services: StandIns) -> str:
    dastra = services.dastra
    return base64.b64encode(f"{dastra.public_key}:{dastra.private_key}".encode()).decode()


def a_refusal_that_repeats_the_key(client: str, services: StandIns) -> None:
    said = f"no client has {services.dastra.private_key} or Basic {_blob(services)}"
    answer = {"error": "invalid_client", "error_description": said}
    services.dastra.answer(answer, 400, on="token")
    _get(client, services, "dastra pair")


def a_token_answer_in_gzip(client: str, services: StandIns) -> None:
    token = services.dastra.make_token()
    body = gzip.compress(json.dumps({"access_token": token, "expires_in": 60}).encode())
    services.dastra.fail(200, headers=GZIP, body=body, on="token")
    _get(client, services, "dastra pair")


def a_token_answer_in_gzip_that_breaks_off(client: str, services: StandIns) -> None:
    token = services.dastra.make_token()
    body = gzip.compress(json.dumps({"access_token": token}).encode())[:-9]
    services.dastra.fail(200, headers=GZIP, body=body, on="token")
    _get(client, services, "dastra pair")


def a_token_answer_in_an_unknown_coding(client: str, services: StandIns) -> None:
    token = services.dastra.make_token()
    body = gzip.compress(json.dumps({"access_token": token}).encode())
    services.dastra.fail(200, headers={"Content-Encoding": "x-own"}, body=body, on="token")
    _get(client, services, "dastra pair")


def a_token_answer_that_breaks_off(client: str, services: StandIns) -> None:
    body = json.dumps({"expires_in": 60, "access_token": services.dastra.make_token()}).encode()
    services.dastra.fail(200, body=body[:-1], on="token")
    _get(client, services, "dastra pair")


def a_token_answer_with_everything_twice(client: str, services: StandIns) -> None:
    first, second = services.dastra.make_token(), services.dastra.make_token()
    body = f'{{"access_token":"{first}","access_token":"{second}","scope":"{first}"}}'.encode()
    services.dastra.fail(200, body=body, content_type="application/json", on="token")
    _get(client, services, "dastra pair")


def further_tokens_in_an_answer(client: str, services: StandIns) -> None:
    names = ("access_token", "refresh_token", "id_token", "refreshToken")
    answer: dict[str, Any] = {name: services.dastra.make_token() for name in names}
    services.dastra.answer({"data": [answer], **answer}, on="token")
    _get(client, services, "dastra pair")


def a_login_that_sets_its_cookie(client: str, services: StandIns) -> None:
    token = services.dtz.make_token()
    cookie = ("Set-Cookie", f"dtz-auth={token}; Path=/; HttpOnly; Secure")
    answer = {"access_token": token, "expires_in": 60, "token_type": "Bearer"}
    on = lambda request: request.is_token_request  # noqa: E731
    services.dtz.answer(answer, headers=[("Set-Cookie", "a=b"), cookie], on=on)
    _get(client, services, "dtz cookie")


def a_redirect_to_the_login_page(client: str, services: StandIns) -> None:
    services.dtz.redirect_unauthenticated = True
    services.dtz.fail(401, times=2)
    call(client, DTZ, DtzQueryKey(services.dtz.api_key))
    key, known = services.dtz.api_key, services.dtz.context_id
    services.dtz.reset()
    services.dtz.redirect(f"https://identity.dtz.rocks/login/?rd={quote(DTZ + '?apiKey=' + key)}")
    call(client, f"{DTZ}?contextId={known}", DtzQueryKey(key))


def the_query_key_in_many_forms(client: str, services: StandIns) -> None:
    key = services.dtz.api_key
    services.dtz.answer({"you": key, "hex": key.encode().hex(), "part": key[7:]})
    call(client, DTZ, DtzQueryKey(key))
    services.dtz.fail(200, body=base64.encodebytes(f"the key is {key}, as you know".encode()))
    call(client, DTZ, DtzQueryKey(key))


def cookies_that_are_repeated(client: str, services: StandIns) -> None:
    # Opaque tokens, which no shape gives away.
    sent, session = services.dastra.make_token(), services.dastra.make_token()
    cookie = {"Set-Cookie": f"session={session}; Path=/"}
    services.dtz.fail(200, headers=cookie, body=f"{sent} {session}".encode())
    call(client, DTZ, DtzCookie(sent))


def an_echo_of_the_whole_request(client: str, services: StandIns) -> None:
    for method in ("dastra pair", "dastra key"):
        _, make = METHODS[method]
        call(client, "https://api.dastra.eu/v1/echo", make(services), "POST", data={"a": "b"})
    for method in ("dtz key", "dtz login", "dtz basic", "dtz basic login", "dtz cookie"):
        _, make = METHODS[method]
        call(client, "https://api.dtz.rocks/v1/echo", make(services))


def answers_in_many_codings(client: str, services: StandIns) -> None:
    key = services.dastra.private_key
    for before in ("", "k", "of"):
        services.dastra.answer({"blob": base64.b64encode(f"{before}{key}!".encode()).decode()})
        _get(client, services, "dastra key")
    for text in (f"<p>{html.escape(key)}</p>", key.encode().hex().upper(), f"{key.upper()};"):
        services.dastra.fail(200, body=text.encode(), headers={"X-Request": f"by={key}"})
        _get(client, services, "dastra key")
    for body in (gzip.compress(key.encode()), gzip.compress(key.encode())[:-9]):
        services.dastra.fail(200, headers=GZIP, body=body)
        _get_unless_broken(client, services)
    services.dastra.fail(200, body=key.encode("utf-16"))
    _get(client, services, "dastra key")


def bodies_of_the_callers_own(client: str, services: StandIns) -> None:
    dtz = services.dtz
    login = {"username": dtz.username, "password": dtz.password}
    call(client, f"{IDENTITY}/token/auth", None, "POST", json=login)
    call(client, f"{IDENTITY}/auth/apikey", None, "POST", json={"apiKey": dtz.api_key})
    form = {"grant_type": "x", "client_secret": services.dastra.private_key}
    call(client, "https://account.dastra.eu/connect/token", None, "POST", data=form)
    content = "data" if client == "requests" else "content"
    if not client.endswith("async"):
        call(client, DTZ, DtzApiKey(dtz.api_key), "POST", **{content: _pieces(dtz.api_key)})
        file = io.BytesIO(dtz.api_key.encode())
        call(client, DTZ, DtzApiKey(dtz.api_key), "POST", **{content: file})


def a_url_with_a_password_in_it(client: str, services: StandIns) -> None:
    dastra = services.dastra
    call(client, f"https://me:{dastra.private_key}@api.dastra.eu/v1/workspaces", None)
    call(client, f"{DASTRA}?access_token={dastra.private_key}#{dastra.private_key}", None)


def headers_of_the_callers_own(client: str, services: StandIns) -> None:
    dastra, token = services.dastra, services.dtz.make_token()
    sent = {"Proxy-Authorization": f"Basic {_blob(services)}", "X-Note": f"is {_blob(services)}"}
    call(client, DASTRA, None, headers={**sent, "x-api-key": dastra.private_key})
    call(client, DTZ, None, headers={"cookie": f"a=b; dtz-auth={token}", "X-Note": token})
    call(client, DTZ, None, headers={"X-API-KEY": services.dtz.api_key.encode()})


def _get_unless_broken(client: str, services: StandIns) -> None:
    try:
        _get(client, services, "dastra key")
    except Exception as error:
        assert "decod" in repr(error).lower() or "incomplete" in repr(error).lower()  # noqa: PT017


def _pieces(text: str) -> Iterator[bytes]:
    yield text[:9].encode()
    yield text[9:].encode()


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        a_refusal_that_repeats_the_key,
        a_token_answer_in_gzip,
        a_token_answer_in_gzip_that_breaks_off,
        a_token_answer_in_an_unknown_coding,
        a_token_answer_that_breaks_off,
        a_token_answer_with_everything_twice,
        further_tokens_in_an_answer,
        a_login_that_sets_its_cookie,
        a_redirect_to_the_login_page,
        the_query_key_in_many_forms,
        cookies_that_are_repeated,
        an_echo_of_the_whole_request,
        answers_in_many_codings,
        bodies_of_the_callers_own,
        a_url_with_a_password_in_it,
        headers_of_the_callers_own,
    )
}
