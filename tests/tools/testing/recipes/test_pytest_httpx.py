"""pytest-httpx: its answers to both requests, and beside it the stand-ins."""

import httpx
import httpx2
import pytest
from pytest_httpx import HTTPXMock

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn
from tools.testing.recipes import use_pytest_httpx

pytestmark = pytest.mark.tool(
    "pytest-httpx",
    package="pytest-httpx",
    how="`httpx_mock.add_response(url=token_url, json=…)`",
    mind="In a test with `httpx_mock` no call of httpx reaches the fixtures `dastra` and `dtz`: "
    "for both, say with the mark `httpx_mock(should_mock=…)` which hosts it may answer for. "
    "httpx2 goes past it. A call answered before needs `is_reusable=True` to be answered again.",
)

TOKEN_URL = "https://account.dastra.eu/connect/token"
URL = "https://api.dastra.eu/v1/workspaces"
TOKEN = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize("run", [1, 2])
def test_the_recipe_holds_in_each_test_of_a_process(
    run: int, httpx_mock: HTTPXMock, dastra: DastraStandIn
) -> None:
    use_pytest_httpx.test_a_workspace_is_known_by_its_label(httpx_mock)
    assert [sent.method for sent in httpx_mock.get_requests()] == ["POST", "GET"]
    assert dastra.requests == []


@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host == "mine.example.org")
def test_the_stand_ins_answer_beside_it_for_the_hosts_left_to_them(
    httpx_mock: HTTPXMock, dastra: DastraStandIn
) -> None:
    httpx_mock.add_response(url="https://mine.example.org/", json=[])
    with httpx.Client(auth=DastraClientCredentials.from_env()) as client:
        assert client.get(URL).status_code == 200
        assert client.get("https://mine.example.org/").json() == []
    assert [len(dastra.token_requests), len(dastra.calls)] == [1, 1]
    assert "Authorization" not in httpx_mock.get_requests()[0].headers


def test_a_401_is_answered_by_sending_the_request_again(
    httpx_mock: HTTPXMock,
) -> None:
    httpx_mock.add_response(url=TOKEN_URL, json=TOKEN)
    httpx_mock.add_response(url=URL, status_code=401)
    httpx_mock.add_response(url=URL, json={})
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
    with httpx.Client(auth=auth) as client:
        assert client.get(URL).status_code == 200
    assert [sent.method for sent in httpx_mock.get_requests()] == ["POST", "GET", "GET"]


def test_httpx2_goes_past_it(httpx_mock: HTTPXMock, dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
    with httpx2.Client(auth=auth) as client:
        assert client.get(URL).status_code == 200
    assert httpx_mock.get_requests() == []
    assert len(dastra.calls) == 1
