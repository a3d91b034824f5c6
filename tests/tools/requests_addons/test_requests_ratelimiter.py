"""requests-ratelimiter: a session, or an adapter, that lets no more than so many calls through."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests_ratelimiter import LimiterAdapter, LimiterSession

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn
from tools.requests_addons.use_requests_ratelimiter import workspaces

pytestmark = pytest.mark.tool(
    "requests-ratelimiter",
    package="requests-ratelimiter",
    how="`session.auth = auth`",
    mind="Token requests count where the session is passed as `session=`, against the host of the "
    "token endpoint unless `per_host=False`. A replay after a 401 counts with a `LimiterAdapter` "
    "and not with a `LimiterSession`, so leave a little room below the service's limit.",
)


@pytest.fixture
def limits() -> dict[str, Any]:
    """Let two calls through, and refuse the third at once in place of waiting."""
    return {"per_hour": 2, "max_delay": 0}


def test_every_call_has_its_token(dastra: DastraStandIn, bears_token: Callable[[], bool]) -> None:
    assert workspaces(5) == [200] * 5
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_token_request_does_not_count(dastra: DastraStandIn, limits: dict[str, Any]) -> None:
    with LimiterSession(per_host=False, **limits) as session:
        session.auth = DastraClientCredentials.from_env()
        assert [session.get(DASTRA_URL).status_code for _ in range(2)] == [200, 200]
        with pytest.raises(requests.Timeout, match="Rate limit"):
            session.get(DASTRA_URL)
    assert len(dastra.token_requests) == 1


def test_it_counts_over_a_session_that_is_given(
    dastra: DastraStandIn, limits: dict[str, Any]
) -> None:
    with LimiterSession(per_host=False, **limits) as session:
        session.auth = DastraClientCredentials(
            dastra.public_key, dastra.private_key, session=session, store=MemoryTokenStore()
        )
        assert session.get(DASTRA_URL).status_code == 200
        with pytest.raises(requests.Timeout, match="Rate limit"):
            session.get(DASTRA_URL)
    assert [request.status for request in dastra.requests] == [200, 200]


@pytest.mark.parametrize("limiter", ["session", "adapter"])
def test_a_replay_counts_with_an_adapter_and_not_with_a_session(
    dastra: DastraStandIn, limits: dict[str, Any], limiter: str
) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    with LimiterSession(**limits) if limiter == "session" else requests.Session() as session:
        if limiter == "adapter":
            session.mount("https://", LimiterAdapter(**limits))
        session.auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
        session.auth(requests.Request("GET", DASTRA_URL).prepare())
        clock.advance(10)
        dastra.expire_tokens()
        assert session.get(DASTRA_URL).status_code == 200
        if limiter == "session":
            assert session.get(DASTRA_URL).status_code == 200
        with pytest.raises(requests.Timeout, match="Rate limit"):
            session.get(DASTRA_URL)
    expected = [401, 200, 200] if limiter == "session" else [401, 200]
    assert [call.status for call in dastra.calls] == expected
