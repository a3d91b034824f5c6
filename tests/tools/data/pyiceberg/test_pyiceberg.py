"""PyIceberg: a REST catalog behind a gateway that takes Dastra's tokens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import UnauthorizedError

from dtz_dastra_auth.testing import DastraStandIn
from tools.data.gateway import admitted, let_a_minute_pass
from tools.data.pyiceberg.use_pyiceberg import catalog

pytestmark = pytest.mark.tool(
    "PyIceberg",
    package="pyiceberg",
    how="an `AuthManager` with the object, named by the property `auth`",
    mind=(
        "A manager sees neither requests nor answers: the token is renewed before it ends, but not "
        "after a 401, which PyIceberg raises as `UnauthorizedError` after one more try of its own."
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


def test_a_token_that_is_refused_before_its_end_is_not_renewed(
    dastra: DastraStandIn, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = catalog(uri)
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    with pytest.raises(UnauthorizedError):
        loaded.list_namespaces()
    assert [call.status for call in dastra.calls] == [200, 401, 401]
    assert len(dastra.token_requests) == 1


def test_a_catalog_that_is_no_origin_gets_no_token(
    dastra: DastraStandIn, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASTRA_ORIGINS")
    with pytest.raises(UnauthorizedError):
        catalog(uri)
    assert [call.header("Authorization") for call in dastra.calls] == [None]
    assert dastra.token_requests == []
