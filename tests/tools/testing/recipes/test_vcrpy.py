"""vcrpy: cassettes hold no secret, and play back without network, whatever the credentials are."""

import logging
from pathlib import Path

import pytest
import requests
import vcr
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request

from clock import FakeClock
from dtz_dastra_auth import (
    CredentialFilter,
    DastraClientCredentials,
    DtzApiKey,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns, cassette_filter
from tools.testing.recipes import use_vcrpy
from tools.testing.recipes.cassettes import (
    CLIENTS,
    DASTRA,
    DTZ,
    METHODS,
    call,
    secrets_in,
    secrets_of,
)
from tools.testing.recipes.scenes import SCENES

pytestmark = [
    pytest.mark.tool(
        "vcrpy",
        package="vcrpy",
        how="`vcr.VCR(**cassette_filter())`",
        mind="Pass `store=MemoryTokenStore()`, or the cassette has no token request when another "
        "test has made it before. vcrpy logs whole answers, tokens too, at INFO, and a query key "
        "in URLs: `CredentialFilter` masks both. Its error for a request that is not in the "
        "cassette shows the URL with the query key, if requests is the client.",
    ),
    pytest.mark.logs("vcrpy logs every answer as it came, and with it the tokens"),
]

EACH_CLIENT = pytest.mark.parametrize("client", CLIENTS)
EACH_METHOD = pytest.mark.parametrize("method", METHODS)


def reset(services: StandIns) -> None:
    services.dastra.reset()
    services.dtz.reset()


def test_the_recipe_records_once_and_plays_back_with_any_key_pair(
    dastra: DastraStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    use_vcrpy.test_a_workspace_is_known_by_its_label()
    assert [len(dastra.token_requests), len(dastra.calls)] == [1, 1]
    monkeypatch.setenv("DASTRA_PUBLIC_KEY", "another")
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "pair")
    use_vcrpy.test_a_workspace_is_known_by_its_label()
    assert len(dastra.requests) == 2
    assert (tmp_path / "cassettes/workspaces.yaml").is_file()


@EACH_CLIENT
@EACH_METHOD
def test_what_one_client_records_plays_back_in_it_and_in_another(
    method: str, client: str, stand_ins: StandIns, tmp_path: Path
) -> None:
    cassette = tmp_path / "cassette"
    url, make = METHODS[method]
    number = CLIENTS.index(client)
    serializer = ("yaml", "json")[number % 2]
    with vcr.VCR(**cassette_filter(), serializer=serializer).use_cassette(cassette):
        recorded = call(client, url, make(stand_ins))
    assert recorded[0] == 200
    assert secrets_in(cassette, serializer, secrets_of(stand_ins)) == []
    reset(stand_ins)
    for another in (client, CLIENTS[number - 1]):
        player = vcr.VCR(**cassette_filter(), serializer=serializer, record_mode="none")
        with player.use_cassette(cassette):
            assert call(another, url, make(None)) == recorded
    assert stand_ins.dastra.requests == stand_ins.dtz.requests == []


@pytest.mark.parametrize("client", ["requests", "httpx", "httpx2-async"])
@pytest.mark.parametrize("scene", SCENES)
def test_no_secret_is_in_a_cassette_wherever_it_came_back(
    scene: str, client: str, stand_ins: StandIns, tmp_path: Path
) -> None:
    cassette = tmp_path / "cassette"
    secrets = secrets_of(stand_ins)
    with vcr.VCR(**cassette_filter()).use_cassette(cassette):
        SCENES[scene](client, stand_ins)
        secrets |= secrets_of(stand_ins)
    assert secrets_in(cassette, "yaml", secrets) == []


def test_what_has_no_shape_is_masked_in_its_place_and_repeated(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    key, cookie = "ke/y +%ä-7", "opaque-session"
    stand_ins.dastra.add_key_pair("public", key)
    stand_ins.dastra.fail(200, headers={"Set-Cookie": f"session={cookie}; Path=/", "X-By": "k3y"})
    stand_ins.dastra.answer({"you_are": key})
    stand_ins.dastra.answer({"you_are": key}, on="token")
    own = DtzApiKey(stand_ins.dtz.api_key, context_id=stand_ins.dtz.context_id)
    pair = DastraClientCredentials("public", key, store=MemoryTokenStore())
    cassette = tmp_path / "cassette"
    with vcr.VCR(**cassette_filter()).use_cassette(cassette):
        requests.get(DASTRA, headers={"X-API-KEY": "k3y", "Accept": "a/b"})
        assert call("requests", DTZ, own)[0] == 200
        with pytest.raises(TokenError):
            call("httpx", DASTRA, pair)
    text = cassette.read_text(encoding="utf-8")
    assert secrets_in(cassette, "yaml", {key, cookie}) == []
    assert (text.count("k3y"), text.count(stand_ins.dtz.context_id)) == (1, 2)


@pytest.mark.parametrize(
    "scene",
    [
        "a_redirect_to_the_login_page",
        "a_refusal_that_repeats_the_key",
        "an_echo_of_the_whole_request",
        "further_tokens_in_an_answer",
        "headers_of_the_callers_own",
    ],
)
def test_the_search_finds_what_is_recorded_without_the_filter(
    scene: str, stand_ins: StandIns, tmp_path: Path
) -> None:
    cassette = tmp_path / "cassette"
    secrets = secrets_of(stand_ins)
    with vcr.VCR(before_record_request=as_yaml_takes_it).use_cassette(cassette):
        SCENES[scene]("requests", stand_ins)
        secrets |= secrets_of(stand_ins)
    assert secrets_in(cassette, "yaml", secrets) != []


def as_yaml_takes_it(request: Request) -> Request:
    headers = {name: str(value) for name, value in request.headers.items()}
    return Request(request.method, request.uri, request.body and bytes(request.body), headers)


def test_a_store_that_is_shared_leaves_the_token_request_out(
    dastra: DastraStandIn, tmp_path: Path
) -> None:
    auth = DastraClientCredentials.from_env()
    requests.get(DASTRA, auth=auth)
    with vcr.VCR(**cassette_filter()).use_cassette(tmp_path / "cassette"):
        requests.get(DASTRA, auth=auth)
    player = vcr.VCR(**cassette_filter(), record_mode="none")
    fresh = DastraClientCredentials.from_env(store=MemoryTokenStore())
    with (
        player.use_cassette(tmp_path / "cassette"),
        pytest.raises(CannotOverwriteExistingCassetteException, match="connect/token"),
    ):
        requests.get(DASTRA, auth=fresh)


@EACH_CLIENT
def test_a_lifetime_counts_from_the_playing_and_is_as_it_was_recorded(
    client: str, dastra: DastraStandIn, tmp_path: Path
) -> None:
    dastra.lifetime = 1000
    for record_mode, private_key in (("once", dastra.private_key), ("none", "another")):
        clock = FakeClock()
        store = MemoryTokenStore(clock=clock)
        auth = DastraClientCredentials(dastra.public_key, private_key, store=store)
        recorder = vcr.VCR(**cassette_filter(), record_mode=record_mode)
        with recorder.use_cassette(tmp_path / "cassette") as cassette:
            for seconds in (0, 900, 101):
                clock.advance(seconds)
                call(client, DASTRA, auth)
        paths = [request.path for request in cassette.requests]
        assert paths == ["/connect/token", *["/v1/workspaces"] * 2, *paths[:2]]
        assert cassette.play_count == (5 if record_mode == "none" else 0)
    assert len(dastra.requests) == 5


@EACH_CLIENT
def test_a_401_is_answered_by_sending_the_request_again_on_and_off_the_record(
    client: str, dastra: DastraStandIn, tmp_path: Path
) -> None:
    dastra.fail(401)
    for record_mode in ("once", "none"):
        auth = DastraClientCredentials.from_env(store=MemoryTokenStore())
        recorder = vcr.VCR(**cassette_filter(), record_mode=record_mode)
        with recorder.use_cassette(tmp_path / "cassette"):
            assert call(client, DASTRA, auth)[0] == 200
    assert [answer.status for answer in dastra.requests] == [200, 401, 200]


@EACH_CLIENT
def test_a_refused_token_request_plays_back_as_the_same_error(
    client: str, dastra: DastraStandIn, tmp_path: Path
) -> None:
    told = []
    for record_mode in ("once", "none"):
        wrong = DastraClientCredentials(dastra.public_key, "mistyped", store=MemoryTokenStore())
        recorder = vcr.VCR(**cassette_filter(), record_mode=record_mode)
        with (
            recorder.use_cassette(tmp_path / "cassette"),
            pytest.raises(TokenError) as caught,
        ):
            call(client, DASTRA, wrong)
        told.append((caught.value.status_code, caught.value.error, caught.value.description))
    assert told == [(400, "invalid_client", "The key pair is not known.")] * 2
    assert len(dastra.requests) == 1


def test_a_login_is_found_by_its_body_too_whoever_signs_in(dtz: DtzStandIn, tmp_path: Path) -> None:
    match_on = ("method", "uri", "body")
    for record_mode, pair in (("once", (dtz.username, dtz.password)), ("none", ("me", "x"))):
        auth = DtzBearer(DtzLogin(*pair, store=MemoryTokenStore()))
        recorder = vcr.VCR(**cassette_filter(), record_mode=record_mode, match_on=match_on)
        with recorder.use_cassette(tmp_path / "cassette"):
            assert call("httpx", DTZ, auth)[0] == 200
    assert len(dtz.requests) == 2


def test_what_vcrpy_logs_is_masked_by_the_filter_for_logs(
    stand_ins: StandIns, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(CredentialFilter())
    try:
        with vcr.VCR(**cassette_filter()).use_cassette(tmp_path / "cassette"):
            for method in ("dastra pair", "dtz login", "dtz query"):
                call("requests", METHODS[method][0], METHODS[method][1](stand_ins))
    finally:
        caplog.handler.filters.clear()
    assert "Appending request" in caplog.text
    assert [secret for secret in secrets_of(stand_ins) if secret in caplog.text] == []
