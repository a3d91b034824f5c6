"""Starlette: an app that calls Dastra, under its TestClient."""

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore, TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.testing.elsewhere import run_elsewhere
from tools.testing.web import use_starlette
from tools.testing.web.apps import (
    TLS,
    echo,
    every_placement_arrives,
    the_default_base_url_is_refused,
)

pytestmark = pytest.mark.tool(
    "Starlette",
    package="starlette",
    how="`client.auth = auth`, and `AsyncClient(auth=auth)` in the app",
    mind="Everything that goes over a TestClient goes to the app, whatever its host: the token "
    "request of `DastraClientCredentials` and `DtzLogin` as well. As a TestClient's `auth`, take "
    "a key or a token.",
)

TESTS = Path(__file__).parents[3]


def test_the_recipe_calls_the_stand_in_from_inside_the_app(dastra: DastraStandIn) -> None:
    use_starlette.test_the_labels_are_those_of_the_workspaces(dastra)
    assert [len(dastra.token_requests), len(dastra.calls)] == [1, 1]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("starlette", marks=pytest.mark.tool("Starlette", package="starlette")),
        pytest.param("fastapi", marks=pytest.mark.tool("FastAPI", package="fastapi")),
    ],
)
def test_the_recipe_passes_as_it_stands_in_a_project_of_somebody_else(
    name: str, tmp_path: Path, dastra: DastraStandIn
) -> None:
    done = run_elsewhere(Path(__file__).with_name(f"use_{name}.py"), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert dastra.requests == []


def test_event_loops_that_come_and_go_share_one_token(dastra: DastraStandIn) -> None:
    for _ in range(3):
        with TestClient(use_starlette.app) as client:
            assert [client.get("/labels").status_code for _ in range(2)] == [200, 200]
    assert [len(dastra.token_requests), len(dastra.calls)] == [1, 6]


def test_a_credential_arrives_at_the_app_over_https_and_on_loopback_names() -> None:
    every_placement_arrives()
    the_default_base_url_is_refused()
    assert issubclass(TestClient, httpx2.Client)


def test_a_token_request_over_a_test_client_reaches_the_app_and_not_the_service(
    dastra: DastraStandIn,
) -> None:
    auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
    own = DastraClientCredentials(
        dastra.public_key, dastra.private_key, origins=[TLS], store=MemoryTokenStore()
    )
    with TestClient(echo, base_url=TLS) as client:
        with pytest.raises(TokenError, match="access_token"):
            client.get("https://api.dastra.eu/v1/workspaces", auth=auth)
        with pytest.raises(TokenError, match="access_token"):
            client.get("/", auth=own)
    assert dastra.requests == []


def test_on_httpx_alone_all_of_it_holds_too() -> None:
    module = "tools.testing.web.apps"
    names = [f"{module}.every_placement_arrives", f"{module}.the_default_base_url_is_refused"]
    names += ["tools.testing.web.use_fastapi.test_the_app_is_told_the_key"]
    older = Path(__file__).with_name("older.py")
    done = subprocess.run(
        [sys.executable, older, *names],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "<class 'httpx.Client'>", done.stderr
