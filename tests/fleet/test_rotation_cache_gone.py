"""A Redis that is down, stands still or lost what it had, and a sign-in that outlives it."""

import time

import pytest

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.persons import AGED, at_once, forward, signed_in
from fleet.redis_server import RedisServer

# Seconds. A store leaves a cache that failed alone for 30.
REST, SOON = 31.0, 10.0


@pytest.mark.parametrize(
    ("client", "outage"), [("requests.Session", "stop"), ("httpx.AsyncClient-asyncio", "freeze")]
)
def test_no_refresh_token_is_sent_while_redis_is_gone(
    client: str, outage: str, stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token(), "client": client}
    with signed_in(stand_ins, servers, [plan] * 2) as processes:
        getattr(redis, outage)()
        begun = time.monotonic()
        for outcomes in at_once(processes, "call", callers=2):
            for name, _, text in outcomes:
                assert name == "TokenError"
                assert "the shared token store" in text
        assert time.monotonic() - begun < SOON
        assert dastra.token_requests == []

        redis.restore()
        forward(processes, REST)
        assert at_once(processes, "call", callers=2) == [[200] * 2] * 2
        assert len(dastra.token_requests) == 1
        assert dastra.reuses == 0


def test_a_token_that_serves_goes_on_while_redis_is_gone(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    dastra.lifetime = 100
    # The client that ends a call with any error of its token request.
    plan = {"refresh_token": dastra.make_refresh_token(), "client": "httpx.AsyncClient-asyncio"}
    with signed_in(stand_ins, servers, [plan] * 2) as processes:
        assert at_once(processes, "call", callers=2) == [[200] * 2] * 2
        redis.stop()
        # It is to be renewed by now.
        forward(processes, 86)
        for _ in range(3):
            assert at_once(processes, "call", callers=2) == [[200] * 2] * 2
        assert len(dastra.token_requests) == 1
        redis.restore()
        forward(processes, REST)
        assert at_once(processes, "call", callers=2) == [[200] * 2] * 2
        assert len(dastra.token_requests) == 2
        assert dastra.reuses == 0


def test_a_redis_that_lost_everything_costs_processes_that_kept_up_nothing(
    stand_ins: StandIns, servers: Servers, redis: RedisServer
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token()}
    with signed_in(stand_ins, servers, [plan] * 3) as processes:
        for _ in range(4):
            assert at_once(processes, "call", callers=2) == [[200] * 2] * 3
            redis.flush()
            forward(processes, AGED)
            dastra.expire_tokens()
    assert len(dastra.token_requests) == 4
    assert dastra.reuses == 0
