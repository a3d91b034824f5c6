"""Every fault of the API, in every client."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, StandIns
from faults.scene import HUNG, URL, Scene
from faults.table_api import API, ApiFault

Connect = Callable[..., Client]


@pytest.mark.parametrize("fault", API, ids=lambda fault: fault.name)
def test_a_call_with_a_good_token(
    fault: ApiFault, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dtz_dastra_auth")
    scene.start(follow_redirects=True)
    assert scene.call().status_code == 200
    scene.clock.advance(10)
    scene.dastra.clear_log()
    fault.begin(scene)
    met = scene.call()
    assert getattr(met, "status_code", None) == fault.then
    answered = [request.status for request in (*scene.dastra.calls, *scene.stand_ins.dtz.calls)]
    assert tuple(answered[: len(fault.answered)]) == fault.answered
    assert len(scene.dastra.token_requests) == fault.renewals
    if isinstance(met, Exception):
        # The request that hangs on such an error is the caller's own: its texts are what counts.
        scene.shows_nothing(met, caplog.messages)
    else:
        assert len(answered) == len(fault.answered)
        assert tuple(past.status_code for past in met.history) == fault.history
    for stray in scene.stand_ins.dtz.requests:
        assert (stray.header("Authorization"), stray.header("Cookie")) == (None, None)
    scene.call()
    assert len(scene.dastra.token_requests) == fault.renewals + fault.later_renewals
    # Nothing is remembered for ever, and no lock is held.
    scene.mend()
    scene.clock.advance(120)
    assert scene.call().status_code == 200


def test_after_a_401_with_a_huge_body_the_caller_has_all_of_it(scene: Scene) -> None:
    scene.start()
    scene.call()
    scene.clock.advance(10)
    body = bytes(range(256)) * 4 * 10 * 1024
    scene.dastra.fail(401, body=body)
    met = scene.call()
    assert (met.status_code, met.content == body) == (401, True)


def test_a_401_with_calls_in_flight_is_one_renewal_and_a_replay_for_each(
    auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn, clock: FakeClock
) -> None:
    client = connect(auth)
    client.get(URL)
    clock.advance(10)
    dastra.clear_log()
    with ThreadPoolExecutor(1) as pool, dastra.hold(on="api") as hold:
        calling = pool.submit(client.together, 12, URL)
        # What the held calls are answered is decided when they are let go.
        hold.wait_for(12, timeout=HUNG)
        dastra.expire_tokens()
        hold.release()
        responses = calling.result(HUNG)
    assert [getattr(response, "status_code", response) for response in responses] == [200] * 12
    assert len(dastra.token_requests) == 1
    assert sorted(call.status or 0 for call in dastra.calls) == [200] * 12 + [401] * 12


def test_after_a_replay_the_cookies_are_those_of_the_answer(
    auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn, clock: FakeClock
) -> None:
    client = connect(auth)
    client.get(URL)
    clock.advance(10)
    dastra.fail(401)
    dastra.answer({}, headers={"Set-Cookie": "of-the-answer=1; Path=/; Secure"})
    response = client.get(URL)
    assert dict(response.cookies) == {"of-the-answer": "1"}
    assert response.history == []
    assert response.elapsed.total_seconds() > 0


def test_after_a_replay_the_clients_jar_has_the_cookies_of_the_answer(
    auth: DastraClientCredentials,
    connect: Connect,
    kind: str,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth)
    client.get(URL)
    clock.advance(10)
    dastra.fail(401)
    dastra.answer({}, headers={"Set-Cookie": "of-the-answer=1; Path=/; Secure"})
    client.get(URL)
    # requests.get makes a session for each call, and this one is never used.
    expected = None if kind == "requests.get" else "1"
    assert client.native.cookies.get("of-the-answer") == expected


def test_an_absolute_url_of_another_origin_gets_no_credential(
    auth: DastraClientCredentials, connect: Connect, kind: str, stand_ins: StandIns
) -> None:
    # requests has no base URL: there it is a session that is used for more than one service.
    base = {} if kind.startswith("requests") else {"base_url": "https://api.dastra.eu"}
    client = connect(auth, **base)
    response = client.get("https://api.dtz.rocks/v1/echo")
    [call] = stand_ins.dtz.calls
    assert (response.status_code, call.header("Authorization")) == (call.status, None)
    assert stand_ins.dastra.requests == []
    if base:
        assert client.get("/v1/workspaces").status_code == 200


def test_a_netrc_entry_of_the_api_gives_way_to_the_auth_object(
    auth: DastraClientCredentials,
    connect: Connect,
    dastra: DastraStandIn,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = connect(auth)
    client.get(URL)
    clock.advance(10)
    dastra.expire_tokens()
    assert client.get(URL).status_code == 200
    sent = [(call.header("Authorization") or "").partition(" ")[0] for call in dastra.calls]
    assert sent == ["Bearer"] * 3
