"""dlt: its client for paged answers, and its source that is described by a dictionary."""

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dlt
import duckdb
import pytest
from dlt.sources.rest_api import rest_api_source

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn
from tools.data.dlt.use_dlt import URL, labels, load

pytestmark = pytest.mark.tool(
    "dlt",
    package="dlt",
    how="`RESTClient(auth=auth)`, and a session with it in `rest_api`'s `client`",
    mind="`rest_api` refuses the object as its `auth`: it wants a class of dlt's own there. Make "
    "the session with `Client(raise_for_status=False)`: it tries again as dlt's own session does.",
)


@pytest.fixture(autouse=True)
def nobody_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Send no telemetry, and read no configuration but this."""
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[dlt.Pipeline]:
    """Make a pipeline into a file of DuckDB, whose own files are beside it."""
    destination = dlt.destinations.duckdb(str(tmp_path / "loaded.duckdb"))
    pipeline = dlt.pipeline(
        "dastra", destination=destination, dataset_name="dastra", pipelines_dir=str(tmp_path)
    )
    yield pipeline
    pipeline.deactivate()


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_pages_are_read_with_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    for items in (["Sales", "Legal"], ["Finance"], []):
        dastra.answer({"items": [{"label": label} for label in items], "total": 3})
    assert labels() == ["Sales", "Legal", "Finance"]
    assert [call.query for call in dastra.calls] == [[("page", page)] for page in "123"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_reading_ends_although_the_stand_in_has_the_same_answer_for_each_page(
    dastra: DastraStandIn,
) -> None:
    assert labels() == ["My data company"]
    assert [call.query for call in dastra.calls] == [[("page", "1")]]


def test_a_pipeline_loads_and_writes_no_secret_anywhere(
    dastra: DastraStandIn,
    pipeline: dlt.Pipeline,
    bears_token: Callable[[], bool],
    tmp_path: Path,
) -> None:
    load(pipeline)
    load(pipeline)
    with duckdb.connect(str(tmp_path / "loaded.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT label FROM dastra.workspaces").fetchall()
    assert rows == [("My data company",)] * 2
    assert bears_token()
    assert len(dastra.token_requests) == 1
    written = {each.name: content(each) for each in tmp_path.rglob("*") if each.is_file()}
    assert {"loaded.duckdb", "state.json", "trace.pickle", "schema.json"} <= set(written)
    secrets = {dastra.private_key, *dastra.tokens_in_force}
    told = [name for name in written for each in secrets if each.encode() in written[name]]
    assert not told


def test_what_dlt_tries_again_survives_a_401(
    dastra: DastraStandIn, pipeline: dlt.Pipeline, bears_token: Callable[[], bool]
) -> None:
    dastra.fail(503)
    dastra.fail(401)
    load(pipeline)
    assert [call.status for call in dastra.calls] == [503, 401, 200]
    assert bears_token()


def test_the_object_as_auth_of_the_source_is_refused_and_not_shown(dastra: DastraStandIn) -> None:
    auth = DastraClientCredentials.from_env()
    with pytest.raises(ValueError, match="DastraClientCredentials") as raised:
        rest_api_source({"client": {"base_url": URL, "auth": auth}, "resources": ["workspaces"]})  # type: ignore[typeddict-item]
    assert os.environ["DASTRA_PRIVATE_KEY"] not in str(raised.value)
