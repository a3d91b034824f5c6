"""requests-mock, too, answers the token request, and hands what was sent to the test.

Its fixture stands before every session of requests, the one for the token request among them.
"""

import requests
import requests_mock

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore


def workspaces(auth: DastraClientCredentials) -> list[str]:
    """Give the names of all workspaces: the code under test."""
    answer = requests.get("https://api.dastra.eu/v1/workspaces", auth=auth)
    answer.raise_for_status()
    return [each["label"] for each in answer.json()["items"]]


def test_a_workspace_is_known_by_its_label(requests_mock: requests_mock.Mocker) -> None:
    token = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}
    items = {"items": [{"label": "My data company"}]}
    requests_mock.post("https://account.dastra.eu/connect/token", json=token)
    bearer = {"Authorization": "Bearer token-1"}
    api = "https://api.dastra.eu/v1/workspaces"
    requests_mock.get(api, request_headers=bearer, json=items)

    auth = DastraClientCredentials("public-key", "private-key", store=MemoryTokenStore())
    assert workspaces(auth) == ["My data company"]
