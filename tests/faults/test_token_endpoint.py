"""Every fault of the token endpoint, in every client."""

import logging

import pytest

import clients
from dtz_dastra_auth import SignInRequiredError
from faults.fault import Fault, Had, NetworkError, Refused
from faults.grants import CLIENT_CREDENTIALS, DTZ_CODE, REFRESH_TOKEN, Grant
from faults.scene import PassingClock, Scene
from faults.table_answers import ANSWERS
from faults.table_transport import MEGABYTE, TRANSPORT

FAULTS = (*TRANSPORT, *ANSWERS)
WITH_A_TOKEN = tuple(fault for fault in FAULTS if isinstance(fault.then, Had))

# What is decided after an answer has arrived is decided in one place for all clients: one of each
# driver shows it, where each client has shown already that it gets there.
DRIVERS = ("requests.Session", "httpx.Client", "httpx2.AsyncClient-trio")
# These take a second each.
WAITS = {
    "accepts and never answers",
    "takes the request and never answers",
    "slow drip of the body",
    "slow drip of the headers",
}
RENEWED_BY = [
    *((fault, kind) for kind in clients.KINDS for fault in TRANSPORT if fault.name not in WAITS),
    *((fault, kind) for kind in DRIVERS for fault in TRANSPORT if fault.name in WAITS),
    *((fault, kind) for kind in DRIVERS for fault in ANSWERS),
]

# Each fault in each client by a key pair. What a sign-in adds is decided where no client is known:
# one of each driver. DTZ's identity service is read by the same reader, over the same transport.
CALLS = [
    *((CLIENT_CREDENTIALS, fault, kind) for fault in FAULTS for kind in clients.KINDS),
    *((REFRESH_TOKEN, fault, kind) for fault in FAULTS for kind in DRIVERS),
    *((DTZ_CODE, fault, kind) for fault in ANSWERS for kind in DRIVERS),
]

pytestmark = pytest.mark.usefixtures("at_once")


def named(part: object) -> str:
    return str(getattr(part, "name", part))


def stage(fault: Fault, scene: Scene, log: pytest.LogCaptureFixture) -> None:
    """Make the client, with all in order as yet."""
    log.set_level(logging.DEBUG, "dtz_dastra_auth")
    if fault.takes_time:
        scene.clock = PassingClock()
    if fault.directly:
        scene.bypass_the_proxy()
    scene.further_secrets.append("token-never-to-be-used")
    scene.start()


def logged(log: pytest.LogCaptureFixture) -> list[str]:
    return [*log.messages, log.text]


@pytest.mark.parametrize(("grant", "fault", "kind"), CALLS, ids=named)
def test_a_call_that_needs_a_token(
    grant: Grant, fault: Fault, kind: str, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    stage(fault, scene, caplog)
    fault.begin(scene)
    met = scene.call()
    over = False
    if isinstance(fault.then, Had):
        assert met.status_code == 200
        # What is mended has forgotten the token, and of a sign-in at DTZ nothing else is left.
        over = grant.is_at_dtz
    elif isinstance(fault.then, Refused):
        fault.then.check(met)
        over = grant.is_over(met.status_code, met.error)
        assert isinstance(met, SignInRequiredError) == over
    else:
        fault.then.check(met, scene.client.errors)
    tries = fault.tries_in(kind)
    assert tries in (None, len(scene.service.token_requests))
    # Whatever it was, nobody has seen a credential who should not have, and no text shows one.
    other = scene.dastra if grant.is_at_dtz else scene.stand_ins.dtz
    assert scene.impostors.seen.requests == other.requests == []
    if isinstance(met, Exception):
        assert scene.service.calls == []
        scene.shows_nothing(met, logged(caplog))
    # Of a huge answer no more has come than what lay in buffers: the connection was closed.
    assert scene.sent < 20 * MEGABYTE
    # No lock is held, and what was wrong is not remembered for ever, but for a sign-in's end.
    scene.mend()
    scene.clock.advance(120)
    if over:
        assert isinstance(scene.call(), SignInRequiredError)
    else:
        assert getattr(scene.call(), "status_code", None) == 200
    assert scene.dastra.reuses == scene.stand_ins.dtz.reuses == 0


@pytest.mark.parametrize(("fault", "kind"), RENEWED_BY, ids=named)
def test_a_call_that_renews_early_while_its_token_is_good(
    fault: Fault, kind: str, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    stage(fault, scene, caplog)
    scene.come_near_the_end_of_a_token()
    fault.begin(scene)
    met = scene.call()
    # In httpx a request that raises ends the call that yielded it, and nothing can catch that
    # (rule 6). Everything that was answered, and in requests everything, is harmless.
    if isinstance(fault.then, NetworkError) and not kind.startswith("requests"):
        fault.then.check(met, scene.client.errors)
        scene.shows_nothing(met, logged(caplog))
    else:
        assert getattr(met, "status_code", met) == 200
    # Never retried inside its call, and the next call does not try again at once.
    asked = len(scene.service.token_requests)
    assert asked <= 1
    assert scene.call().status_code == 200
    assert len(scene.service.token_requests) == asked
    scene.mend()
    scene.clock.advance(120)
    assert scene.call().status_code == 200


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("fault", WITH_A_TOKEN, ids=lambda fault: fault.name)
def test_how_long_a_token_that_is_had_lives(
    fault: Fault, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(fault.then, Had)
    stage(fault, scene, caplog)
    fault.begin(scene)
    asked = []
    # Early is from a fifth of the lifetime before its end. One that arrives expired is used while
    # it is younger than a second.
    life = fault.then.lifetime
    for seconds in (0.0, life * 0.79, life * 0.2, max(life * 0.011, 1.0)):
        scene.clock.advance(seconds)
        assert scene.call().status_code == 200
        asked.append(len(scene.service.token_requests))
    assert asked in ([1, 1, 1, 2], [1, 1, 2, 2])
