"""Cookies and DTZ: its verifier looks at nothing else where there is one, so none goes out."""

from collections.abc import Callable

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, Method
from dtz_dastra_auth import DtzBearer, DtzCookie, DtzLogin, MemoryTokenStore
from dtz_dastra_auth.testing import StandIns
from security.scenes_jars import (
    CHAINS,
    PICKED_UP,
    SET_ON_THE_WAY,
    chain,
    contents,
    cookies_in,
    fill,
)
from security.scenes_wire import (
    CLASSES,
    OF_REQUESTS,
    SIBLING,
    WITH_A_JAR,
    Connect,
    carried_by,
    named,
    send,
)

OF_DTZ = [method for method in CLASSES if method.url == DTZ_URL]
BY_COOKIE = [method for method in OF_DTZ if "cookie" in method.name]
WITHOUT_COOKIES = [method for method in OF_DTZ if method not in BY_COOKIE]
OF_DASTRA = [method for method in CLASSES if method.url == DASTRA_URL]

EACH_JAR = pytest.mark.parametrize("kind", WITH_A_JAR)
EACH_CHAIN = pytest.mark.parametrize("urls", CHAINS.values(), ids=CHAINS.keys())
REDIRECTS = pytest.mark.parametrize("status", [302, 307])


def called(
    services: StandIns,
    connect: Connect,
    method: Method | None,
    urls: list[str],
    status: int = 302,
) -> Client:
    """Call the first of some URLs with a filled jar, and follow to the last one."""
    services.reset()
    # After that: it forgets what a sign-in has given out.
    auth = None if method is None else method.make(services).auth
    chain(services, urls, status)
    client = connect(auth, follow_redirects=True)
    fill(client)
    assert client.get(urls[0]).status_code == 200
    return client


@REDIRECTS
@EACH_CHAIN
@pytest.mark.parametrize("method", WITHOUT_COOKIES, ids=named)
@EACH_JAR
def test_a_credential_that_is_no_cookie_goes_to_dtz_without_any(
    method: Method, urls: list[str], status: int, connect: Connect, stand_ins: StandIns
) -> None:
    called(stand_ins, connect, None, urls, status)
    without_us = cookies_in(stand_ins.dastra.calls)
    stand_ins.reset()
    called(stand_ins, connect, method, urls, status)
    assert cookies_in(stand_ins.dtz.calls) == [None] * (len(urls) - len(without_us))
    # A foreign host in between gets its own cookies, as it does without us.
    assert cookies_in(stand_ins.dastra.calls) == without_us
    assert without_us in ([], ["dastra=4"])


@pytest.mark.parametrize("urls", [CHAINS["same origin"], CHAINS["allowed origin"]])
@pytest.mark.parametrize("method", WITHOUT_COOKIES, ids=named)
@pytest.mark.parametrize("kind", OF_REQUESTS)
def test_cookies_of_one_call_stay_off_as_well(
    method: Method, urls: list[str], connect: Connect, stand_ins: StandIns
) -> None:
    chain(stand_ins, urls)
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    assert client.get(urls[0], cookies={"own": "1"}).status_code == 200
    assert cookies_in(stand_ins.dtz.calls) == [None, None]


@pytest.mark.parametrize("method", WITHOUT_COOKIES, ids=named)
def test_a_cookie_header_put_on_by_hand_does_not_spoil_a_dtz_credential(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    response = connect(method.make(stand_ins).auth).get(DTZ_URL, headers={"cookie": "stray=1"})
    assert (response.status_code, cookies_in(stand_ins.dtz.calls)) == (200, [None])


@EACH_CHAIN
@pytest.mark.parametrize("method", CLASSES, ids=named)
@EACH_JAR
def test_the_clients_jar_ends_up_as_it_does_without_us(
    method: Method, urls: list[str], connect: Connect, stand_ins: StandIns
) -> None:
    without_us = contents(called(stand_ins, connect, None, urls))
    # Dastra's credentials are handed to DTZ's URLs here: the jar is nobody's business there.
    client = called(stand_ins, connect, method, urls)
    assert contents(client) == without_us
    assert {(host, name, value, "/") for name, value, host in PICKED_UP} < set(contents(client))
    assert "dtz-auth" not in str(contents(client))


@EACH_JAR
def test_a_call_that_is_sent_again_goes_without_what_its_401_has_set(
    connect: Connect, stand_ins: StandIns
) -> None:
    dtz, clock = stand_ins.dtz, FakeClock()
    login = DtzLogin(dtz.username, dtz.password, store=MemoryTokenStore(clock=clock))
    client = connect(DtzBearer(login))
    assert client.get(DTZ_URL).status_code == 200
    clock.advance(60)
    dtz.fail(401, headers={"Set-Cookie": SET_ON_THE_WAY})
    assert client.get(DTZ_URL).status_code == 200
    assert client.get(DTZ_URL).status_code == 200
    assert cookies_in(dtz.calls) == [None] * 4


def dtz_token(services: StandIns) -> str:
    """Give the one token that is in force."""
    [token] = services.dtz.tokens_in_force
    return token


@EACH_CHAIN
@pytest.mark.parametrize("method", BY_COOKIE, ids=named)
@EACH_JAR
def test_the_dtz_cookie_stands_last_beside_those_of_the_jar(
    method: Method, urls: list[str], connect: Connect, stand_ins: StandIns
) -> None:
    called(stand_ins, connect, None, urls)
    without_us = cookies_in(stand_ins.dtz.calls)
    elsewhere = cookies_in(stand_ins.dastra.calls)
    stand_ins.reset()
    called(stand_ins, connect, method, urls)
    ours = f"dtz-auth={dtz_token(stand_ins)}"
    assert cookies_in(stand_ins.dtz.calls) == [f"{theirs}; {ours}" for theirs in without_us]
    assert cookies_in(stand_ins.dastra.calls) == elsewhere


@REDIRECTS
@pytest.mark.parametrize("urls", [CHAINS["same origin"], CHAINS["allowed origin"]])
@pytest.mark.parametrize("method", BY_COOKIE, ids=named)
@EACH_JAR
def test_an_old_dtz_cookie_in_the_jar_is_replaced_on_the_wire_and_stays_in_the_jar(
    method: Method, urls: list[str], status: int, connect: Connect, stand_ins: StandIns
) -> None:
    chain(stand_ins, urls, status)
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    client.native.cookies.set("dtz-auth", "old", domain="api.dtz.rocks")
    client.native.cookies.set("dtz-auth", "old", domain="containers.dtz.rocks")
    before = contents(client)
    assert client.get(urls[0]).status_code == 200
    for cookies in cookies_in(stand_ins.dtz.calls):
        assert (cookies or "").count("dtz-auth=") == 1
        assert f"dtz-auth={dtz_token(stand_ins)}" in (cookies or "")
    assert set(before) < set(contents(client))


HEADERS = {
    "dtz-auth=old": "",
    "own=1; dtz-auth=old": "own=1; ",
    "dtz-auth=old; own=1; other=2": "own=1; other=2; ",
    "b=1; a=2; b=3; dtz-auth=older; dtz-auth=old": "b=1; a=2; b=3; ",
    'quoted="x y"; xdtz-auth=theirs; DTZ-AUTH=theirs': (
        'quoted="x y"; xdtz-auth=theirs; DTZ-AUTH=theirs; '
    ),
    "equals=a=b=c; empty=; bare": "equals=a=b=c; empty=; bare; ",
}


@pytest.mark.parametrize(("header", "kept"), HEADERS.items())
@pytest.mark.parametrize("method", BY_COOKIE, ids=named)
def test_an_old_dtz_cookie_in_the_header_is_replaced_and_all_others_keep_their_order(
    header: str, kept: str, method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(method.make(stand_ins).auth)
    assert client.get(DTZ_URL, headers={"Cookie": header}).status_code == 200
    expected = f"{kept}dtz-auth={dtz_token(stand_ins)}"
    assert cookies_in(stand_ins.dtz.calls) == [expected]


@EACH_JAR
def test_a_dtz_cookie_that_a_service_sets_is_kept_and_ours_goes_out_all_the_same(
    connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    token = dtz.make_token()
    client = connect(DtzCookie(token))
    dtz.answer({}, headers={"Set-Cookie": "dtz-auth=theirs; Path=/; Secure"})
    assert [client.get(DTZ_URL).status_code for _ in range(2)] == [200, 200]
    assert cookies_in(dtz.calls) == [f"dtz-auth={token}"] * 2
    assert [(name, value) for _, name, value, _ in contents(client)] == [("dtz-auth", "theirs")]


@EACH_JAR
def test_a_call_of_ours_leaves_no_cookie_on_the_next_one_without_us(
    connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    client = connect(DtzCookie(dtz.make_token()))
    assert client.get(DTZ_URL).status_code == 200
    client.native.auth = None
    # What was built anew carries nothing of the call before.
    response = client.get(SIBLING)
    assert response.status_code == 401
    assert carried_by(dtz.calls[-1], stand_ins) == []
    assert send(client, response.request).status_code == 401


OF_DASTRA_CHAINS: dict[str, list[str]] = {
    "no redirect": [DASTRA_URL],
    "same origin": [DASTRA_URL, "https://api.dastra.eu/me"],
    "foreign origin": [DASTRA_URL, DTZ_URL],
    "foreign origin and back": [DASTRA_URL, SIBLING, DASTRA_URL],
}


@REDIRECTS
@pytest.mark.parametrize("urls", OF_DASTRA_CHAINS.values(), ids=OF_DASTRA_CHAINS.keys())
@pytest.mark.parametrize("method", OF_DASTRA, ids=named)
@EACH_JAR
def test_dastra_gets_every_cookie_that_it_gets_without_us(
    method: Method, urls: list[str], status: int, connect: Connect, stand_ins: StandIns
) -> None:
    def arrived(services: Callable[[], StandIns]) -> list[list[str | None]]:
        return [cookies_in(each.calls) for each in (services().dastra, services().dtz)]

    called(stand_ins, connect, None, urls, status)
    without_us = arrived(lambda: stand_ins)
    called(stand_ins, connect, method, urls, status)
    assert arrived(lambda: stand_ins) == without_us
    assert without_us[0][0] == "dastra=4"


@EACH_JAR
def test_dastras_affinity_cookie_is_kept_and_sent_back(
    connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(OF_DASTRA[0].make(stand_ins).auth)
    assert [client.get(DASTRA_URL).status_code for _ in range(2)] == [200, 200]
    first, second = cookies_in(stand_ins.dastra.calls)
    assert first is None
    assert (second or "").startswith("acaAffinity=")
