"""requests-mock: the token request is one of the requests that it answers."""

import pytest
import requests
import requests_mock as library

from dtz_dastra_auth import DastraClientCredentials, DtzQueryKey, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn
from tools.testing.recipes import use_requests_mock

pytestmark = pytest.mark.tool(
    "requests-mock",
    package="requests-mock",
    how="`requests_mock.post(token_url, json=…)`",
    mind="A mocker for one session (`Mocker(session=…)`) does not see the token request, which "
    "goes over a session of its own: pass `session=` to the auth object as well. Without "
    "`store=` the token of one test serves the next.",
)

TOKEN_URL = "https://account.dastra.eu/connect/token"
URL = "https://api.dastra.eu/v1/workspaces"
TOKEN = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize("run", [1, 2])
def test_the_recipe_holds_in_each_test_of_a_process(
    run: int, requests_mock: library.Mocker, dastra: DastraStandIn
) -> None:
    use_requests_mock.test_a_workspace_is_known_by_its_label(requests_mock)
    assert [sent.method for sent in requests_mock.request_history] == ["POST", "GET"]
    assert dastra.requests == []


def test_a_mocker_of_one_session_has_the_token_request_only_if_it_goes_over_it(
    dastra: DastraStandIn,
) -> None:
    with requests.Session() as session, library.Mocker(session=session) as mock:
        mock.post(TOKEN_URL, json=TOKEN)
        mock.get(URL, json={})
        session.get(URL, auth=DastraClientCredentials.from_env(store=MemoryTokenStore()))
        assert (len(dastra.token_requests), len(mock.request_history)) == (1, 1)
        auth = DastraClientCredentials.from_env(session=session, store=MemoryTokenStore())
        session.get(URL, auth=auth)
        assert (len(dastra.token_requests), len(mock.request_history)) == (1, 3)


def test_a_401_is_answered_by_sending_the_request_again(
    requests_mock: library.Mocker,
) -> None:
    requests_mock.post(TOKEN_URL, json=TOKEN)
    requests_mock.get(URL, [{"status_code": 401}, {"json": {}}])
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
    assert requests.get(URL, auth=auth).status_code == 200
    assert [sent.method for sent in requests_mock.request_history] == ["POST", "GET", "GET"]


def test_the_query_key_is_not_in_the_history_that_a_failing_test_prints(
    requests_mock: library.Mocker,
) -> None:
    requests_mock.get("https://api.dtz.rocks/v1/me", json={})
    requests.get("https://api.dtz.rocks/v1/me", auth=DtzQueryKey("apikey-1"))
    [sent] = requests_mock.request_history
    assert "apikey-1" not in f"{sent!r} {sent} {sent.url}"
