"""PyIceberg: a REST catalog behind a gateway that takes Dastra's tokens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import UnauthorizedError

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.data.gateway import admitted, let_a_minute_pass
from tools.data.pyiceberg.use_pyiceberg import catalog

pytestmark = pytest.mark.tool(
    "PyIceberg",
    package="pyiceberg",
    how="`session.auth`, in a catalog class of your own (`py-catalog-impl`)",
    mind=(
        "Use no `AuthManager` for it: a manager sees neither requests nor answers, so its token "
        "goes wherever the catalog's configuration leads, and is not renewed after a 401. "
        "`_create_session` is a private name of PyIceberg's: see that it is there after an upgrade."
    ),
)

CONFIG = {"defaults": {}, "overrides": {}, "endpoints": ["GET /v1/{prefix}/namespaces"]}
NAMESPACES = {"namespaces": [["processing"], ["audits"]]}


@pytest.fixture
def uri(dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    """Answer as a catalog does, to calls with a token, which may go there."""
    dastra.answer(CONFIG, times=None, on=admitted(dastra, "/v1/config"))
    dastra.answer(NAMESPACES, times=None, on=admitted(dastra, "/v1/namespaces"))
    monkeypatch.setenv("DASTRA_ORIGINS", dastra.origin)
    return dastra.origin


def test_the_catalog_is_loaded_and_called_with_one_token(
    dastra: DastraStandIn, uri: str, bears_token: Callable[[], bool]
) -> None:
    assert catalog(uri).list_namespaces() == [("processing",), ("audits",)]
    assert [call.path for call in dastra.calls] == ["/v1/config", "/v1/namespaces"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_catalogs_in_many_threads_share_one_token(
    dastra: DastraStandIn, uri: str, bears_token: Callable[[], bool]
) -> None:
    def spaces(_: int) -> list[tuple[str, ...]]:
        return catalog(uri).list_namespaces()

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(spaces, range(16)))) == 16
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_catalog_takes_a_new_token_when_the_old_one_has_ended(
    dastra: DastraStandIn, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dastra.lifetime = 30.0
    loaded: Catalog = catalog(uri)
    let_a_minute_pass(monkeypatch)
    loaded.list_namespaces()
    loaded.list_namespaces()
    config, first, second = [call.header("Authorization") for call in dastra.calls]
    assert config != first == second
    assert len(dastra.token_requests) == 2


def test_a_token_that_is_refused_before_its_end_is_renewed(
    dastra: DastraStandIn, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = catalog(uri)
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    assert loaded.list_namespaces() == [("processing",), ("audits",)]
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_a_configuration_that_leads_to_another_host_gets_no_token_there(
    dastra: DastraStandIn, dtz: DtzStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_ORIGINS", dastra.origin)
    elsewhere = {**CONFIG, "overrides": {"uri": dtz.origin}}
    dastra.answer(elsewhere, on=admitted(dastra, "/v1/config"))
    dtz.answer(NAMESPACES, on=lambda call: call.path == "/v1/namespaces")
    catalog(dastra.origin).list_namespaces()
    assert [call.header("Authorization") for call in dtz.calls] == [None]


def test_a_catalog_that_is_no_origin_gets_no_token(
    dastra: DastraStandIn, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASTRA_ORIGINS")
    with pytest.raises(UnauthorizedError):
        catalog(uri)
    assert [call.header("Authorization") for call in dastra.calls] == [None]
    assert dastra.token_requests == []
