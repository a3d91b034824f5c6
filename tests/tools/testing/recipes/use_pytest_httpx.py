"""pytest-httpx answers in place of every httpx client of a test, token requests among the rest.

It fails a test that leaves an answer over: a store of its own has the token asked for in each.
"""

import httpx
from pytest_httpx import HTTPXMock

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore


def workspaces(client: httpx.Client) -> list[str]:
    """Give the names of all workspaces: the code under test."""
    answer = client.get("https://api.dastra.eu/v1/workspaces")
    return [each["label"] for each in answer.raise_for_status().json()["items"]]


def test_a_workspace_is_known_by_its_label(httpx_mock: HTTPXMock) -> None:
    token = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}
    httpx_mock.add_response(url="https://account.dastra.eu/connect/token", json=token)
    httpx_mock.add_response(
        url="https://api.dastra.eu/v1/workspaces",
        match_headers={"Authorization": "Bearer token-1"},
        json={"items": [{"label": "My data company"}]},
    )

    auth = DastraClientCredentials("public-key", "private-key", store=MemoryTokenStore())
    with httpx.Client(auth=auth) as client:
        assert workspaces(client) == ["My data company"]
