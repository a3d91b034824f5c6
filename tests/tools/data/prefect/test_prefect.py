"""Prefect: flows whose tasks call Dastra, run against a server of their own."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

# The server would tell its makers that it was started.
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
# And it would keep a note in the home directory.
os.environ["PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION"] = "false"

from prefect import flow, task, unmapped
from prefect.cache_policies import INPUTS
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.data.gateway import let_a_minute_pass
from tools.data.prefect.use_prefect import workspaces

pytestmark = pytest.mark.tool(
    "Prefect",
    package="prefect",
    how="`httpx.Client(auth=auth)` in a task",
    mind=(
        "Prefect keeps the parameters of flows in its database, and pickles those of background "
        "tasks: make the object where it is used. Task runs share one token."
    ),
)


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """Run Prefect's server, with a database of its own."""
    with prefect_test_harness(server_startup_timeout=120):
        yield


@task(cache_policy=INPUTS, persist_result=True)
def page_with(number: int, auth: httpx.Auth) -> int:
    with httpx.Client(auth=auth) as client:
        url = "https://api.dastra.eu/v1/workspaces"
        return client.get(url, params={"page": number}).status_code


@flow
def pages_with(numbers: int) -> list[int]:
    return page_with.map(range(numbers), unmapped(DastraClientCredentials.from_env())).result()


@flow
def given(auth: DastraClientCredentials, key: DtzApiKey) -> str:
    return f"{auth!r} {key!r}"


def test_task_runs_at_once_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    assert workspaces(20) == [1] * 20
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_task_run_whose_token_is_refused_goes_on_in_the_same_attempt(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces(1)
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    assert workspaces(1) == [1]
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_results_cached_by_the_object_hold_neither_secret_nor_token(
    dastra: DastraStandIn, tmp_path: Path
) -> None:
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path}):
        # The second object is an equal one, and Prefect's key for it is the same.
        assert pages_with(3) == pages_with(3) == [200] * 3
    assert len(dastra.calls) == 3
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert len(files) == 3
    stored = b"".join(each.read_bytes() + each.name.encode() for each in files)
    secrets = {dastra.private_key, *dastra.tokens_in_force}
    assert not any(secret.encode() in stored for secret in secrets)


def test_parameters_that_prefect_has_stored_show_no_secret(
    dastra: DastraStandIn, dtz: DtzStandIn
) -> None:
    auth, key = DastraClientCredentials.from_env(), DtzApiKey.from_env()
    state = given(auth, key, return_state=True)
    assert state.state_details.flow_run_id is not None
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
    stored = json.dumps(run.parameters)
    assert "auth" in stored
    assert "key" in stored
    assert dastra.private_key not in stored
    assert dtz.api_key not in stored
