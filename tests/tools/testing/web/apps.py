"""Apps that tell what has arrived at them."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dtz_dastra_auth import ConfigurationError, DtzApiKey, DtzBasic, DtzBearer, DtzCookie

LOCAL = "http://localhost"
TLS = "https://testserver"


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path, "headers": dict(request.headers)})


echo = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST"])])


def every_placement_arrives() -> None:
    """Send a credential in each place that an app can look at."""
    for url in (TLS, LOCAL):
        for auth, header, value in (
            (DtzApiKey("apikey-1", origins=[url]), "x-api-key", "apikey-1"),
            (DtzBearer("token-1", origins=[url]), "authorization", "Bearer token-1"),
            (DtzBasic("bearer", "a", origins=[url]), "authorization", "Basic YmVhcmVyOmE="),
            (DtzCookie("token-1", origins=[url]), "cookie", "dtz-auth=token-1"),
        ):
            with TestClient(echo, base_url=url) as client:
                client.auth = auth
                assert client.get("/").json()["headers"][header] == value
                assert client.get("/", auth=None).json()["headers"].get(header) is None


def the_default_base_url_is_refused() -> None:
    """Find that plain http takes no credential, and that it cannot be allowed by its name."""
    with TestClient(echo) as client:
        client.auth = DtzApiKey("apikey-1", origins=[TLS])
        assert "x-api-key" not in client.get("/").json()["headers"]
    with pytest.raises(ConfigurationError, match="origins"):
        DtzApiKey("apikey-1", origins=["http://testserver"])
