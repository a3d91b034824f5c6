"""A client that openapi-python-client has generated for Dastra's workspaces."""

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn

pytestmark = pytest.mark.tool(
    "openapi-python-client",
    package="openapi-python-client",
    how='`Client(base_url, httpx_args={"auth": auth})`',
    mind="Not for the generated `AuthenticatedClient`: it sets its `token` as a header, which wins "
    "over the object. `with_headers`, `with_cookies` and `with_timeout` keep the object.",
)

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Generate the client, and import what uses it."""
    directory = tmp_path_factory.mktemp("generated")
    command: list[str | Path] = [BIN / "openapi-python-client", "generate", "--fail-on-warning"]
    command += ["--path", HERE / "dastra.yaml", "--meta", "none"]
    command += ["--output-path", directory / "dastra_client"]
    # It formats what it has written with ruff.
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    subprocess.run(command, check=True, timeout=60, env={**os.environ, "PATH": path})
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(directory)
        yield importlib.import_module("tools.services.main.use_openapi_python_client")


def test_blocking_and_asynchronous_calls_share_one_token(
    example: Any, dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    assert example.labels() == ["My data company"]
    assert asyncio.run(example.labels_async()) == ["My data company"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_401_is_answered_by_sending_the_request_again(
    example: Any, dastra: DastraStandIn
) -> None:
    dastra.fail(401)
    assert example.labels() == ["My data company"]
    assert [call.status for call in dastra.calls] == [401, 200]


def test_a_client_made_from_another_keeps_the_object(example: Any, dastra: DastraStandIn) -> None:
    with example.connect().with_headers({"X-Mine": "1"}) as client:
        answer = example.list_workspaces.sync_detailed(client=client)
    assert answer.status_code == 200
    (call,) = dastra.calls
    assert call.header("X-Mine") == "1"


def test_its_repr_does_not_show_the_credential(example: Any, dastra: DastraStandIn) -> None:
    shown = repr(example.connect())
    assert "DastraClientCredentials" in shown
    assert dastra.private_key not in shown


def test_the_token_of_an_authenticated_client_wins(example: Any, dastra: DastraStandIn) -> None:
    generated = importlib.import_module("dastra_client")
    auth = DastraClientCredentials.from_env()
    client = generated.AuthenticatedClient(
        "https://api.dastra.eu", token="stale", httpx_args={"auth": auth}
    )
    with client:
        answer = example.list_workspaces.sync_detailed(client=client)
    assert answer.status_code == 401
    assert [call.header("Authorization") for call in dastra.calls] == ["Bearer stale"]
    assert dastra.token_requests == []
