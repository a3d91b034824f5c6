"""What the tests of renewals have in common."""

import httpx
import pytest

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Exchange, Pause
from dtz_dastra_auth._token import Token
from unit.callers import House, Running

HOUR = 3600.0


def answered(status: int, *, retry_after: float | None = None) -> TokenError:
    return TokenError("refused", status_code=status, retry_after=retry_after)


def network_error() -> httpx.ConnectError:
    request = httpx.Request("POST", "https://account.dastra.eu/?secret=hunter2")
    return httpx.ConnectError("no route for hunter2", request=request)


def error_of(caller: Running) -> TokenError:
    """Run a caller that is refused at once."""
    with pytest.raises(TokenError) as caught:
        caller.next()
    return caught.value


def fail(caller: Running, error: Exception) -> None:
    """Have a caller's token request meet an error that ends its call."""
    with pytest.raises(type(error)):
        caller.throw(error)


def fail_for_good(house: House, error: Exception) -> None:
    """Have a leader's token request fail, and its second try, if there is one, as well."""
    leader = house.caller()
    assert isinstance(leader.next(), Exchange)
    try:
        step = leader.throw(error)
    except type(error):
        return
    assert isinstance(step, Pause)
    house.clock.pass_(step.seconds)
    assert isinstance(leader.send(None), Exchange)
    fail(leader, error)


def fail_early(house: House, left: float) -> None:
    """Have an early renewal fail when the token has this much life left."""
    house.renewed(lifetime=HOUR)
    house.clock.pass_(HOUR - left)
    early = house.caller(survives=True)
    assert isinstance(early.next(), Exchange)
    early.result_after(answered(503))


def tries(house: House) -> bool:
    """Tell whether a caller makes a token request now, at once or after keeping the spacing."""
    caller = house.caller(survives=True)
    try:
        step = caller.next()
    except (StopIteration, TokenError):
        return False
    assert isinstance(step, Exchange | Pause)
    return True


def expired(house: House) -> None:
    """Have a token die."""
    house.renewed(lifetime=300)
    house.clock.pass_(301)


def rejected(house: House) -> Token:
    """Have a token be rejected."""
    token = house.renewed()
    house.clock.pass_(10)
    return token
