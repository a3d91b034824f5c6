"""The harness itself: processes that begin together, call, share a cache and tell of it."""

import pytest

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.plans import Plan
from fleet.workers import HANGS, Fleet

CLIENTS = (
    "requests.Session",
    "httpx.Client",
    "httpx2.Client",
    "httpx.AsyncClient-asyncio",
    "httpx.AsyncClient-trio",
    "httpx2.AsyncClient-asyncio",
)


@pytest.mark.parametrize("client", CLIENTS)
def test_two_processes_call_for_three_seconds_and_no_call_fails(
    client: str, stand_ins: StandIns, servers: Servers
) -> None:
    plan = Plan(client=client, callers=4, seconds=3.0)
    with Fleet([plan] * 2, stand_ins, servers) as fleet:
        fleet.begin()
        reports = fleet.reports()
    for report in reports:
        assert report.failures == []
        assert report.calls >= 4
        assert report.asked["get"] >= 1
        assert report.on_loop == 0
    assert len(stand_ins.dastra.calls) == sum(report.calls for report in reports)
    assert stand_ins.dastra.token_requests


def test_the_process_that_wins_a_lease_can_be_told_and_killed(
    stand_ins: StandIns, servers: Servers
) -> None:
    with Fleet([Plan(seconds=1.0)] * 2, stand_ins, servers) as fleet:
        with stand_ins.dastra.hold() as hold:
            fleet.begin()
            holder = fleet.next_lease()
            hold.wait_for(1, timeout=HANGS)
            holder.kill()
        [report] = fleet.reports()
    assert holder in fleet.workers
    assert report.failures == []


def test_without_a_cache_each_process_has_a_token_of_its_own(
    stand_ins: StandIns, servers: Servers
) -> None:
    with Fleet([Plan(seconds=1.0, cache=None)] * 2, stand_ins, servers) as fleet:
        fleet.begin()
        report = fleet.report()
    assert report.failures == []
    assert report.asked == {}
    assert len(stand_ins.dastra.token_requests) == 2
