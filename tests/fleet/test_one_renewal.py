"""A fleet has one token at a time, and one process at a time asks for the next."""

import time

import pytest

from dtz_dastra_auth.testing import StandIns
from fleet.caches import CacheKind, Servers
from fleet.plans import Plan
from fleet.told import tell
from fleet.workers import Fleet

# Seconds. A token is renewed with a fifth of its life left.
LIFETIME = 2
EARLY = LIFETIME / 5
SECONDS = 30


def allowed(seconds: float) -> float:
    """Tell how many token requests a fleet may make in this time."""
    return 2 + seconds / (LIFETIME - EARLY)


def test_eight_processes_of_32_threads_share_two_second_tokens(
    stand_ins: StandIns, servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_ins.dastra.lifetime = LIFETIME
    plan = Plan(callers=32, seconds=SECONDS, pause=1.5)
    with Fleet([plan] * 8, stand_ins, servers) as fleet:
        fleet.begin()
        report = fleet.report()
    tell(capsys, f"8 × 32 threads, {allowed(SECONDS):.1f} allowed", stand_ins, report)

    assert report.failures == []
    assert len(stand_ins.dastra.token_requests) <= allowed(SECONDS)


@pytest.mark.parametrize("client", ["httpx.AsyncClient-asyncio", "httpx2.AsyncClient-trio"])
def test_eight_processes_of_200_tasks_share_two_second_tokens(
    client: str, stand_ins: StandIns, servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    # 1,600 calls at the same moment keep two processors busy for some seconds: the first token
    # has to outlive them. The 2-second ones begin with a fifth of its life left.
    first = 15
    seconds = SECONDS + first / 5
    stand_ins.dastra.lifetime = first
    plan = Plan(client=client, callers=200, seconds=first + SECONDS, pause=16)
    with Fleet([plan] * 8, stand_ins, servers) as fleet:
        fleet.begin()
        wait_for_token_requests(stand_ins, 1)
        stand_ins.dastra.lifetime = LIFETIME
        report = fleet.report()
    tell(capsys, f"8 × 200 tasks ({client}), {allowed(seconds):.1f} allowed", stand_ins, report)

    assert report.failures == []
    assert report.on_loop == 0
    assert 2 < len(stand_ins.dastra.token_requests) <= allowed(seconds)


def test_first_use_is_one_token_request_where_add_is_atomic(
    cache_kind: CacheKind, stand_ins: StandIns, servers: Servers
) -> None:
    plan = Plan(callers=4, seconds=2, cache=cache_kind.name)
    with Fleet([plan] * 4, stand_ins, servers) as fleet:
        fleet.begin()
        report = fleet.report()

    assert report.failures == []
    assert len(stand_ins.dastra.token_requests) <= (1 if cache_kind.add_is_atomic else 4)
    assert report.warnings == []


def wait_for_token_requests(stand_ins: StandIns, count: int) -> None:
    """Wait until so many token requests have been made."""
    end = time.monotonic() + 60
    while len(stand_ins.dastra.token_requests) < count:
        assert time.monotonic() < end
        time.sleep(0.01)
