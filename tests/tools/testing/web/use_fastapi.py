"""The `auth` of FastAPI's `TestClient` takes the object, for an app that wants a key itself.

`base_url` has to be https (or a loopback name), and among the object's `origins`.
"""

from typing import Annotated

from fastapi import FastAPI, Security
from fastapi.security import APIKeyHeader
from fastapi.testclient import TestClient

from dtz_dastra_auth import DtzApiKey

app = FastAPI()


@app.get("/key")
def key(key: Annotated[str, Security(APIKeyHeader(name="X-API-KEY"))]) -> str:
    """Tell by its first letters which key has arrived."""
    return key[:7]


def test_the_app_is_told_the_key() -> None:
    auth = DtzApiKey("apikey-1234", origins=["https://testserver"])
    with TestClient(app, base_url="https://testserver") as client:
        assert client.get("/key").status_code == 401
        client.auth = auth
        assert client.get("/key").json() == "apikey-"
