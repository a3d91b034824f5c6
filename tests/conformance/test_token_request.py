"""How the token request travels: on the caller's client, or over the session it was given."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import requests
import requests_mock
import responses
import respx
from pytest_httpx import HTTPXMock

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn, StandIns

Connect = Callable[..., Client]

TOKEN_URL = "https://account.dastra.eu/connect/token"
TOKEN_ANSWER = {"access_token": "t0", "token_type": "Bearer", "expires_in": 3600}
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture
def auth() -> DastraClientCredentials:
    """Make an auth object with a store of its own."""
    return DastraClientCredentials("public", "private", store=MemoryTokenStore())


def handler(seen: list[Any], library: Any) -> Callable[[Any], Any]:
    """Make a transport's handler that notes every request."""

    def handle(request: Any) -> Any:
        seen.append(request)
        return library.Response(200, json=TOKEN_ANSWER if "account" in request.url.host else {})

    return handle


@LIBRARIES
def test_a_mock_transport_sees_both_requests(library: Any, auth: DastraClientCredentials) -> None:
    seen: list[Any] = []
    transport = library.MockTransport(handler(seen, library))
    with library.Client(transport=transport, auth=auth) as client:
        assert client.get(DASTRA_URL).status_code == 200
    asked, called = seen
    assert (asked.method, str(asked.url)) == ("POST", TOKEN_URL)
    assert asked.read() == b"grant_type=client_credentials&scope=api1"
    assert called.headers["Authorization"] == "Bearer t0"


@LIBRARIES
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_mock_transport_of_an_async_client_sees_both_requests(
    library: Any, backend: str, auth: DastraClientCredentials
) -> None:
    seen: list[Any] = []

    async def main() -> int:
        transport = library.MockTransport(handler(seen, library))
        async with library.AsyncClient(transport=transport, auth=auth) as client:
            status: int = (await client.get(DASTRA_URL)).status_code
            return status

    assert anyio.run(main, backend=backend) == 200
    assert [request.method for request in seen] == ["POST", "GET"]


@LIBRARIES
def test_the_token_request_has_the_timeout_of_the_call(
    library: Any, auth: DastraClientCredentials
) -> None:
    seen: list[Any] = []
    transport = library.MockTransport(handler(seen, library))
    timeout = library.Timeout(7.0, connect=3.0)
    with library.Client(transport=transport, auth=auth) as client:
        client.get(DASTRA_URL, timeout=timeout)
    limits = seen[0].extensions["timeout"]
    assert limits["connect"] == 3.0
    assert 6.0 < limits["read"] <= 7.0


@LIBRARIES
def test_a_call_without_a_timeout_leaves_the_auth_objects_own(library: Any) -> None:
    auth = DastraClientCredentials("public", "private", store=MemoryTokenStore(), timeout=11.0)
    seen: list[Any] = []
    transport = library.MockTransport(handler(seen, library))
    with library.Client(transport=transport, auth=auth, timeout=None) as client:
        client.get(DASTRA_URL)
    assert 10.0 < seen[0].extensions["timeout"]["read"] <= 11.0


@LIBRARIES
def test_the_token_request_goes_through_the_clients_own_proxy(
    library: Any, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the environment's proxy, only the client's own leads to the stand-in.
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.delenv("https_proxy", raising=False)
    dastra = stand_ins.dastra
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    with library.Client(auth=auth, proxy=stand_ins.proxy_url) as client:
        assert client.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 1


def test_respx_sees_both_requests(auth: DastraClientCredentials) -> None:
    with respx.mock(using="httpx") as router:
        asked = router.post(TOKEN_URL).respond(json=TOKEN_ANSWER)
        called = router.get(DASTRA_URL).respond(json={})
        assert httpx.get(DASTRA_URL, auth=auth).status_code == 200
    assert (asked.call_count, called.call_count) == (1, 1)


def test_pytest_httpx_sees_both_requests(
    auth: DastraClientCredentials, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(method="POST", url=TOKEN_URL, json=TOKEN_ANSWER)
    httpx_mock.add_response(method="GET", url=DASTRA_URL, json={})
    assert httpx.get(DASTRA_URL, auth=auth).status_code == 200
    assert [request.method for request in httpx_mock.get_requests()] == ["POST", "GET"]


@responses.activate
def test_responses_sees_both_requests(auth: DastraClientCredentials) -> None:
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    responses.get(DASTRA_URL, json={})
    assert requests.get(DASTRA_URL, auth=auth).status_code == 200
    assert [call.request.method for call in responses.calls] == ["POST", "GET"]


def test_requests_mock_sees_both_requests(auth: DastraClientCredentials) -> None:
    with requests_mock.Mocker() as mocker:
        mocker.post(TOKEN_URL, json=TOKEN_ANSWER)
        mocker.get(DASTRA_URL, json={})
        assert requests.get(DASTRA_URL, auth=auth).status_code == 200
    assert [request.method for request in mocker.request_history] == ["POST", "GET"]


def test_a_401_is_replayed_under_responses_and_requests_mock(clock: FakeClock) -> None:
    def calls(mock_401: Callable[[], None]) -> list[int]:
        store = MemoryTokenStore(clock=clock)
        auth = DastraClientCredentials("public", "private", store=store)
        mock_401()
        statuses = [requests.get(DASTRA_URL, auth=auth).status_code]
        clock.advance(10)
        return [*statuses, requests.get(DASTRA_URL, auth=auth).status_code]

    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json=TOKEN_ANSWER)

        def in_responses() -> None:
            for status in (200, 401, 200):
                mock.get(DASTRA_URL, json={}, status=status)

        assert calls(in_responses) == [200, 200]
    with requests_mock.Mocker() as mocker:
        mocker.post(TOKEN_URL, json=TOKEN_ANSWER)
        answers: list[dict[str, Any]] = [
            {"status_code": status, "json": {}} for status in (200, 401, 200)
        ]

        def in_requests_mock() -> None:
            mocker.get(DASTRA_URL, answers)

        assert calls(in_requests_mock) == [200, 200]


def test_a_session_that_was_given_carries_the_token_request_and_is_not_changed(
    dastra: DastraStandIn,
) -> None:
    # Makes the answer set a cookie, as load balancers do.
    answer = {"access_token": "t0", "token_type": "Bearer"}
    dastra.answer(answer, headers={"Set-Cookie": "from-token=1; Secure"}, on="token")
    dastra.answer({})
    with requests.Session() as given:
        given.headers["X-Own"] = "travels"
        given.cookies.set("own", "travels-too")
        given.auth = ("some", "body")
        before = json.dumps([dict(given.headers), given.cookies.get_dict(), given.auth])
        auth = DastraClientCredentials("public", "private", session=given)
        assert requests.get(DASTRA_URL, auth=auth).status_code == 200
        assert (
            json.dumps([dict(given.headers), given.cookies.get_dict(), list(given.auth)]) == before
        )
    [asked] = dastra.token_requests
    assert asked.header("X-Own") == "travels"
    assert asked.header("Cookie") == "own=travels-too"
    assert asked.header("Authorization") == "Basic cHVibGljOnByaXZhdGU="


def test_without_a_session_the_callers_headers_and_cookies_stay_off_the_token_request(
    dastra: DastraStandIn,
) -> None:
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    with requests.Session() as session:
        session.headers["X-Own"] = "stays"
        session.cookies.set("own", "stays-too")
        session.auth = auth
        assert session.get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert (asked.header("X-Own"), asked.header("Cookie")) == (None, None)


def test_a_netrc_entry_does_not_go_to_the_token_endpoint(
    dastra: DastraStandIn, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine account.dastra.eu login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    assert requests.get(DASTRA_URL, auth=auth).status_code == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("follow", [True, False], ids=["following", "not-following"])
def test_a_token_endpoint_that_redirects_is_an_error_and_nothing_is_sent_on(
    status: int, follow: bool, connect: Connect, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    client = connect(auth, follow_redirects=follow)
    dastra.redirect("https://api.dtz.rocks/v1/echo", status=status, on="token")
    with pytest.raises(TokenError, match="redirects"):
        client.get(DASTRA_URL)
    for stray in stand_ins.dtz.requests:
        assert (stray.body, stray.header("Authorization")) == (b"", None)
    assert dastra.calls == []
