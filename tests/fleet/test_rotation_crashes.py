"""A process that dies between the answer of the token endpoint and on_refresh_token."""

import time

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.persons import AGED, forward, signed_in

# Seconds: a token request may take as long, and its lease lasts five more.
TIMEOUT, BEYOND = 1.0, 5.0


def test_who_dies_in_on_refresh_token_loses_nothing_with_a_shared_store(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    kept = dastra.make_refresh_token()
    plan = {"refresh_token": kept, "timeout": TIMEOUT}
    plans = [{**plan, "dies": "telling"}, plan]
    with signed_in(stand_ins, servers, plans) as [dying, next_one]:
        dying.begin("call", callers=1)
        assert dying.is_gone()
        # Whoever dies with the lease, which is short by then, keeps the others for a while.
        end = time.monotonic() + 20
        while next_one.call() != [200]:
            assert time.monotonic() < end
            time.sleep(0.5)
        [told] = next_one.told()
    assert {told} == dastra.refresh_tokens_in_force
    assert len(dastra.token_requests) == 1
    assert dastra.reuses == 0


def test_who_dies_in_on_refresh_token_without_a_shared_store_has_to_sign_in_again(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    kept = dastra.make_refresh_token()
    plan = {"refresh_token": kept, "cache": None}
    others = {"refresh_token": dastra.make_refresh_token(), "cache": None}
    plans = [{**plan, "dies": "telling"}, plan, others]
    with signed_in(stand_ins, servers, plans) as [dying, next_one, other]:
        assert other.call() == [200]
        dying.begin("call", callers=1)
        assert dying.is_gone()
        [[name, error, _]] = next_one.call()
        assert (name, error) == ("SignInRequiredError", "invalid_grant")
        # Another person's sign-in is untouched.
        dastra.expire_tokens()
        forward([other], AGED)
        assert other.call() == [200]


def test_who_dies_before_the_answer_is_kept_leaves_a_lease_that_ends(
    stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    kept = dastra.make_refresh_token()
    plan = {"refresh_token": kept, "timeout": TIMEOUT}
    plans = [{**plan, "dies": "keeping"}, plan]
    with signed_in(stand_ins, servers, plans) as [dying, next_one]:
        dying.begin("call", callers=1)
        assert dying.is_gone()
        begun = time.monotonic()
        outcomes: list[list[str]] = []
        while not outcomes or outcomes[-1][0] != "SignInRequiredError":
            assert time.monotonic() < begun + 30
            outcomes += next_one.call()
            time.sleep(0.2)
        waited = time.monotonic() - begun
    # It was not sent while it could still have been on its way.
    assert waited > TIMEOUT + BEYOND - 2
    assert {name for name, *_ in outcomes[:-1]} <= {"TokenError"}
    assert outcomes[-1][1] == "invalid_grant"
    assert len(dastra.token_requests) == 2
