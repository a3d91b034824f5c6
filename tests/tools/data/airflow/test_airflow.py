"""Apache Airflow: a run of a DAG, and the hooks of its HTTP provider."""

import asyncio
import shutil
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from airflow.models import DagRun
from airflow.providers.http.exceptions import HttpErrorException
from airflow.providers.http.hooks.http import HttpAsyncHook, HttpHook
from airflow.utils.db import initdb

from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, DtzBasic, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from tools.data.airflow import use_airflow

pytestmark = [
    pytest.mark.tool(
        "Apache Airflow",
        package="apache-airflow",
        how="`auth_type=DastraClientCredentials` of `HttpHook` and `HttpOperator`",
        mind="A connection's login and password fit `DastraClientCredentials` and `DtzBasic`; for "
        "the other classes leave the login empty and give `HttpHook` their `from_env`. "
        "`deferrable=True` and `HttpAsyncHook` take aiohttp's `BasicAuth` alone: our classes fail "
        "there before anything is sent, and `from_env` is not asked at all. For DTZ they work "
        "without this package: login `apikey`, the key as password.",
    ),
    # Airflow's own: its server for test runs, its provider's imports, its use of aiohttp.
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient` is deprecated"),
    pytest.mark.filterwarnings(
        "ignore:The `airflow.utils.operator_helpers.determine_kwargs` attribute is deprecated"
    ),
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]


@pytest.fixture
def run(home: Path) -> Callable[[], DagRun]:
    """Run the example as its last line does, over a database of its own."""
    initdb()
    shutil.copy(use_airflow.__file__, home / "dags")
    return use_airflow.a_dag.test


def test_a_run_of_a_dag_makes_one_token_request_and_keeps_no_secret(
    run: Callable[[], DagRun],
    dastra: DastraStandIn,
    dtz: DtzStandIn,
    bears_token: Callable[[], bool],
    home: Path,
) -> None:
    assert run().state == "success"
    assert [call.status for call in dastra.calls] == [200] * 10
    assert bears_token()
    assert len(dastra.token_requests) == 1
    assert [call.header("X-API-KEY") for call in dtz.calls] == [dtz.api_key]
    # What Airflow keeps of a run: the database with the DAG, and log files.
    kept = b"".join(each.read_bytes() for each in home.rglob("*") if each.is_file())
    assert b"first_page" in kept
    secrets = {dastra.private_key, dtz.api_key, *dastra.tokens_in_force}
    assert not [each for each in secrets if each.encode() in kept]


def test_a_new_object_for_each_of_many_calls_at_once_shares_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    def call(page: int) -> int:
        hook = HttpHook("GET", http_conn_id="dastra", auth_type=DastraClientCredentials)
        status: int = hook.run("/v1/workspaces", {"page": page}).status_code
        return status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(24))) == [200] * 24
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_airflow_sees_no_401_of_a_token_that_ended(
    dastra: DastraStandIn,
) -> None:
    clock = FakeClock()
    own = partial(DastraClientCredentials, store=MemoryTokenStore(clock=clock))
    hook = HttpHook("GET", http_conn_id="dastra", auth_type=own)
    hook.run("/v1/workspaces")
    clock.advance(10)
    dastra.expire_tokens()
    assert hook.run("/v1/workspaces").status_code == 200
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_the_login_of_a_connection_to_dtz_may_be_the_word_apikey(
    dtz: DtzStandIn, connect: Callable[..., None]
) -> None:
    connect("dtz", host="api.dtz.rocks", login="apikey", password=dtz.api_key)
    hook = HttpHook("GET", http_conn_id="dtz", auth_type=DtzBasic)
    assert hook.run("/v1/me").status_code == 200


def test_the_asynchronous_hook_refuses_the_class_and_shows_no_secret(
    dastra: DastraStandIn,
) -> None:
    hook = HttpAsyncHook("GET", http_conn_id="dastra", auth_type=DastraClientCredentials)
    with pytest.raises(ValueError, match="an instance of BasicAuth") as raised:
        asyncio.run(hook.run(endpoint="/v1/workspaces"))
    assert dastra.private_key not in str(raised.value)
    assert not dastra.requests


def test_the_asynchronous_hook_takes_a_login_for_dtz_and_does_not_ask_from_env(
    stand_ins: StandIns, dtz: DtzStandIn, connect: Callable[..., None]
) -> None:
    # aiohttp looks at no proxy and reads its authorities once, when it is imported.
    trust = ssl.create_default_context(cafile=stand_ins.environment["SSL_CERT_FILE"])

    def call(hook: HttpAsyncHook) -> int:
        call = hook.run(endpoint="/api/2021-02-21/me", extra_options={"ssl": trust})
        return asyncio.run(call).status

    connect("with_login", host=dtz.origin, login="apikey", password=dtz.api_key)
    assert call(HttpAsyncHook("GET", http_conn_id="with_login")) == 200
    connect("without", host=dtz.origin)
    with pytest.raises(HttpErrorException, match="401"):
        call(HttpAsyncHook("GET", http_conn_id="without", auth_type=DtzApiKey.from_env))
    assert [call.header("X-API-KEY") for call in dtz.calls] == [None, None]
