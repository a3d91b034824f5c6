"""Wherever redirects lead a call, its credential arrives at its own origins and nowhere else."""

import base64
import itertools
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from dtz_dastra_auth.testing import Tunnel
from security import hops
from security.hop_clients import WAYS, HopClient, Way
from security.hop_credentials import CREDENTIALS, Holding
from security.hop_server import HopServer
from security.hops import CHAINS, STATUSES, Case, Check

Clients = Callable[[Way], HopClient]

MATRIX = [
    Case(way, credential, chain, status)
    for way, credential, chain, status in itertools.product(WAYS, CREDENTIALS, CHAINS, STATUSES)
    if credential.renews or not chain.renewed
]
_chain = {chain.name: chain for chain in CHAINS}.__getitem__
_credential = {credential.name: credential for credential in CREDENTIALS}.__getitem__
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": quote,
    "percent-encoded": lambda text: "".join(f"%{letter:02x}" for letter in text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64-behind-one": lambda text: base64.b64encode(b":" + text.encode()).decode(),
    "base64-behind-two": lambda text: base64.b64encode(b"a:" + text.encode()).decode(),
    "base64-for-urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "without-its-end": lambda text: text[:-10],
    "without-its-beginning": lambda text: text[10:],
}


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.id)
def test_a_credential_arrives_at_its_own_origins_and_nowhere_else(
    case: Case, places: HopServer, client_for: Clients
) -> None:
    holding = Holding(case.credential)
    auth = holding.auth(origins=hops.allowed_origins(places), asks=case.asks)
    assert hops.run(case, places, client_for(case.way), auth, holding) == []


def test_the_matrix_has_several_thousand_cases_and_every_client() -> None:
    assert len(MATRIX) == len({case.id for case in MATRIX}) == 8820


# What follows shows that the matrix finds out what it is there for.


def _careless(*headers: tuple[str, str]) -> Callable[[Any], Any]:
    """Make the auth object that everybody writes; it serves requests and httpx alike."""

    def auth(request: Any) -> Any:
        request.headers.update(dict(headers))
        return request

    return auth


@pytest.fixture
def try_careless(places: HopServer, client_for: Clients) -> Callable[..., list[str]]:
    """Run a case with a careless auth object, and give what the matrix finds."""

    def try_careless(
        chain: str, send: Callable[[str], list[tuple[str, str]]], way: Way = WAYS[0], **which: str
    ) -> list[str]:
        credential = _credential(which.get("credential", "dastra-key"))
        holding = Holding(credential)
        auth = _careless(*send(holding.tokens[0].text))
        case = Case(way, credential, _chain(chain), 302)
        found = hops.run(case, places, client_for(way), auth, holding)
        return [each.replace(holding.tokens[0].text, "TOKEN") for each in found]

    return try_careless


def _as_key(token: str) -> list[tuple[str, str]]:
    return [("X-API-KEY", token)]


@pytest.mark.parametrize(
    "name", ["foreign", "other-port", "plain-http", "foreign-and-on", "foreign-401"]
)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.id)
def test_a_key_that_follows_a_redirect_is_found_out_in_every_client(
    way: Way, name: str, places: HopServer, try_careless: Callable[..., list[str]]
) -> None:
    found = try_careless(name, _as_key, way)
    assert [each for each in found if "the token" in each] == [
        f"hop {number} to {place.authority(places)}/v1/{number}: the token is there 1 times, not 0"
        for number, place in enumerate(_chain(name).places)
        if not place.allowed
    ]


@pytest.mark.parametrize("encode", FORMS.values(), ids=FORMS)
def test_a_secret_in_another_form_is_found_out(
    encode: Callable[[str], str], try_careless: Callable[..., list[str]]
) -> None:
    found = try_careless("foreign", lambda token: [("X-Request-Id", encode(token))])
    assert [each for each in found if each.endswith(": the token is there 1 times, not 0")]


def test_a_second_copy_is_found_out(try_careless: Callable[..., list[str]]) -> None:
    found = try_careless("same-origin", lambda token: [*_as_key(token), ("X-Too", token)])
    assert sum(each.endswith(": the token is there 2 times, not 1") for each in found) == 2


def test_a_credential_that_gets_lost_is_found_out(try_careless: Callable[..., list[str]]) -> None:
    found = try_careless("same-origin", lambda token: [])
    assert sum(each.endswith(": x-api-key is (), not ('TOKEN',)") for each in found) == 2


def test_a_cookie_that_spoils_a_dtz_credential_is_found_out(
    try_careless: Callable[..., list[str]],
) -> None:
    found = try_careless("same-origin", _as_key, credential="dtz-key")
    assert sum(each.endswith(": cookie is ('jar-a=kept',), not ()") for each in found) == 2


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.kind == "httpx.Client"], ids=lambda way: way.id
)
def test_a_foreign_401_that_gets_an_answer_is_found_out(
    way: Way, places: HopServer, client_for: Clients
) -> None:
    class Stubborn(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, Any, None]:
            response = yield request
            yield response.request

    holding = Holding(_credential("bearer"))
    case = Case(way, holding.credential, _chain("foreign-401"), 302)
    found = hops.run(case, places, client_for(way), Stubborn(), holding)
    again = f"hop 2 to {hops.FOREIGN.authority(places)}/v1/1"
    assert f"{again}: is one too many, or out of turn" in found


def test_a_function_that_is_asked_too_often_is_found_out(
    places: HopServer, client_for: Clients
) -> None:
    holding = Holding(_credential("bearer"))
    case = Case(WAYS[0], holding.credential, _chain("foreign-401"), 302)
    ask = holding.auth(origins=hops.allowed_origins(places), asks=True)

    def twice(request: Any) -> Any:
        return ask(ask(request))

    found = hops.run(case, places, client_for(case.way), twice, holding)
    assert "the function was asked 2 times, not 1" in found


def test_a_secret_shown_to_the_proxy_is_found_out(places: HopServer, client_for: Clients) -> None:
    [way, *_] = [way for way in WAYS if way.proxied]
    holding = Holding(_credential("bearer"))
    case = Case(way, holding.credential, _chain("foreign"), 302)
    places.begin({})
    headers = (("X-Api-Key", holding.tokens[0].text),)
    places.proxy._log.append(Tunnel("a.example", 443, headers, 200))
    found = Check(case, places, client_for(way), holding).proxy()
    assert "a secret in the CONNECT request for a.example" in found


def test_a_jar_that_is_changed_is_found_out(places: HopServer, client_for: Clients) -> None:
    client = client_for(WAYS[0])
    client._jar.set("more", "x", domain="a.example")
    assert client.jar_is_touched()
    assert not client.jar_is_touched()
