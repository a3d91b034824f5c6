"""responses stands in for what requests talks to: the token endpoint is one more address.

With a store of its own the object asks for its token in each test, and not in the first one alone.
"""

import requests
import responses

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore


def workspaces(auth: DastraClientCredentials) -> list[str]:
    """Give the names of all workspaces: the code under test."""
    answer = requests.get("https://api.dastra.eu/v1/workspaces", auth=auth)
    answer.raise_for_status()
    return [each["label"] for each in answer.json()["items"]]


@responses.activate(assert_all_requests_are_fired=True)
def test_a_workspace_is_known_by_its_label() -> None:
    token = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}
    bearer = responses.matchers.header_matcher({"Authorization": "Bearer token-1"})
    items = {"items": [{"label": "My data company"}]}
    responses.post("https://account.dastra.eu/connect/token", json=token)
    responses.get("https://api.dastra.eu/v1/workspaces", json=items, match=[bearer])

    auth = DastraClientCredentials("public-key", "private-key", store=MemoryTokenStore())
    assert workspaces(auth) == ["My data company"]
