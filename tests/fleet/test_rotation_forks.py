"""Children of a process that is signed in: forked, spawned, and workers that were there before."""

import multiprocessing
import pickle
import subprocess
import sys
import time

import pytest

import clients
from dtz_dastra_auth import DastraRefreshToken, SharedTokenStore
from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.children import PROGRAMS, environment
from fleet.handed_over import SentCache, outcome
from fleet.persons import AGED, HANGS, forward, signed_in
from fleet.plans import URL

every_client = pytest.mark.parametrize("client", ["requests.Session", "httpx.Client"])


@every_client
def test_a_forked_child_uses_the_token_that_lives_and_sends_no_refresh_token(
    client: str, stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token(), "cache": None, "client": client}
    with signed_in(stand_ins, servers, [plan]) as [parent]:
        assert parent.call() == [200]
        assert parent.fork() == 200
        forward([parent], AGED)
        dastra.expire_tokens()
        name, _, text = parent.fork()
        assert name == "TokenError"
        assert "SharedTokenStore" in text
        assert len(dastra.token_requests) == 1
        assert parent.call() == [200]
    assert len(dastra.token_requests) == 2
    assert dastra.reuses == 0


@every_client
def test_a_forked_child_goes_on_with_a_token_that_is_to_be_renewed_soon(
    client: str, stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token(), "cache": None, "client": client}
    with signed_in(stand_ins, servers, [plan]) as [parent]:
        assert parent.call() == [200]
        forward([parent], dastra.lifetime - 30)
        assert parent.fork() == 200
        assert parent.call() == [200]
    assert len(dastra.token_requests) == 2
    assert dastra.reuses == 0


@every_client
def test_with_a_shared_store_a_forked_child_goes_on_and_so_does_its_parent(
    client: str, stand_ins: StandIns, servers: Servers
) -> None:
    dastra = stand_ins.dastra
    plan = {"refresh_token": dastra.make_refresh_token(), "client": client}
    with signed_in(stand_ins, servers, [plan]) as [parent]:
        assert parent.call() == [200]
        for _ in range(3):
            forward([parent], AGED)
            dastra.expire_tokens()
            assert parent.fork() == 200
            assert parent.call() == [200]
    assert len(dastra.token_requests) == 4
    assert dastra.reuses == 0


def test_a_spawned_child_sends_no_refresh_token(stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    auth = DastraRefreshToken(dastra.make_refresh_token(), dastra.public_key, dastra.private_key)
    kind = "requests.Session"
    assert outcome(kind, auth) == 200
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        name, text = pool.apply_async(outcome, (kind, auth)).get(HANGS)
    assert name == "TokenError"
    assert "SharedTokenStore" in text
    assert len(dastra.token_requests) == 1
    assert outcome(kind, auth) == 200


def test_with_a_shared_store_a_spawned_child_goes_on(stand_ins: StandIns, servers: Servers) -> None:
    dastra = stand_ins.dastra
    store = SharedTokenStore(SentCache("plain-redis", servers.described()))
    auth = DastraRefreshToken(
        dastra.make_refresh_token(), dastra.public_key, dastra.private_key, store=store
    )
    kind = "requests.Session"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for _ in range(2):
            assert outcome(kind, auth) == 200
            time.sleep(1.1)
            dastra.expire_tokens()
            assert pool.apply_async(outcome, (kind, auth)).get(HANGS) == 200
    assert dastra.reuses == 0
    assert len(dastra.token_requests) == 3


@every_client
def test_a_worker_that_was_forked_before_sends_no_refresh_token(
    client: str, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    with subprocess.Popen(
        [sys.executable, str(PROGRAMS / "pooled.py"), client],
        env=environment(stand_ins),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(f"{dastra.make_refresh_token()}\n")
            running.stdin.flush()
            before, in_worker = running.stdout.readline(), running.stdout.readline()
            dastra.expire_tokens()
            after, _ = running.communicate("\n", timeout=HANGS)
        finally:
            running.kill()
    assert before.strip() == "200"
    assert "TokenError" in in_worker
    assert "SharedTokenStore" in in_worker
    assert after.strip() == "200"
    assert len(dastra.token_requests) == 2
    assert dastra.reuses == 0


def test_a_pickle_that_comes_back_shares_the_sign_in(kind: str, stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    auth = DastraRefreshToken(dastra.make_refresh_token(), dastra.public_key, dastra.private_key)
    again = pickle.loads(pickle.dumps(auth))
    for each in (auth, again):
        client = clients.make(kind, each)
        assert client.get(URL).status_code == 200
        client.close()
    assert len(dastra.token_requests) == 1
