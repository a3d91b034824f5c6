"""Faults of the token endpoint that only those meet who have signed in, in every client."""

import json
import logging

import pytest

from clients import KINDS
from dtz_dastra_auth import SignInRequiredError, TokenError
from faults.fault import Fault, Refused, give
from faults.grants import AUTHORIZATION_CODE, DTZ_CODE, REFRESH_TOKEN, Grant
from faults.scene import PassingClock, Scene
from faults.table_sign_ins import REFRESH_TOKENS, REFUSALS, REPEATED
from faults.test_token_endpoint import DRIVERS, named

pytestmark = pytest.mark.usefixtures("at_once")

GRANTS = (REFRESH_TOKEN, AUTHORIZATION_CODE, DTZ_CODE)
# What makes an access token useless.
UNUSABLE: list[dict[str, object]] = [{"access_token": "two words"}, {"token_type": "mac"}]


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Record all that the package logs."""
    caplog.set_level(logging.DEBUG, "dtz_dastra_auth")
    return caplog


@pytest.mark.parametrize(
    ("grant", "fault", "kind"),
    [(grant, fault, kind) for grant in GRANTS for fault in REFUSALS for kind in KINDS],
    ids=named,
)
def test_a_grant_that_is_refused_for_good_is_not_sent_again(
    grant: Grant, fault: Fault, scene: Scene, log: pytest.LogCaptureFixture
) -> None:
    assert isinstance(fault.then, Refused)
    scene.start()
    fault.begin(scene)
    met = scene.call()
    fault.then.check(met)
    assert type(met) is SignInRequiredError
    scene.shows_nothing(met, [*log.messages, log.text])
    scene.mend()
    for _ in range(2):
        scene.clock.advance(3600)
        assert type(scene.call()) is SignInRequiredError
    assert scene.service.requests == []


@pytest.mark.parametrize(
    ("grant", "fault", "kind"),
    [(grant, fault, kind) for grant in GRANTS for fault in REPEATED for kind in DRIVERS],
    ids=named,
)
def test_what_was_sent_does_not_show_in_an_error_that_repeats_it(
    grant: Grant, fault: Fault, kind: str, scene: Scene, log: pytest.LogCaptureFixture
) -> None:
    scene.start()
    fault.begin(scene)
    met = scene.call()
    assert met.description == f"no {scene.repeated}"
    scene.shows_nothing(met, [*log.messages, log.text])
    for secret in scene.asking.secrets:
        assert secret.lower() not in f"{met} {log.text}".lower()
    scene.mend()
    scene.clock.advance(120)
    assert scene.call().status_code == 200


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(fault, kind) for fault in REFRESH_TOKENS for kind in KINDS],
    ids=named,
)
@pytest.mark.parametrize("grant", [REFRESH_TOKEN], ids=named)
def test_a_refresh_token_that_could_not_be_sent_back_replaces_none(
    fault: Fault, scene: Scene, log: pytest.LogCaptureFixture
) -> None:
    scene.start()
    fault.begin(scene)
    met = scene.call()
    if isinstance(fault.then, Refused):
        fault.then.check(met)
        scene.shows_nothing(met, [*log.messages, log.text])
    else:
        assert met.status_code == 200
    scene.mend()
    scene.clock.advance(3600)
    assert scene.call().status_code == 200
    [asked] = scene.service.token_requests
    assert asked.body.decode().endswith(f"refresh_token={scene.asking.secrets[0]}")
    assert scene.dastra.reuses == 0


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("grant", [AUTHORIZATION_CODE], ids=named)
@pytest.mark.parametrize("fault", REFRESH_TOKENS[:-1], ids=named)
def test_a_code_that_leads_to_no_usable_refresh_token_serves_for_one_token(
    fault: Fault, scene: Scene
) -> None:
    scene.start()
    fault.begin(scene)
    assert scene.call().status_code == 200
    scene.clock.advance(3600)
    assert type(scene.call()) is SignInRequiredError
    assert len(scene.service.token_requests) == 1


@pytest.mark.parametrize("changed", UNUSABLE, ids=str)
@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("grant", [REFRESH_TOKEN], ids=named)
def test_a_refresh_token_takes_the_place_of_the_old_one_whatever_comes_with_it(
    changed: dict[str, object], scene: Scene
) -> None:
    scene.start()
    new = scene.dastra.make_refresh_token()
    give(refresh_token=new, **changed)(scene)
    assert isinstance(scene.call(), TokenError)
    scene.clock.advance(3600)
    assert scene.call().status_code == 200
    # The one before it was answered, and is spent.
    asked = scene.service.token_requests[-1]
    assert asked.body.decode().endswith(f"refresh_token={new}")


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("grant", [REFRESH_TOKEN, AUTHORIZATION_CODE], ids=named)
def test_an_answer_that_begins_in_time_and_ends_late_is_taken(scene: Scene) -> None:
    scene.clock = PassingClock()
    scene.start(timeout=1.0)
    new, token = scene.dastra.make_refresh_token(), scene.dastra.make_token()
    answer = json.dumps({"access_token": token, "refresh_token": new, "expires_in": 600}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(answer)
    drops = [head, *(b"X-%d: drip\r\n" % number for number in range(14)), length + answer]
    scene.dastra.raw(drops, pause=0.1, on="token")
    assert scene.call().status_code == 200
    assert len(scene.service.token_requests) == 1
