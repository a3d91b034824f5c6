"""What is logged about tokens: each request for one, each failure, each replay, and no secret."""

import logging
import re
from collections.abc import Callable
from contextlib import suppress

import pytest

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import SignInRequiredError, TokenError
from dtz_dastra_auth.testing import Recorded
from lifecycle.accounts import Account

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
    connect: Connect, account: Account, log: Log
) -> None:
    connect(account.auth).get(account.url)
    [(level, text)] = records(log)
    assert level == "INFO"
    assert account.begun.label in text
    assert re.search(r"took \d+\.\d+ s", text)
    assert f"lives {account.service.lifetime:.0f} s" in text


def test_each_failure_is_a_warning(
    connect: Connect,
    account: Account,
    no_sleep: None,
    log: Log,
) -> None:
    client = connect(account.auth)
    account.service.fail(503, on="token", times=2)
    with pytest.raises(client.errors):
        client.get(account.url)
    told = records(log)
    assert [level for level, _ in told] == ["WARNING", "WARNING"]
    assert all(account.begun.label in text and "503" in text for _, text in told)
    # One that only hears of it has not failed itself.
    with pytest.raises(client.errors):
        client.get(account.url)
    assert records(log) == []


def test_a_network_error_is_a_warning(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    log: Log,
) -> None:
    client = connect(account.auth)
    # Twice, since requests tries a reset connection once more.
    account.service.drop(on="token", times=2)
    with pytest.raises(client.errors):
        client.get(account.url)
    told = records(log)
    assert {level for level, _ in told} == {"WARNING"}
    assert len(told) == len(account.service.token_requests)


def test_a_failed_early_renewal_is_a_warning_all_the_same(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    log: Log,
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    clock.advance(account.service.lifetime - 30)
    records(log)
    account.service.fail(503, on="token")
    assert client.get(account.url).status_code == 200
    assert [level for level, _ in records(log)] == ["WARNING"]


def test_each_replay_is_logged(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    log: Log,
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    clock.advance(10)
    account.service.expire_tokens()
    records(log)
    if not account.method.renews("401"):
        with pytest.raises(SignInRequiredError):
            client.get(account.url)
        # There is no replay; what the identity service refused is a token request that failed.
        assert [level for level, _ in records(log)] == ["WARNING"]
        return
    client.get(account.url)
    told = records(log)
    assert [level for level, _ in told] == ["INFO", "INFO"]
    assert [text for _, text in told if "401" in text] == [told[-1][1]]


def test_a_call_with_a_token_that_serves_is_not_logged(
    connect: Connect, account: Account, log: Log
) -> None:
    client = connect(account.auth)
    client.get(account.url)
    records(log)
    client.get(account.url)
    assert records(log) == []


def test_no_record_holds_a_secret(
    connect: Connect,
    account: Account,
    clock: FakeClock,
    no_sleep: None,
    log: Log,
) -> None:
    client = connect(account.auth)
    echo = f"who is {' '.join(account.begun.secrets)}"
    account.service.answer({"error": "no", "error_description": echo}, status=403, on="token")
    for seconds in (60, 10, 0):
        # The first of them fails, and where the sign-in has ended with it, all.
        with suppress(TokenError):
            client.get(account.url)
        clock.advance(seconds)
        if seconds == 10:
            account.service.expire_tokens()
    ours = [each for each in log.records if each.name.startswith("dtz_dastra_auth")]
    assert "WARNING" in {each.levelname for each in ours}
    shown = "".join(f"{each.getMessage()} {each.args!r} {each.exc_text}" for each in ours)
    assert "who is ***" in shown
    secrets = secrets_of(account.service.requests, *account.begun.secrets, *account.told)
    assert not [secret for secret in secrets if secret in shown]
