"""Kedro: a dataset that is the answer of an API, in Python and in a catalog."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from kedro.io import DataCatalog
from kedro_datasets.api import APIDataset
from omegaconf import OmegaConf

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn
from tools.data.gateway import let_a_minute_pass
from tools.data.kedro.use_kedro import CATALOG, catalog, dataset

pytestmark = [
    pytest.mark.tool(
        "kedro-datasets",
        package="kedro-datasets",
        how="`APIDataset(credentials=auth)`, or a resolver in `catalog.yml`",
        mind=(
            "`APIDataset` takes an `auth` out of the very dictionary that it is given as "
            "`load_args`, and a catalog made again from its configuration has none; `credentials` "
            "stays. Catalogs deep-copy the object; the copies share one token."
        ),
    ),
    # Kedro's own call of OmegaConf, at each start of its loader.
    pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning"),
]


@pytest.fixture
def conf(tmp_path: Path) -> str:
    """Write a project's configuration."""
    for environment in ("base", "local"):
        (tmp_path / environment).mkdir()
    (tmp_path / "base" / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    # OmegaConf keeps resolvers for the life of the process, and Kedro does not replace one.
    OmegaConf.clear_resolver("dastra")
    return str(tmp_path)


def test_a_dataset_takes_the_object_as_credentials(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    response = dataset().load()
    assert response.json()["total"] == 1
    assert bears_token()


def test_a_catalog_in_yaml_takes_it_from_a_resolver(
    dastra: DastraStandIn, conf: str, bears_token: Callable[[], bool]
) -> None:
    assert catalog(conf).load("workspaces").json()["total"] == 1
    assert bears_token()


def test_datasets_of_copied_configurations_share_one_token(
    dastra: DastraStandIn, conf: str, bears_token: Callable[[], bool]
) -> None:
    catalogs = [catalog(conf) for _ in range(3)]
    datasets = [each["workspaces"] for each in catalogs]
    for each in [*datasets, *map(copy.deepcopy, datasets)]:
        each.load()
    assert len(dastra.calls) == 6
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_token_refused_between_loads_is_renewed(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataset()
    data.load()
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    assert data.load().status_code == 200
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_an_item_saved_after_a_refused_token_arrives_whole(dastra: DastraStandIn) -> None:
    data = APIDataset(
        url="https://api.dastra.eu/v1/workspaces",
        method="POST",
        credentials=DastraClientCredentials.from_env(),
    )
    dastra.fail(401)
    dastra.answer({"id": 2}, on=lambda call: call.path == "/v1/workspaces")
    data.save([{"label": "one"}])
    assert [call.body for call in dastra.calls] == [b'[{"label": "one"}]'] * 2


def test_a_catalog_made_again_from_its_configuration_calls_too(
    dastra: DastraStandIn, conf: str, bears_token: Callable[[], bool]
) -> None:
    made = catalog(conf)
    made.load("workspaces")
    config, credentials, *_ = made.to_config()
    DataCatalog.from_config(config, credentials).load("workspaces")
    assert len(dastra.calls) == 2
    assert bears_token()


def test_no_description_shows_the_private_key(dastra: DastraStandIn, conf: str) -> None:
    made = catalog(conf)
    data = made["workspaces"]
    told = [repr(each) for each in (made, data, data.__dict__, made.to_config())]
    assert any("DastraClientCredentials" in each for each in told)
    assert not any(dastra.private_key in each for each in told)
