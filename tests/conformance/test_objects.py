"""Auth objects as things: copied, pickled, compared, shown, made from the environment."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests

import dtz_dastra_auth
from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Made, Method
from dtz_dastra_auth import (
    ConfigurationError,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzBearer,
    DtzLogin,
)
from dtz_dastra_auth.testing import StandIns

Connect = Callable[..., Client]

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "the oldest pickle": lambda thing: pickle.loads(pickle.dumps(thing, 0)),
}

# A lambda has no name to be pickled by.
PICKLED = [method for method in METHODS if "callable" not in method.name]


def send(request: Any) -> requests.Response:
    """Send a prepared request as a session does, with what the environment says."""
    with requests.Session() as session:
        settings = session.merge_environment_settings(request.url, {}, None, None, None)
        return session.send(request, **settings)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("method", PICKLED, ids=lambda method: method.name)
def test_a_copy_works_like_the_original(
    method: Method, copied: Callable[[Any], Any], connect: Connect, stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    twin = copied(auth)
    assert twin == auth
    assert hash(twin) == hash(auth)
    assert connect(twin).get(method.url).status_code == 200


def test_a_copy_shares_the_token_of_the_original(connect: Connect, stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    for twin in (auth, copy.copy(auth), copy.deepcopy(auth), pickle.loads(pickle.dumps(auth))):
        connect(twin).get(DASTRA_URL)
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "unprepared"])
def test_a_second_call_on_a_request_of_requests_changes_nothing(
    prepared: bool, method: Method, stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    request: Any = requests.Request("GET", method.url + "?kept=1", headers={"Cookie": "own=1"})
    request = request.prepare() if prepared else request

    def state() -> tuple[Any, ...]:
        return request.url, dict(request.headers), len(request.hooks["response"])

    auth(request)
    once = state()
    auth(request)
    assert state() == once
    if not prepared:
        request = request.prepare()
    assert send(request).status_code == 200
    assert [call.status for call in method.calls(stand_ins)] == [200]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_request_of_httpx_can_be_sent_twice(
    library: Any, method: Method, stand_ins: StandIns
) -> None:
    made: Made = method.make(stand_ins)
    with library.Client(auth=made.auth) as client:
        request = client.build_request("GET", method.url)
        statuses = [client.send(request).status_code for _ in range(2)]
    assert statuses == [200, 200]
    first, second = method.calls(stand_ins)
    assert (first.headers, first.target) == (second.headers, second.target)


@pytest.mark.parametrize("deep", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_prepared_request_can_be_copied_and_pickled(
    deep: Callable[[Any], Any], stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    request = requests.Request("GET", DASTRA_URL, auth=auth).prepare()
    for twin in (request.copy(), deep(request), pickle.loads(pickle.dumps(request))):
        assert send(twin).status_code == 200


def test_an_auth_object_can_be_told_to_hold_its_own_session(stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    with requests.Session() as session:
        session.auth = DastraClientCredentials(
            dastra.public_key, dastra.private_key, session=session
        )
        assert session.get(DASTRA_URL).status_code == 200
        twin = pickle.loads(pickle.dumps(session))
        with twin:
            assert twin.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 1


def test_different_objects_are_not_equal(method: Method, stand_ins: StandIns) -> None:
    ours = method.make(stand_ins).auth
    others = [other.make(stand_ins).auth for other in METHODS if other is not method]
    assert ours not in others


def test_no_secret_shows_in_the_text_of_an_object(method: Method, stand_ins: StandIns) -> None:
    auth = method.make(stand_ins).auth
    secrets = [
        stand_ins.dastra.private_key,
        stand_ins.dtz.api_key,
        stand_ins.dtz.password,
        *stand_ins.dtz.tokens_in_force,
        *stand_ins.dastra.refresh_tokens_in_force,
        *stand_ins.dastra._codes,
        *stand_ins.dtz._codes,
    ]
    shown = f"{auth!r} {auth} {auth._source!r} {vars(auth)!r}"
    assert [secret for secret in secrets if secret in shown] == []
    assert type(auth).__name__ in repr(auth)


ENVIRONMENT = {
    "DASTRA_PUBLIC_KEY": "public",
    "DASTRA_PRIVATE_KEY": "private",
    "DASTRA_REFRESH_TOKEN": "refresh",
    "DTZ_API_KEY": "apikey-1",
    "DTZ_CONTEXT_ID": "context-1",
    "DTZ_ACCESS_TOKEN": "eyJ1",
    "DTZ_USERNAME": "user",
    "DTZ_PASSWORD": "password",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set every variable that `from_env` reads, and none for other deployments."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("DASTRA_TOKEN_URL", "DASTRA_ORIGINS", "DTZ_IDENTITY_URL", "DTZ_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def from_env_and_by_hand() -> list[tuple[Any, Any]]:
    auth = dtz_dastra_auth
    return [
        (auth.DastraClientCredentials, lambda: DastraClientCredentials("public", "private")),
        (
            auth.DastraRefreshToken,
            lambda: auth.DastraRefreshToken("refresh", "public", "private"),
        ),
        (auth.DastraApiKey, lambda: auth.DastraApiKey("private")),
        (auth.DtzApiKey, lambda: auth.DtzApiKey("apikey-1", context_id="context-1")),
        (auth.DtzBearer, lambda: DtzBearer("eyJ1")),
        (auth.DtzBasic, lambda: auth.DtzBasic("apikey", "apikey-1")),
        (auth.DtzCookie, lambda: auth.DtzCookie("eyJ1")),
        (auth.DtzQueryKey, lambda: auth.DtzQueryKey("apikey-1", context_id="context-1")),
        (auth.DtzLogin, lambda: DtzLogin("user", "password", context_id="context-1")),
        (
            auth.DtzApiKeyExchange,
            lambda: auth.DtzApiKeyExchange("apikey-1", context_id="context-1"),
        ),
    ]


@pytest.mark.parametrize(
    ("cls", "by_hand"), from_env_and_by_hand(), ids=lambda value: getattr(value, "__name__", "")
)
def test_from_env_makes_what_the_constructor_makes(
    cls: Any, by_hand: Callable[[], Any], environment: pytest.MonkeyPatch
) -> None:
    assert cls.from_env() == by_hand()


@pytest.mark.parametrize(("cls", "by_hand"), from_env_and_by_hand())
def test_from_env_names_the_variable_that_is_missing(
    cls: Any, by_hand: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match=r"^(DASTRA|DTZ)_[A-Z_]+: is not set"):
        cls.from_env()


def test_other_deployments_are_named_in_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DASTRA_TOKEN_URL", "https://account.example/connect/token")
    environment.setenv("DASTRA_ORIGINS", "https://a.example, https://b.example:8443")
    environment.setenv("DTZ_IDENTITY_URL", "https://identity.example/api")
    environment.setenv("DTZ_ORIGINS", "http://localhost:8080")
    origins = ["https://a.example", "https://b.example:8443"]
    assert DastraClientCredentials.from_env() == DastraClientCredentials(
        "public",
        "private",
        token_url="https://account.example/connect/token",
        origins=origins,
    )
    assert DastraRefreshToken.from_env() == DastraRefreshToken(
        "refresh",
        "public",
        "private",
        token_url="https://account.example/connect/token",
        origins=origins,
    )
    url = "https://identity.example/api"
    exchange = DtzApiKeyExchange("apikey-1", context_id="context-1", identity_url=url)
    assert DtzApiKeyExchange.from_env() == exchange
    login = DtzLogin(
        "user", "password", context_id="context-1", identity_url="https://identity.example/api"
    )
    environment.delenv("DTZ_ACCESS_TOKEN")
    assert DtzBearer.from_env() == DtzBearer(login, origins=["http://localhost:8080"])


def test_the_variables_for_other_deployments_are_not_read_by_constructors(
    environment: pytest.MonkeyPatch,
) -> None:
    before = DastraClientCredentials("public", "private")
    environment.setenv("DASTRA_TOKEN_URL", "https://evil.example/")
    environment.setenv("DASTRA_ORIGINS", "https://evil.example")
    assert DastraClientCredentials("public", "private") == before


def test_a_credential_stays_off_other_origins(
    method: Method, connect: Connect, stand_ins: StandIns, caplog: pytest.LogCaptureFixture
) -> None:
    url = DTZ_URL if method.url == DASTRA_URL else DASTRA_URL
    connect(method.make(stand_ins).auth).get(url)
    arrived = stand_ins.dastra.requests + stand_ins.dtz.requests
    [call] = arrived
    assert {"Authorization", "X-API-KEY", "X-DTZ-CONTEXT"}.isdisjoint(dict(call.headers))
    assert (call.header("Cookie"), call.target.partition("?")[2]) == (None, "")
