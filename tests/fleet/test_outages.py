"""A fleet whose lease holder is killed, or whose Redis is gone for a while: no call fails."""

import time
from collections.abc import Callable

import pytest

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.plans import Plan, Report
from fleet.redis_server import RedisServer
from fleet.seeds import keep_token
from fleet.told import tell
from fleet.workers import HANGS, Fleet

CLIENTS = ["requests.Session", "httpx.AsyncClient-asyncio"]


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_a_lease_holder_that_is_killed_on_first_use_fails_no_call(
    client: str, stand_ins: StandIns, servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(client=client, callers=8, seconds=15, pause=0.5)
    with Fleet([plan] * 4, stand_ins, servers) as fleet:
        with stand_ins.dastra.hold(on="token") as hold:
            fleet.begin()
            holder = fleet.next_lease()
            hold.wait_for(1, timeout=HANGS)
            holder.kill()
        report = fleet.report()
    tell(capsys, f"kill -9 on first use ({client})", stand_ins, report)

    assert report.failures == []
    # The one that was killed, and one for all others.
    assert len(stand_ins.dastra.token_requests) == 2


def test_a_lease_holder_that_is_killed_in_a_renewal_keeps_nobody(
    client: str, stand_ins: StandIns, servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    # With 40 s to live it is renewed at once, and outlives the lease of who is killed.
    keep_token(servers, stand_ins.dastra, lifetime=3600, left=40)
    plan = Plan(client=client, callers=8, seconds=15, pause=0.5)
    with Fleet([plan] * 4, stand_ins, servers) as fleet:
        with stand_ins.dastra.hold(on="token") as hold:
            fleet.begin()
            holder = fleet.next_lease()
            hold.wait_for(1, timeout=HANGS)
            holder.kill()
        report = fleet.report()
    tell(capsys, f"kill -9 in a renewal ({client})", stand_ins, report)

    assert report.failures == []
    assert len(stand_ins.dastra.token_requests) == 2


def without_redis(
    client: str, services: StandIns, servers: Servers, outage: Callable[[], None]
) -> Report:
    """Run a fleet on 2-second tokens, and have something happen to its Redis meanwhile."""
    services.dastra.lifetime = 2
    plan = Plan(client=client, callers=8, seconds=20, pause=0.5)
    with Fleet([plan] * 4, services, servers) as fleet:
        fleet.begin()
        time.sleep(4)
        outage()
        return fleet.report()


def test_a_redis_that_is_stopped_and_started_again_fails_no_call(
    client: str,
    stand_ins: StandIns,
    servers: Servers,
    redis: RedisServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped() -> None:
        redis.stop()
        time.sleep(5)
        redis.start()

    report = without_redis(client, stand_ins, servers, stopped)
    tell(capsys, f"Redis stopped for 5 s ({client})", stand_ins, report)

    assert report.failures == []
    assert report.cache_errors
    assert any("the shared token store failed with" in warning for warning in report.warnings)


def test_a_redis_that_is_frozen_for_ten_seconds_fails_no_call(
    client: str,
    stand_ins: StandIns,
    servers: Servers,
    redis: RedisServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def frozen() -> None:
        redis.freeze()
        time.sleep(10)
        redis.thaw()

    report = without_redis(client, stand_ins, servers, frozen)
    tell(capsys, f"Redis frozen for 10 s ({client})", stand_ins, report)

    assert report.failures == []
    assert report.cache_errors
