"""Where a credential goes when niquests follows a redirect."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import niquests
import pytest

from clock import FakeClock
from conformance.methods import CREDENTIAL_HEADERS, DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, DtzBearer, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, StandIns

BILLING_URL = "https://billing.dtz.rocks/v1/me"
ALL_METHODS = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
STATIC = [method for method in METHODS if not method.token_requests and "call" not in method.name]
FOLLOWING = [method for method in METHODS if "query" not in method.name]


@pytest.fixture
def session() -> Iterator[niquests.Session]:
    with niquests.Session() as session:
        yield session


def elsewhere(method: Method) -> str:
    """Give a URL of the other service, which is foreign to the method."""
    return DTZ_URL if method.url == DASTRA_URL else DASTRA_URL


def credentials(request: Recorded) -> dict[str, str]:
    """Give the credential headers that have arrived, without what tells tokens apart."""
    found = {name: request.header(name) for name in CREDENTIAL_HEADERS}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("status", [302, 307])
@ALL_METHODS
def test_no_credential_follows_a_redirect_to_another_service(
    method: Method, status: int, session: niquests.Session, stand_ins: StandIns
) -> None:
    services = stand_ins.dastra, stand_ins.dtz
    ours, other = services if method.url == DASTRA_URL else services[::-1]
    ours.redirect(elsewhere(method), status=status)
    other.answer({}, on="any")
    auth = method.make(stand_ins).auth
    assert session.get(method.url, auth=auth).status_code == 200
    [stray] = other.requests
    assert credentials(stray) == {}
    assert stray.query == []
    # The next call carries it again.
    assert session.get(method.url, auth=auth).status_code == 200


@pytest.mark.parametrize("method", FOLLOWING, ids=lambda method: method.name)
@pytest.mark.parametrize("way", ["straight", "by a foreign host"])
def test_a_credential_follows_inside_its_origins(
    method: Method, way: str, session: niquests.Session, stand_ins: StandIns
) -> None:
    services = stand_ins.dastra, stand_ins.dtz
    ours, other = services if method.url == DASTRA_URL else services[::-1]
    goal = BILLING_URL if method.url == DTZ_URL else "https://api.dastra.eu/me"
    if way == "straight":
        ours.redirect(goal)
    else:
        ours.redirect(elsewhere(method))
        other.redirect(goal)
    session.auth = method.make(stand_ins).auth
    assert session.get(method.url).status_code == 200
    first, last = method.calls(stand_ins)
    assert last.status == 200
    cookies = {name for name in credentials(last) if name == "Cookie" and ours is stand_ins.dastra}
    kept = {name: value for name, value in credentials(last).items() if name not in cookies}
    assert kept == credentials(first) != {}


@pytest.mark.parametrize("method", STATIC, ids=lambda method: method.name)
def test_an_async_session_takes_a_credential_nowhere_else(
    method: Method, stand_ins: StandIns
) -> None:
    services = stand_ins.dastra, stand_ins.dtz
    ours, other = services if method.url == DASTRA_URL else services[::-1]
    ours.redirect(elsewhere(method))
    other.redirect(BILLING_URL if method.url == DTZ_URL else "https://api.dastra.eu/me")

    async def main() -> int | None:
        async with niquests.AsyncSession(auth=method.make(stand_ins).auth) as session:
            return (await session.get(method.url)).status_code

    assert asyncio.run(main()) == (200 if method in FOLLOWING else 401)
    [stray] = other.requests
    assert credentials(stray) == {}
    assert stray.query == []


def test_the_query_key_is_not_carried_over_a_redirect(
    session: niquests.Session, stand_ins: StandIns
) -> None:
    [method] = [each for each in METHODS if each.name == "dtz-query"]
    stand_ins.dtz.redirect(BILLING_URL)
    session.auth = method.make(stand_ins).auth
    assert session.get(method.url).status_code == 401
    first, last = stand_ins.dtz.calls
    assert first.query != []
    assert last.query == []


def test_a_request_that_was_sent_is_not_altered_afterwards(
    session: niquests.Session, dtz: DtzStandIn
) -> None:
    dtz.redirect("https://example.org/", times=1)
    session.auth = DtzApiKey(dtz.api_key)
    response = session.get(DTZ_URL, allow_redirects=False)
    assert response.request is not None
    assert response.request.headers is not None
    assert response.request.headers["X-API-KEY"] == dtz.api_key
    assert response.next is not None
    assert response.next.headers is not None
    assert "X-API-KEY" not in response.next.headers


def test_a_401_behind_a_redirect_is_one_renewal(
    session: niquests.Session, dastra: DastraStandIn
) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    session.auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    session.get(DASTRA_URL)
    clock.advance(10)
    dastra.clear_log()
    dastra.redirect("https://api.dastra.eu/me")
    dastra.fail(401)
    response = session.get(DASTRA_URL)
    assert response.status_code == 200
    assert [each.status_code for each in response.history] == [302]
    assert [call.status for call in dastra.calls] == [302, 401, 200]
    assert len(dastra.token_requests) == 1


def test_netrc_does_not_replace_a_credential_behind_a_redirect(
    session: niquests.Session, dtz: DtzStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine billing.dtz.rocks login user password secret\n", encoding="ascii")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    token = dtz.make_token()
    dtz.redirect(BILLING_URL)
    session.auth = DtzBearer(token)
    assert session.get(DTZ_URL).status_code == 200
    assert [call.header("Authorization") for call in dtz.calls] == [f"Bearer {token}"] * 2


def test_foreign_cookies_stay_where_they_belong(
    session: niquests.Session, dastra: DastraStandIn, dtz: DtzStandIn
) -> None:
    # Dastra sets one; DTZ looks at nothing else once there is one.
    session.get("https://api.dastra.eu/me")
    assert {cookie.name for cookie in session.cookies} == {"acaAffinity"}
    dtz.redirect(DASTRA_URL)
    session.auth = DtzApiKey(dtz.api_key)
    session.get(DTZ_URL)
    assert "acaAffinity=" in (dastra.calls[-1].header("Cookie") or "")
    assert dtz.calls[0].header("Cookie") is None
