"""Codes that processes share, and servers that do not rotate: Dastra's and DTZ's."""

from urllib.parse import parse_qs

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.persons import AGED, REDIRECT_URI, at_once, forward, signed_in


def test_a_code_that_processes_share_is_sent_once_and_then_its_refresh_tokens(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    code = dastra.make_code(REDIRECT_URI)
    with signed_in(stand_ins, servers, [{"code": code}] * 3) as processes:
        for _ in range(3):
            assert at_once(processes, "call", callers=3) == [[200] * 3] * 3
            forward(processes, AGED)
            dastra.expire_tokens()
        told = [token for process in processes for token in process.told()]
    grants = [parse_qs(request.body.decode())["grant_type"] for request in dastra.token_requests]
    assert grants == [["authorization_code"], ["refresh_token"], ["refresh_token"]]
    assert len(told) == len(set(told)) == 3
    assert dastra.reuses == 0


def test_a_server_that_does_not_rotate_is_sent_the_same_one_by_one_process_at_a_time(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    dastra.rotates = False
    plan = {"refresh_token": dastra.make_refresh_token()}
    with signed_in(stand_ins, servers, [plan] * 3) as processes:
        for _ in range(3):
            assert at_once(processes, "call", callers=3) == [[200] * 3] * 3
            forward(processes, AGED)
            dastra.expire_tokens()
        assert [process.told() for process in processes] == [[]] * 3
    assert len(dastra.token_requests) == 3
    assert len({request.body for request in dastra.token_requests}) == 1


def test_a_code_of_dtz_is_sent_once_and_its_token_renewed_by_itself(
    stand_ins: StandIns, servers: Servers
) -> None:
    dtz = stand_ins.dtz
    code = dtz.make_code(REDIRECT_URI)
    plan = {"service": "dtz", "code": code, "context_id": dtz.context_id}
    with signed_in(stand_ins, servers, [plan] * 3) as processes:
        assert at_once(processes, "call", callers=3) == [[200] * 3] * 3
        # Of a day, the last minute.
        for _ in range(2):
            forward(processes, dtz.lifetime - 30)
            assert at_once(processes, "call", callers=3) == [[200] * 3] * 3
        # Nothing is left to renew it with.
        forward(processes, dtz.lifetime + 60)
        over = [each for some in at_once(processes, "call", callers=2) for each in some]
    paths = [request.path.rpartition("/")[2] for request in dtz.token_requests]
    assert paths == ["token", "refresh", "refresh"]
    assert {name for name, *_ in over} == {"SignInRequiredError"}
    assert dtz.reuses == 0
