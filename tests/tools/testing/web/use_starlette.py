"""An app of Starlette's that calls Dastra makes its client when it starts, with the object in it.

In a test its `TestClient` runs the app as it is: the app's own calls go to the stand-in.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, httpx2.AsyncClient]]:
    """Have one client while the app runs."""
    async with httpx2.AsyncClient(auth=DastraClientCredentials.from_env()) as client:
        yield {"dastra": client}


async def labels(request: Request) -> JSONResponse:
    """Answer with the names of all workspaces."""
    answer = await request.state.dastra.get("https://api.dastra.eu/v1/workspaces")
    return JSONResponse([each["label"] for each in answer.json()["items"]])


app = Starlette(routes=[Route("/labels", labels)], lifespan=lifespan)


@pytest.fixture
def credentials(dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the app the key pair that the stand-in takes."""
    monkeypatch.setenv("DASTRA_PUBLIC_KEY", dastra.public_key)
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", dastra.private_key)


@pytest.mark.usefixtures("credentials")
def test_the_labels_are_those_of_the_workspaces(dastra: DastraStandIn) -> None:
    with TestClient(app) as client:
        assert client.get("/labels").json() == ["My data company"]
    assert dastra.calls[0].status == 200
