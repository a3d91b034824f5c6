"""RESPX routes what httpx sends: one route for the token endpoint, one for the API.

The token request goes over the client under test, so its routes see both requests.
"""

import httpx
import respx

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore


def workspaces(client: httpx.Client) -> list[str]:
    """Give the names of all workspaces: the code under test."""
    answer = client.get("https://api.dastra.eu/v1/workspaces")
    return [each["label"] for each in answer.raise_for_status().json()["items"]]


@respx.mock
def test_a_workspace_is_known_by_its_label() -> None:
    token = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}
    items = {"items": [{"label": "My data company"}]}
    respx.post("https://account.dastra.eu/connect/token").respond(json=token)
    api = respx.get("https://api.dastra.eu/v1/workspaces").respond(json=items)

    auth = DastraClientCredentials("public-key", "private-key", store=MemoryTokenStore())
    with httpx.Client(auth=auth) as client:
        assert workspaces(client) == ["My data company"]
    assert api.calls.last.request.headers["Authorization"] == "Bearer token-1"
