"""MLflow: a tracking server behind a gateway that takes Dastra's tokens."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

# It would tell its makers that it was imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.data.gateway import admitted, let_a_minute_pass
from tools.data.mlflow.use_mlflow import experiments

pytestmark = pytest.mark.tool(
    "MLflow",
    package="mlflow-skinny",
    how="`MLFLOW_TRACKING_AUTH=dastra`, by entry point `mlflow.request_auth_provider`",
    mind=(
        "MLflow asks for a new object at each request; they share one token. A credential that "
        "MLflow has of its own wins: `MLFLOW_TRACKING_TOKEN`, say, or `~/.mlflow/credentials`."
    ),
)


@pytest.fixture(autouse=True)
def chosen(dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose a provider, and have MLflow find it anew."""
    # MLflow reads entry points once in the life of a process, at its first request.
    monkeypatch.delitem(sys.modules, "mlflow.tracking.request_auth.registry", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "dastra")
    monkeypatch.setenv("DASTRA_ORIGINS", dastra.origin)


@pytest.fixture
def server(dastra: DastraStandIn) -> str:
    """Answer as a tracking server does, to calls with a token."""
    found = {"experiment_id": "0", "name": "Default", "lifecycle_stage": "active"}
    search = admitted(dastra, "/api/2.0/mlflow/experiments/search")
    dastra.answer({"experiments": [found]}, times=None, on=search)
    return dastra.origin


def test_the_provider_of_an_entry_point_authenticates_the_calls(
    dastra: DastraStandIn, server: str, bears_token: Callable[[], bool]
) -> None:
    assert experiments(server) == ["Default"]
    assert bears_token()


def test_the_objects_of_all_requests_share_one_token(
    dastra: DastraStandIn, server: str, bears_token: Callable[[], bool]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(experiments, [server] * 16)) == [["Default"]] * 16
    assert len(dastra.calls) == 16
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_call_whose_token_is_refused_is_sent_again_with_another(
    dastra: DastraStandIn, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiments(server)
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    assert experiments(server) == ["Default"]
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert dastra.calls[1].body == dastra.calls[2].body != b""
    assert len(dastra.token_requests) == 2


def test_a_tracking_token_in_the_environment_wins(
    dastra: DastraStandIn, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "theirs")
    with pytest.raises(MlflowException, match="401"):
        experiments(server)
    assert [call.header("Authorization") for call in dastra.calls] == ["Bearer theirs"]
    assert dastra.token_requests == []


def test_a_tracking_server_that_is_no_origin_gets_no_token(
    dastra: DastraStandIn, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASTRA_ORIGINS")
    with pytest.raises(MlflowException, match="401"):
        MlflowClient(server).search_experiments()
    assert [call.header("Authorization") for call in dastra.calls] == [None]
    assert dastra.token_requests == []


@pytest.mark.parametrize("name", ["dastra-key", "dtz-key", "dtz-bearer"])
def test_each_provider_puts_its_credential_on_the_call(
    name: str, dastra: DastraStandIn, dtz: DtzStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = dastra if name == "dastra-key" else dtz
    service.answer({}, on=lambda call: "mlflow" in call.path)
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", name)
    monkeypatch.setenv("DTZ_ORIGINS", dtz.origin)
    assert list(MlflowClient(service.origin).search_experiments()) == []
    sent = service.calls[0].header("Authorization" if name == "dtz-bearer" else "X-API-KEY") or ""
    assert sent == {"dastra-key": dastra.private_key, "dtz-key": dtz.api_key}.get(name, sent)
    assert sent.startswith("Bearer eyJ") == (name == "dtz-bearer")
