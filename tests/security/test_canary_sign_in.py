"""The canary run finds codes, verifiers and refresh tokens that are out of their place."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from canary import wire
from canary.kinds import is_random
from canary.search import Index
from canary.watch import Watch, watching
from canary.wire import Arrival
from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI
from dtz_dastra_auth import (
    CredentialFilter,
    DastraAuthorizationCode,
    DastraRefreshToken,
    DtzAuthorizationCode,
    DtzBearer,
    code_from_callback,
    dastra_authorization_url,
    dtz_authorization_url,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from security import leaks
from security.leaks_sign_in import BODIES, PLACES, SECRETS
from security.scenes_wire import WITH_A_JAR

Connect = Callable[..., Client]
EACH_SECRET = pytest.mark.parametrize("name", SECRETS)
# Whatever the client, an error is looked at in the same way; `test_canary.py` has all of them.
ONE_OF_EACH = pytest.mark.parametrize("kind", ["requests.Session", "httpx.Client"])
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def watch(stand_ins: StandIns) -> Iterator[Watch]:
    """Watch apart from the run, which would fail the very test that makes a leak."""
    with watching(Watch(CredentialFilter())) as watch:
        watch.services_secrets([stand_ins.dastra, stand_ins.dtz])
        yield watch


def found(watch: Watch, name: str, where: str) -> bool:
    told = f"{SECRETS[name][1]} in the {where} ("
    return any(finding.startswith(told) for finding in watch.findings())


@pytest.mark.parametrize("way", leaks.OUTSIDE_CALLS)
@EACH_SECRET
def test_whatever_shows_a_secret_of_a_sign_in_is_caught(
    name: str, way: str, watch: Watch, stand_ins: StandIns
) -> None:
    leak, where = leaks.OUTSIDE_CALLS[way]
    kept = leak(SECRETS[name][0](stand_ins))
    assert found(watch, name, where), watch.findings()
    del kept


@pytest.mark.parametrize("coding", leaks.CODINGS)
@EACH_SECRET
def test_a_secret_of_a_sign_in_is_caught_in_any_coding(
    name: str, coding: str, watch: Watch, stand_ins: StandIns
) -> None:
    code, _ = leaks.CODINGS[coding]
    leaks.in_a_log_record(f"before {code(SECRETS[name][0](stand_ins))} behind")
    assert found(watch, name, "log record of third.party (DEBUG)")


@pytest.mark.parametrize("way", leaks.IN_ERRORS)
@EACH_SECRET
@ONE_OF_EACH
def test_an_error_with_a_secret_of_a_sign_in_is_caught(
    name: str, way: str, connect: Connect, watch: Watch, stand_ins: StandIns
) -> None:
    leak, where = leaks.IN_ERRORS[way]
    secret = SECRETS[name][0](stand_ins)
    with pytest.raises((ValueError, ExceptionGroup)):
        connect(leaks.Leaking(lambda request: leak(secret, request))).get(DASTRA_URL)
    assert found(watch, name, where), watch.findings()


@pytest.mark.parametrize("url", [DASTRA_URL, DTZ_URL, *dict.fromkeys(BODIES.values())])
@EACH_SECRET
def test_a_header_with_a_secret_of_a_sign_in_is_caught_wherever_it_is_sent(
    name: str, url: str, connect: Connect, watch: Watch, stand_ins: StandIns
) -> None:
    secret = SECRETS[name][0](stand_ins)
    auth = leaks.Leaking(lambda request: leaks.in_a_plain_header(secret, request))
    connect(auth).get(url)
    is_asked = url.endswith("/token")
    kind = "token request" if is_asked else "request"
    origin = url.partition("//")[2].partition("/")[0]
    assert found(watch, name, f"x-api-key of a {kind} to https://{origin}"), watch.findings()


@EACH_SECRET
def test_a_query_with_a_secret_of_a_sign_in_is_caught(
    name: str, connect: Connect, watch: Watch, stand_ins: StandIns
) -> None:
    secret = SECRETS[name][0](stand_ins)
    auth = leaks.Leaking(lambda request: leaks.in_the_query(secret, request))
    connect(auth).get(DTZ_URL)
    assert found(watch, name, "query apiKey of a request to https://api.dtz.rocks")
    assert found(watch, name, "url of response")


def stray_parts(watch: Watch, arrival: Arrival) -> list[str]:
    return list(wire.strays([arrival], Index(watch.canaries.all())))


def arrival_at(place: str, services: StandIns, **parts: Any) -> Arrival:
    """Make up what arrives somewhere."""
    url = urlsplit(place)
    origin = f"https://{url.netloc}"
    owners = [each for each in (services.dastra, services.dtz) if url.hostname in each.hosts]
    house = {DastraStandIn: "dastra", DtzStandIn: "dtz"}[type(owners[0])] if owners else ""
    homes = frozenset(f"https://{host}" for each in owners for host in each.hosts)
    is_asked = any(each.is_token_request(url.netloc, url.path) for each in owners)
    target = url.path + (f"?{url.query}" if url.query else "")
    return Arrival(house, homes, origin, target, (), parts.get("body", b""), is_asked)


@pytest.mark.parametrize("place", PLACES)
@EACH_SECRET
def test_the_body_of_one_request_alone_may_have_a_secret_of_a_sign_in(
    name: str, place: str, watch: Watch, stand_ins: StandIns
) -> None:
    secret = SECRETS[name][0](stand_ins)
    body = urlencode({"grant_type": "x", "code": secret}).encode()
    strays = stray_parts(watch, arrival_at(place, stand_ins, body=body))
    assert (strays == []) == (place == BODIES[name]), strays


def test_a_drawn_secret_that_looks_like_a_word_may_go_where_its_object_is_told(
    watch: Watch, stand_ins: StandIns
) -> None:
    drawn, url = "refresh_token_that_chance_has_made_of_words", "https://[::1]/connect/token"
    assert not is_random(drawn)
    watch.canaries.add(drawn, "Dastra refresh token", "refresh_token", houses={"dastra"})
    arrival = replace(arrival_at(url, stand_ins, body=drawn.encode()), is_token_request=True)
    assert stray_parts(watch, arrival) != []
    DastraRefreshToken(drawn, "public", "private", token_url=url)
    assert stray_parts(watch, arrival) == []


@pytest.mark.parametrize("parameter", ["code", "state", "apiKey"])
@pytest.mark.parametrize("place", PLACES)
@EACH_SECRET
def test_a_code_alone_may_be_in_a_query_and_that_of_its_callback_alone(
    name: str, place: str, parameter: str, watch: Watch, stand_ins: StandIns
) -> None:
    secret = SECRETS[name][0](stand_ins)
    arrival = arrival_at(f"{place}?{parameter}={secret}", stand_ins)
    strays = stray_parts(watch, arrival)
    is_callback = (place, parameter) == (REDIRECT_URI, "code")
    assert (strays == []) == (is_callback and name.endswith("code")), strays


def test_a_code_in_any_other_part_of_its_callback_is_caught(
    watch: Watch, stand_ins: StandIns
) -> None:
    code = stand_ins.dastra.make_code(REDIRECT_URI)
    for text in (f"{REDIRECT_URI}/{code}", f"{REDIRECT_URI}?state={code}", f"{code}"):
        watch.saw([("url of next of response", text)])
    watch.saw([("url of response", f"https://api.dastra.eu/v1/workspaces?code={code}")])
    watch.saw([("url of request", f"{REDIRECT_URI}?code={code}")])
    watch.saw([("url of request of response", f"{REDIRECT_URI}?a=b&code={code}&state=s")])
    assert {finding.partition(" in the ")[2] for finding in watch.findings()} == {
        "url of next of response (plain)",
        "url of response (plain)",
        "url of request (plain)",
    }


def sign_in_to_dastra(client: Client, services: StandIns) -> tuple[Any, Any]:
    """Be the browser of somebody who signs in; give the URL to begin with and the last answer."""
    dastra = services.dastra
    url = dastra_authorization_url(dastra.public_key, REDIRECT_URI)
    assert client.get(url).status_code == 200
    form = urlencode({"username": dastra.username, "password": dastra.password}).encode()
    return url, client.request("POST", url, content=form, headers=FORM)


def sign_in_to_dtz(client: Client, services: StandIns) -> tuple[Any, Any]:
    dtz = services.dtz
    url = dtz_authorization_url(dtz.context_id, REDIRECT_URI)
    assert client.get(url).status_code == 200
    form = urlencode({"username": dtz.username, "password": dtz.password}).encode()
    page = f"https://identity.dtz.rocks/login/?rd={quote(url, safe='')}"
    return url, client.request("POST", page, content=form, headers=FORM)


def of_dastra(url: Any, code: str, services: StandIns) -> Any:
    pair = services.dastra.public_key, services.dastra.private_key
    return DastraAuthorizationCode(code, REDIRECT_URI, *pair, code_verifier=url.code_verifier)


def of_dtz(url: Any, code: str, services: StandIns) -> Any:
    context = services.dtz.context_id
    source = DtzAuthorizationCode(code, context, REDIRECT_URI, code_verifier=url.code_verifier)
    return DtzBearer(source)


SIGN_INS = {
    "dastra": (sign_in_to_dastra, of_dastra, DASTRA_URL),
    "dtz": (sign_in_to_dtz, of_dtz, DTZ_URL),
}


@pytest.mark.parametrize(("sign_in", "make", "api"), SIGN_INS.values(), ids=SIGN_INS)
@pytest.mark.parametrize("kind", WITH_A_JAR)
def test_a_whole_sign_in_shows_its_secrets_in_their_places_and_nowhere_else(
    sign_in: Callable[..., tuple[Any, Any]],
    make: Callable[..., Any],
    api: str,
    connect: Connect,
    watch: Watch,
    stand_ins: StandIns,
) -> None:
    browser = connect(follow_redirects=True)
    url, answer = sign_in(browser, stand_ins)
    code = code_from_callback(str(answer.url), state=url.state)
    assert connect(make(url, code, stand_ins)).get(api).status_code == 200

    # What was typed, too, is to be where it belongs; the browser's cookies are its own.
    watch.by_hand[:] = [repr(dict(browser.native.cookies))]
    assert watch.findings() == []
    endpoint = "https://account.dastra.eu" if api == DASTRA_URL else "https://identity.dtz.rocks"
    assert places_of("code", watch) == {f"{endpoint} body", "https://shop.example query code"}
    assert places_of("code_verifier", watch) == {f"{endpoint} body"}


def places_of(role: str, watch: Watch) -> set[str]:
    """Give where on the wire a secret of this role was."""
    index = Index(canary for canary in watch.canaries.all() if canary.role == role)
    return {
        f"{arrival.origin} {part}"
        for arrival in watch.arrivals
        for part, text in arrival.parts()
        if index.search(text)
    }
