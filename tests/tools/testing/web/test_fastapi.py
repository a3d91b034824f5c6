"""FastAPI: an app that wants a credential, and one that depends on a client of Dastra's."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.testing.web import use_fastapi

pytestmark = pytest.mark.tool(
    "FastAPI",
    package="fastapi",
    how="`client.auth = auth`, and `AsyncClient(auth=auth)` in a dependency",
    mind="TestClient's `http://testserver` is plain http, to which no credential goes: set "
    '`base_url="https://testserver"` and name the same in `origins`.',
)

app = FastAPI()


async def dastra_client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(auth=DastraClientCredentials.from_env()) as client:
        yield client


@app.get("/labels")
async def labels(client: Annotated[httpx.AsyncClient, Depends(dastra_client)]) -> list[str]:
    answer = await client.get("https://api.dastra.eu/v1/workspaces")
    return [each["label"] for each in answer.json()["items"]]


def test_the_recipe_shows_the_app_its_key(dtz: DtzStandIn) -> None:
    use_fastapi.test_the_app_is_told_the_key()
    assert dtz.requests == []


def test_over_plain_http_the_key_stays_away(dtz: DtzStandIn) -> None:
    with TestClient(use_fastapi.app) as client:
        client.auth = DtzApiKey(dtz.api_key, origins=["https://testserver"])
        assert client.get("/key").status_code == 401
        client.base_url = "https://testserver"
        assert client.get("/key").status_code == 200


def test_a_client_made_in_a_dependency_per_request_asks_for_one_token(
    dastra: DastraStandIn,
) -> None:
    # Not entered, a TestClient has an event loop of its own for each request.
    client = TestClient(app)
    assert [client.get("/labels").json() for _ in range(3)] == [["My data company"]] * 3
    assert [len(dastra.token_requests), len(dastra.calls)] == [1, 3]


def test_a_401_met_inside_the_app_is_answered_by_sending_the_request_again(
    dastra: DastraStandIn,
) -> None:
    with TestClient(app) as client:
        client.get("/labels")
        dastra.fail(401)
        assert client.get("/labels").json() == ["My data company"]
    assert [call.status for call in dastra.calls] == [200, 401, 200]
