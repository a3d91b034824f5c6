"""Real processes that share a sign-in: one line of refresh tokens, and none of them sent twice."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import parse_qs

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from fleet.caches import CACHES, Servers
from fleet.persons import AGED, Person, at_once, forward, signed_in

PROCESSES, CALLERS = 4, 4
# Not all that are atomic: `tests/unit` has the order of the questions, and these other ways to ask.
OTHERS = ["django-memcached", "django-database"]
# Seconds; a token is renewed with a fifth of its life left.
LIFETIME, CALLING = 2, 4.0


def sent(dastra: DastraStandIn) -> list[str]:
    """Give the refresh tokens that came, in order."""
    return [
        parse_qs(request.body.decode()).get("refresh_token", [""])[0]
        for request in dastra.token_requests
    ]


def renew(processes: Sequence[Person], dastra: DastraStandIn, times: int) -> None:
    """Have all processes renew at the same moment, again and again."""
    for _ in range(times):
        forward(processes, AGED)
        dastra.expire_tokens()
        assert at_once(processes, "call", callers=CALLERS) == [[200] * CALLERS] * len(processes)


def check_told(processes: Sequence[Person], dastra: DastraStandIn) -> None:
    """Check that each new refresh token was told, and to one process."""
    told = Counter(token for process in processes for token in process.told())
    given = {*sent(dastra)[1:], *dastra.refresh_tokens_in_force}
    assert told == dict.fromkeys(given, 1)


@pytest.mark.parametrize(
    ("client", "renewals"), [("requests.Session", 3), ("httpx.AsyncClient-asyncio", 10)]
)
def test_each_renewal_of_four_processes_is_one_token_request(
    client: str, renewals: int, stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    first = dastra.make_refresh_token()
    plan = {"refresh_token": first, "client": client}
    with signed_in(stand_ins, servers, [plan] * PROCESSES) as processes:
        assert at_once(processes, "call", callers=CALLERS) == [[200] * CALLERS] * PROCESSES
        assert sent(dastra) == [first]
        renew(processes, dastra, renewals)
        assert len(dastra.token_requests) == 1 + renewals
        assert len(set(sent(dastra))) == 1 + renewals
        assert dastra.reuses == 0
        check_told(processes, dastra)


@pytest.mark.parametrize("cache", OTHERS)
def test_the_other_caches_with_an_atomic_add_do_as_well(
    cache: str, stand_ins: StandIns, servers: Servers
) -> None:
    assert CACHES[cache].add_is_atomic
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token(), "cache": cache}
    with signed_in(stand_ins, servers, [plan] * 3) as processes:
        renew(processes, dastra, 2)
        assert len(dastra.token_requests) == 2
        assert dastra.reuses == 0
        check_told(processes, dastra)


@pytest.mark.parametrize("client", ["requests.Session", "httpx2.AsyncClient-trio"])
def test_tokens_of_two_seconds_are_renewed_before_their_end_by_one_process(
    client: str, stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    dastra.lifetime = LIFETIME
    plan = {"refresh_token": dastra.make_refresh_token(), "client": client}
    with signed_in(stand_ins, servers, [plan] * PROCESSES) as processes:
        outcomes = at_once(processes, "go_on", callers=CALLERS, seconds=CALLING)
        assert [each for some in outcomes for each in some if each != 200] == []
        assert all(outcomes)
        assert len(dastra.token_requests) <= 2 + CALLING / (LIFETIME * 4 / 5)
        assert len(set(sent(dastra))) == len(dastra.token_requests) >= CALLING / LIFETIME
        assert dastra.reuses == 0
        check_told(processes, dastra)


def test_processes_of_different_refresh_tokens_of_one_sign_in_share_it(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    first = dastra.make_refresh_token()
    with signed_in(stand_ins, servers, [{"refresh_token": first}]) as [one]:
        renew([one], dastra, 2)
        second, third = one.told()
        later = [{"refresh_token": token} for token in (first, second, third)]
        with signed_in(stand_ins, servers, later) as others:
            everybody = [one, *others]
            assert at_once(everybody, "call", callers=2) == [[200] * 2] * 4
            assert len(dastra.token_requests) == 2
            renew(everybody, dastra, 2)
            assert len(dastra.token_requests) == len(set(sent(dastra))) == 4
            assert dastra.reuses == 0
            told = {token for each in everybody for token in each.told()}
            assert dastra.refresh_tokens_in_force < told


def test_a_refresh_token_is_told_before_its_access_token_is_used(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token(), "marks": True}
    with signed_in(stand_ins, servers, [plan] * 3) as processes:
        renew(processes, dastra, 3)
    told, used = [], []
    for request in dastra.calls:
        if request.path.startswith("/v1/told/"):
            told.append(request.path)
        elif (token := request.header("Authorization")) not in used:
            used.append(token)
            # The n-th access token comes with the n-th refresh token.
            assert len(set(told)) >= len(used)
    assert len(used) == 3
