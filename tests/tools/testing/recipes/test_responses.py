"""responses: the token request is one of the requests that it answers."""

from pathlib import Path

import pytest
import requests
import responses

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn
from tools.testing.elsewhere import run_elsewhere
from tools.testing.recipes import use_responses

pytestmark = pytest.mark.tool(
    "responses",
    package="responses",
    how="`responses.post(token_url, json=…)`",
    mind="Objects without a `store=` share a token in the whole process: the first test asks for "
    "it and the next does not, and a made-up token may serve a test that is to call the real "
    "service.",
)

TOKEN_URL = "https://account.dastra.eu/connect/token"
URL = "https://api.dastra.eu/v1/workspaces"


@pytest.mark.parametrize("run", [1, 2])
def test_the_recipe_holds_in_each_test_of_a_process(run: int, dastra: DastraStandIn) -> None:
    use_responses.test_a_workspace_is_known_by_its_label()
    assert dastra.requests == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("responses", marks=pytest.mark.tool("responses", package="responses")),
        pytest.param(
            "requests_mock", marks=pytest.mark.tool("requests-mock", package="requests-mock")
        ),
        pytest.param("respx", marks=pytest.mark.tool("RESPX", package="respx")),
        pytest.param(
            "pytest_httpx", marks=pytest.mark.tool("pytest-httpx", package="pytest-httpx")
        ),
    ],
)
def test_the_recipe_passes_as_it_stands_in_a_project_of_somebody_else(
    name: str, tmp_path: Path, dastra: DastraStandIn
) -> None:
    done = run_elsewhere(Path(__file__).with_name(f"use_{name}.py"), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert dastra.requests == []


def test_without_a_store_of_its_own_the_second_use_has_a_token_already() -> None:
    with responses.RequestsMock() as mock:
        asked = mock.post(TOKEN_URL, json={"access_token": "token-1", "expires_in": 3600})
        mock.get(URL, json={})
        for _ in range(2):
            requests.get(URL, auth=DastraClientCredentials.from_env())
        assert asked.call_count == 1
        requests.get(URL, auth=DastraClientCredentials.from_env(store=MemoryTokenStore()))
        assert asked.call_count == 2


def test_a_401_is_answered_by_sending_the_request_again() -> None:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"access_token": "token-1", "expires_in": 3600})
        refused = mock.get(URL, status=401)
        taken = mock.get(URL, json={})
        auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
        assert requests.get(URL, auth=auth).status_code == 200
        assert (refused.call_count, taken.call_count) == (1, 1)


def test_a_token_request_that_nobody_answers_for_is_refused_and_not_sent(
    dastra: DastraStandIn,
) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(URL, json={})
        auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
        with pytest.raises(requests.ConnectionError, match="connect/token"):
            requests.get(URL, auth=auth)
    assert dastra.requests == []


def test_a_key_needs_no_second_address() -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://api.dtz.rocks/v1/me", json={})
        requests.get("https://api.dtz.rocks/v1/me", auth=DtzApiKey("apikey-1"))
        assert mock.calls[0].request.headers["X-API-KEY"] == "apikey-1"
