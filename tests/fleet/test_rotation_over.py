"""A sign-in that the server has ended: every process says so, and the server is asked once."""

import pytest

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.persons import REDIRECT_URI, at_once, signed_in


@pytest.mark.parametrize("client", ["requests.Session", "httpx.AsyncClient-asyncio"])
def test_every_process_is_told_to_sign_in_again_after_one_token_request(
    client: str, stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    first = dastra.make_refresh_token()
    dastra.expire_refresh_tokens()
    with signed_in(stand_ins, servers, [{"refresh_token": first, "client": client}] * 3) as all_:
        outcomes = [each for some in at_once(all_, "call", callers=4) for each in some]
        # And once more, when it has been told of by all.
        outcomes += [each for some in at_once(all_, "call", callers=1) for each in some]
    assert {(name, error) for name, error, _ in outcomes} == {
        ("SignInRequiredError", "invalid_grant")
    }
    assert len(outcomes) == 15
    assert len(dastra.token_requests) == 1


def test_a_code_that_was_refused_is_sent_once(stand_ins: StandIns, servers: Servers) -> None:
    dastra = stand_ins.dastra
    code = dastra.make_code("https://other.example/callback")
    with signed_in(stand_ins, servers, [{"code": code}] * 3) as processes:
        outcomes = [each for some in at_once(processes, "call", callers=4) for each in some]
    assert {(name, error) for name, error, _ in outcomes} == {
        ("SignInRequiredError", "invalid_grant")
    }
    assert len(dastra.token_requests) == 1


def test_a_person_whose_sign_in_is_over_is_nobody_elses_matter(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    plans = [
        {"refresh_token": "was-never-given-out"},
        {"code": dastra.make_code(REDIRECT_URI)},
        {"refresh_token": dastra.make_refresh_token()},
    ]
    with signed_in(stand_ins, servers, plans) as processes:
        over, *others = at_once(processes, "call", callers=2)
    assert [name for name, *_ in over] == ["SignInRequiredError"] * 2
    assert others == [[200] * 2] * 2
