"""What is logged about tokens: each request for one, each failure, each replay, and no secret."""

import logging
import re
from collections.abc import Callable

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, basic
from dtz_dastra_auth import DastraClientCredentials, DtzBearer, DtzLogin, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded

Connect = Callable[..., Client]
Log = pytest.LogCaptureFixture


@pytest.fixture(autouse=True)
def log(caplog: Log) -> Log:
    """Record what the package logs from INFO on."""
    caplog.set_level(logging.INFO, "dtz_dastra_auth")
    return caplog


def records(log: Log) -> list[tuple[str, str]]:
    """Give the level and the text of what the package has logged, and forget it."""
    ours = [each for each in log.records if each.name.startswith("dtz_dastra_auth")]
    told = [(each.levelname, each.getMessage()) for each in ours]
    log.clear()
    return told


def secrets_of(arrived: list[Recorded], *known: str) -> set[str]:
    """Give what may not show: what is known, and all credentials that went over the wire."""
    sent = {request.header("Authorization") or "" for request in arrived}
    return {*known, *(each.partition(" ")[2] for each in sent)} - {""}


def test_a_token_request_is_logged_with_whose_it_is_how_long_it_took_and_how_long_it_lives(
    connect: Connect, auth: DastraClientCredentials, dastra: DastraStandIn, log: Log
) -> None:
    connect(auth).get(DASTRA_URL)
    [(level, text)] = records(log)
    assert level == "INFO"
    assert dastra.public_key[:4] in text
    assert re.search(r"took \d+\.\d+ s", text)
    assert "lives 3600 s" in text


def test_a_login_is_logged_likewise(
    connect: Connect, dtz: DtzStandIn, store: MemoryTokenStore, log: Log
) -> None:
    login = DtzLogin(dtz.username, dtz.password, store=store)
    connect(DtzBearer(login)).get(DTZ_URL)
    [(level, text)] = records(log)
    assert level == "INFO"
    assert dtz.username[:4] in text
    assert not [secret for secret in secrets_of(dtz.requests, dtz.password) if secret in text]


def test_each_failure_is_a_warning(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    no_sleep: None,
    log: Log,
) -> None:
    client = connect(auth)
    dastra.fail(503, on="token", times=2)
    with pytest.raises(client.errors):
        client.get(DASTRA_URL)
    told = records(log)
    assert [level for level, _ in told] == ["WARNING", "WARNING"]
    assert all(dastra.public_key[:4] in text and "503" in text for _, text in told)
    # One that only hears of it has not failed itself.
    with pytest.raises(client.errors):
        client.get(DASTRA_URL)
    assert records(log) == []


def test_a_network_error_is_a_warning(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    log: Log,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(dastra.lifetime)
    records(log)
    # Twice, since requests tries a reset connection once more.
    dastra.drop(on="token", times=2)
    with pytest.raises(client.errors):
        client.get(DASTRA_URL)
    told = records(log)
    assert {level for level, _ in told} == {"WARNING"}
    assert len(told) == len(dastra.token_requests) - 1


def test_a_failed_early_renewal_is_a_warning_all_the_same(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    log: Log,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(dastra.lifetime - 30)
    records(log)
    dastra.fail(503, on="token")
    assert client.get(DASTRA_URL).status_code == 200
    assert [level for level, _ in records(log)] == ["WARNING"]


def test_each_replay_is_logged(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    log: Log,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(10)
    dastra.expire_tokens()
    records(log)
    client.get(DASTRA_URL)
    told = records(log)
    assert [level for level, _ in told] == ["INFO", "INFO"]
    assert [text for _, text in told if "401" in text] == [told[-1][1]]


def test_a_call_with_a_token_that_serves_is_not_logged(
    connect: Connect, auth: DastraClientCredentials, dastra: DastraStandIn, log: Log
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    records(log)
    client.get(DASTRA_URL)
    assert records(log) == []


def test_no_record_holds_a_secret(
    connect: Connect,
    auth: DastraClientCredentials,
    dastra: DastraStandIn,
    clock: FakeClock,
    no_sleep: None,
    log: Log,
) -> None:
    client = connect(auth)
    echo = f"who is {basic(dastra.public_key, dastra.private_key)} {dastra.private_key}"
    said = {"error": "invalid_client", "error_description": echo}
    dastra.answer(said, status=400, on="token")
    with pytest.raises(client.errors):
        client.get(DASTRA_URL)
    clock.advance(60)
    client.get(DASTRA_URL)
    clock.advance(10)
    dastra.expire_tokens()
    client.get(DASTRA_URL)
    ours = [each for each in log.records if each.name.startswith("dtz_dastra_auth")]
    assert {each.levelname for each in ours} == {"INFO", "WARNING"}
    shown = "".join(f"{each.getMessage()} {each.args!r} {each.exc_text}" for each in ours)
    secrets = secrets_of(dastra.requests, dastra.private_key)
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in shown]
