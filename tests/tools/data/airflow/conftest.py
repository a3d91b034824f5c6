"""Airflow reads where it lives when it is imported: here, a directory that ends with the run."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dtz_dastra_auth.testing import DastraStandIn

_HOME = TemporaryDirectory(prefix="airflow-")
_DAGS = Path(_HOME.name, "dags")
_DAGS.mkdir()
os.environ |= {
    "AIRFLOW_HOME": _HOME.name,
    "AIRFLOW__CORE__DAGS_FOLDER": str(_DAGS),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
}


def pytest_unconfigure() -> None:
    _HOME.cleanup()


@pytest.fixture
def home() -> Path:
    return Path(_HOME.name)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Name a connection in a variable, as Airflow reads them."""

    def connect(name: str, **fields: str) -> None:
        connection = {"conn_type": "http", "schema": "https", **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))

    return connect


@pytest.fixture(autouse=True)
def connections(dastra: DastraStandIn, connect: Callable[..., None]) -> None:
    key_pair = {"login": dastra.public_key, "password": dastra.private_key}
    connect("dastra", host="api.dastra.eu", **key_pair)
    connect("dtz", host="api.dtz.rocks")
