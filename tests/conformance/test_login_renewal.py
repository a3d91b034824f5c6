"""When a DTZ login is renewed by its token, and when by its password, in every client."""

from collections.abc import Callable

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DTZ_URL
from dtz_dastra_auth import DtzBearer, DtzLogin, MemoryTokenStore
from dtz_dastra_auth.testing import DtzStandIn

Connect = Callable[..., Client]

IDENTITY = "/api/2021-02-21"


@pytest.fixture
def signed_in(connect: Connect, dtz: DtzStandIn, store: MemoryTokenStore) -> Client:
    """Return a client that has a token, which the stand-in's log does not show."""
    client = connect(DtzBearer(DtzLogin(dtz.username, dtz.password, store=store)))
    client.get(DTZ_URL)
    dtz.clear_log()
    return client


def test_an_early_renewal_of_a_login_needs_no_password(
    signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(dtz.lifetime - 10)
    assert signed_in.get(DTZ_URL).status_code == 200
    [asked] = dtz.token_requests
    assert (asked.target, asked.body) == (f"{IDENTITY}/token/refresh", b"{}")


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_renewal_that_is_refused_is_followed_by_the_password(
    status: int, signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(dtz.lifetime - 10)
    dtz.fail(status, on="token")
    assert signed_in.get(DTZ_URL).status_code == 200
    asked = [request.target.removeprefix(IDENTITY) for request in dtz.token_requests]
    assert asked == ["/token/refresh", "/token/auth"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_out_of_order_is_not_told_the_password(
    status: int, signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(dtz.lifetime - 10)
    dtz.fail(status, on="token", times=None)
    # The token still serves.
    assert signed_in.get(DTZ_URL).status_code == 200
    asked = [request.target.removeprefix(IDENTITY) for request in dtz.token_requests]
    assert asked == ["/token/refresh"]


@pytest.mark.parametrize("occasion", ["401", "end"])
def test_a_token_that_is_dead_or_refused_is_renewed_by_the_password_at_once(
    occasion: str, signed_in: Client, dtz: DtzStandIn, clock: FakeClock
) -> None:
    clock.advance(10 if occasion == "401" else dtz.lifetime)
    if occasion == "401":
        dtz.expire_tokens()
    assert signed_in.get(DTZ_URL).status_code == 200
    asked = [request.target.removeprefix(IDENTITY) for request in dtz.token_requests]
    assert asked == ["/token/auth"]
