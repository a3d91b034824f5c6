"""RESPX: routes for the token endpoint and the API, in blocking and async clients of httpx."""

import anyio
import httpx
import httpx2
import pytest
import respx

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn
from tools.testing.recipes import use_respx

pytestmark = pytest.mark.tool(
    "RESPX",
    package="respx",
    how="`respx.post(token_url).respond(json=…)`",
    mind="It knows httpx and not httpx2, whose calls go out. Without `store=` the token of one "
    "test serves the next, and `assert_all_called` fails there.",
)

TOKEN_URL = "https://account.dastra.eu/connect/token"
URL = "https://api.dastra.eu/v1/workspaces"
TOKEN = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize("run", [1, 2])
def test_the_recipe_holds_in_each_test_of_a_process(run: int, dastra: DastraStandIn) -> None:
    use_respx.test_a_workspace_is_known_by_its_label()
    assert dastra.requests == []


def test_without_a_store_of_its_own_the_second_use_calls_no_token_endpoint() -> None:
    asked = []
    for _ in range(2):
        with respx.mock(assert_all_called=False) as router:
            token = router.post(TOKEN_URL).respond(json=TOKEN)
            router.get(URL).respond(json={})
            with httpx.Client(auth=DastraClientCredentials.from_env()) as client:
                client.get(URL)
            asked.append(token.call_count)
    assert asked == [1, 0]


@respx.mock
def test_a_401_in_an_async_client_is_answered_by_sending_the_request_again() -> None:
    respx.post(TOKEN_URL).respond(json=TOKEN)
    api = respx.get(URL)
    api.side_effect = [httpx.Response(401), httpx.Response(200)]
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())

    async def status() -> int:
        async with httpx.AsyncClient(auth=auth) as client:
            return (await client.get(URL)).status_code

    assert anyio.run(status) == 200
    assert api.call_count == 2


@respx.mock(assert_all_called=False)
def test_httpx2_is_not_routed(dastra: DastraStandIn) -> None:
    api = respx.get(URL).respond(json={})
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
    with httpx2.Client(auth=auth) as client:
        client.get(URL)
    assert (api.call_count, len(dastra.calls)) == (0, 1)
