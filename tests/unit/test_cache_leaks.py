"""What errors, their frames and log records give away after trouble with a cache: nothing."""

import logging
from typing import Any

import pytest

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._stores import Identity
from unit.caches import IDENTITY, LOGIN
from unit.fleet import Errand, Fleet
from unit.renewals import answered
from unit.told import told, variables_of


def unreachable() -> Any:
    raise ConnectionError("redis://user:rabbit@cache.example")


def met_after_trouble(fleet: Fleet) -> Errand:
    """Have a token be rejected, the cache be down and the token request be refused."""
    (process,) = fleet.sharing(1)
    fleet.pass_(10)
    rejected = process.obtain()
    caller = process.caller(rejected).go(questions=2)
    fleet.cache.breaks("", unreachable)
    caller.go().fail(answered(400))
    return caller


@pytest.mark.parametrize("identity", [IDENTITY, LOGIN], ids=["key pair", "password"])
@pytest.mark.parametrize("encrypt", [True, False])
def test_an_error_after_trouble_shows_nothing(
    encrypt: bool, identity: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = met_after_trouble(Fleet(encrypt=encrypt, identity=identity)).met()

    shown = "\n".join([told(error), variables_of(error), caplog.text])
    for secret in ("rabbit", "cache.example", identity.secret):
        assert secret not in shown


@pytest.mark.parametrize("encrypt", [True, False])
def test_the_frames_of_an_error_show_no_token_from_the_cache(encrypt: bool) -> None:
    fleet = Fleet(encrypt=encrypt)
    process = fleet.process()
    process.obtain("T0ken.fox")
    fleet.pass_(10)
    caller = process.call(process.obtain())
    caller.fail(answered(400))

    assert "T0ken.fox" not in variables_of(caller.met())


def test_an_error_after_trouble_does_not_come_of_it() -> None:
    error = met_after_trouble(Fleet()).met()

    assert isinstance(error, TokenError)
    assert error.__cause__ is error.__context__ is None
