"""A netrc file, which requests reads by itself: it serves others, and never in our place."""

import base64
from pathlib import Path

import pytest

from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, RENEWING, Method, basic
from dtz_dastra_auth import DtzBearer
from dtz_dastra_auth.testing import StandIns
from security.scenes_wire import (
    CARRIED,
    CLASSES,
    OF_REQUESTS,
    SIBLING,
    Connect,
    carried_by,
    credentials_on,
    foreign_url,
    moved,
    named,
    ours_and_other,
)

HOSTS = (
    "api.dtz.rocks",
    "containers.dtz.rocks",
    "api.dastra.eu",
    "account.dastra.eu",
    "identity.dtz.rocks",
)
FILES = {
    "an entry for each host": "".join(
        f"machine {host} login netrc password {host}\n" for host in HOSTS
    ),
    "a default": "default login netrc password default\n",
}
OF_DTZ = [method for method in METHODS if method.url == DTZ_URL and "query" not in method.name]
BY_QUERY = [method for method in CLASSES if "query" in method.name]

EACH_CLIENT = pytest.mark.parametrize("kind", OF_REQUESTS)
REDIRECTS = pytest.mark.parametrize("status", [302, 307])


@pytest.fixture(params=FILES.values(), ids=list(FILES), autouse=True)
def netrc(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a netrc file, and give its text."""
    file = tmp_path / "netrc"
    text: str = request.param
    file.write_text(text)
    monkeypatch.setenv("NETRC", str(file))
    return text


def entry(netrc: str, host: str) -> str:
    """Give the header that a file has for a host."""
    return basic("netrc", "default" if "default" in netrc else host)


def test_the_entries_are_there_for_requests(netrc: str, stand_ins: StandIns) -> None:
    """What the other tests are worth: without us, the entries go out."""
    import requests

    with requests.Session() as session:
        session.get(DASTRA_URL)
    [call] = stand_ins.dastra.calls
    assert call.header("Authorization") == entry(netrc, "api.dastra.eu")
    assert base64.b64decode(entry(netrc, "host").removeprefix("Basic ")).startswith(b"netrc:")


@pytest.mark.parametrize("method", CLASSES, ids=named)
@EACH_CLIENT
def test_the_first_request_carries_ours_alone(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    assert connect(method.make(stand_ins).auth).get(method.url).status_code == 200
    [call] = method.calls(stand_ins)
    assert "bmV0cmM6" not in str(credentials_on(call))


@pytest.mark.parametrize("method", RENEWING, ids=named)
@EACH_CLIENT
def test_no_entry_goes_to_a_token_endpoint(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    assert connect(method.make(stand_ins).auth).get(method.url).status_code == 200
    asked = method.asked(stand_ins)
    assert len(asked) == method.token_requests
    assert "bmV0cmM6" not in str([credentials_on(request) for request in asked])


@REDIRECTS
@pytest.mark.parametrize("method", CARRIED, ids=named)
@EACH_CLIENT
def test_a_redirect_inside_the_origin_carries_what_the_first_request_did(
    method: Method, status: int, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.redirect(moved(method.url), status=status)
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    assert client.get(method.url).status_code == 200
    first, second = method.calls(stand_ins)
    assert credentials_on(second) == credentials_on(first)
    assert len(method.asked(stand_ins)) == method.token_requests


@REDIRECTS
@pytest.mark.parametrize("method", OF_DTZ, ids=named)
@EACH_CLIENT
def test_a_redirect_to_another_allowed_origin_carries_what_the_first_request_did(
    method: Method, status: int, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(SIBLING, status=status)
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    assert client.get(DTZ_URL).status_code == 200
    first, second = stand_ins.dtz.calls
    assert credentials_on(second) == credentials_on(first)


@pytest.mark.parametrize("location", [moved(DTZ_URL), SIBLING])
@pytest.mark.parametrize("method", BY_QUERY, ids=named)
@EACH_CLIENT
def test_no_entry_comes_in_the_place_of_a_query_key_that_is_not_carried_over(
    location: str, method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(location)
    connect(method.make(stand_ins).auth, follow_redirects=True).get(DTZ_URL)
    assert [credentials_on(call) for call in stand_ins.dtz.calls] == [{}, {}]


@REDIRECTS
@pytest.mark.parametrize("method", CLASSES, ids=named)
@EACH_CLIENT
def test_a_foreign_host_gets_its_own_entry_as_it_does_without_us(
    method: Method, status: int, netrc: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    elsewhere = foreign_url(method)
    ours.redirect(elsewhere, status=status)
    connect(method.make(stand_ins).auth, follow_redirects=True).get(method.url)
    [stray] = other.calls
    assert stray.headers_named("Authorization") == [entry(netrc, stray.host)]
    assert carried_by(stray, stand_ins) == []


@pytest.mark.parametrize("method", CARRIED, ids=named)
@EACH_CLIENT
def test_back_from_a_foreign_host_it_is_ours_again(
    method: Method, netrc: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    other.redirect(moved(method.url))
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    assert client.get(method.url).status_code == 200
    first, second = method.calls(stand_ins)
    assert credentials_on(second) == credentials_on(first)
    [stray] = other.calls
    assert stray.headers_named("Authorization") == [entry(netrc, stray.host)]


@pytest.mark.parametrize("location", [moved(DTZ_URL), SIBLING, DASTRA_URL])
@EACH_CLIENT
def test_the_next_request_that_is_not_followed_has_ours_or_the_hosts_own(
    location: str, netrc: str, connect: Connect, stand_ins: StandIns
) -> None:
    token = stand_ins.dtz.make_token()
    stand_ins.dtz.redirect(location)
    response = connect(DtzBearer(token)).get(DTZ_URL)
    theirs = entry(netrc, "api.dastra.eu")
    expected = theirs if location == DASTRA_URL else f"Bearer {token}"
    assert response.next.headers["Authorization"] == expected
