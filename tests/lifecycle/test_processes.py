"""Processes: interrupted, forked, spawned, and full of greenlets.

Each program is in `programs`; where it has to wait for the test it reads a line of its input.
"""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import clients
from conformance.methods import DASTRA_URL, REDIRECT_URI
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzAuthorizationCode,
    DtzBearer,
    TokenError,
)
from dtz_dastra_auth.testing import StandIns
from lifecycle.children import call
from lifecycle.crowds import HANGS

TESTS = Path(__file__).parents[1]
# What each process may ask for by itself, and what only one of them may go on with.
METHODS = pytest.mark.parametrize("method", ["client-credentials", "refresh-token"])
SHARED = "another process may have continued .*SharedTokenStore"


@contextmanager
def program(name: str, *arguments: str, services: StandIns) -> Iterator[subprocess.Popen[str]]:
    """Run a program, whose clients meet the stand-ins, and end it with the test."""
    environment = {
        **services.environment,
        "DASTRA_PUBLIC_KEY": services.dastra.public_key,
        "DASTRA_PRIVATE_KEY": services.dastra.private_key,
        "DASTRA_REFRESH_TOKEN": services.dastra.make_refresh_token(),
        "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]),
    }
    command = [sys.executable, str(TESTS / "lifecycle" / "programs" / f"{name}.py"), *arguments]
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:

        def end() -> None:
            # With the children it has forked, which would keep its output open.
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)

        watchdog = threading.Timer(HANGS, end)
        watchdog.start()
        try:
            yield running
        finally:
            watchdog.cancel()
            end()


def rest(running: subprocess.Popen[str]) -> list[str]:
    """Let a program go on to its end, and give the lines it prints."""
    output, _ = running.communicate("\n", timeout=HANGS)
    assert running.returncode == 0
    return output.splitlines()


def assert_refused(told: str) -> None:
    """Check that a program was told that two processes cannot go on with one sign-in."""
    assert re.match(f"TokenError: .*{SHARED}", told)


def line(running: subprocess.Popen[str]) -> str:
    """Give the next line that a program prints."""
    assert running.stdout is not None
    return running.stdout.readline().strip()


@METHODS
@pytest.mark.parametrize("client", ["requests", "httpx", "asyncio", "trio"])
def test_after_an_interrupt_in_a_renewal_the_next_call_works(
    method: str, client: str, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    # A refresh token that was on its way is sent once more, whatever became of the first answer.
    dastra.reuse_leeway = 30.0
    with program("interrupted", method, client, services=stand_ins) as running:
        with dastra.hold() as hold:
            hold.wait_for(1, timeout=HANGS)
            running.send_signal(signal.SIGINT)
            assert line(running) == "interrupted"
        assert rest(running) == ["200"]
    assert len(dastra.token_requests) == 2


@METHODS
@pytest.mark.parametrize("fork_kind", [kind for kind in clients.KINDS if kind != "requests.get"])
def test_a_child_forked_in_the_middle_of_a_renewal_does_not_wait_for_it(
    method: str, fork_kind: str, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    with program("forked", method, fork_kind, services=stand_ins) as running:
        with dastra.hold() as hold:
            hold.wait_for(1, timeout=HANGS)
            assert running.stdin is not None
            running.stdin.write("\n")
            running.stdin.flush()
            if method == "client-credentials":
                # The child's own.
                hold.wait_for(2, timeout=HANGS)
            else:
                assert_refused(line(running))
        assert rest(running) == ["200"] * len(dastra.token_requests)
    assert len(dastra.token_requests) == (2 if method == "client-credentials" else 1)
    assert dastra.reuses == 0


@METHODS
def test_a_forked_child_has_the_token_that_its_parent_had(method: str, stand_ins: StandIns) -> None:
    with program("inherited", method, "keeps", services=stand_ins) as running:
        assert rest(running) == ["200", "200"]
    assert len(stand_ins.dastra.token_requests) == 1
    assert len(stand_ins.dastra.calls) == 2


def test_a_forked_child_does_not_send_the_refresh_token_of_its_parent(stand_ins: StandIns) -> None:
    with program("inherited", "refresh-token", "forgets", services=stand_ins) as running:
        before, after = rest(running)
    assert before == "200"
    assert_refused(after)
    assert len(stand_ins.dastra.token_requests) == 1


def test_a_spawned_process_works_with_a_pickled_object(kind: str, stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(call, (kind, auth)).get(HANGS) == 200
        # In that process the token is kept.
        assert pool.apply_async(call, (kind, auth)).get(HANGS) == 200
    assert len(dastra.token_requests) == 1
    assert [request.path for request in dastra.calls] == [DASTRA_URL.partition(".eu")[2]] * 2


def test_a_spawned_process_does_not_go_on_with_the_sign_in_of_a_pickled_object(
    stand_ins: StandIns,
) -> None:
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    pair = dastra.public_key, dastra.private_key
    auths = [
        DastraRefreshToken(dastra.make_refresh_token(), *pair),
        DastraAuthorizationCode(dastra.make_code(REDIRECT_URI), REDIRECT_URI, *pair),
        DtzBearer(DtzAuthorizationCode(dtz.make_code(REDIRECT_URI), dtz.context_id, REDIRECT_URI)),
    ]
    # What refuses it knows no client: one of them is enough.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for auth in auths:
            with pytest.raises(TokenError, match=SHARED):
                pool.apply_async(call, ("requests.Session", auth)).get(HANGS)
    assert dastra.requests == dtz.requests == []


@METHODS
def test_ten_greenlets_make_one_token_request(method: str, stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    with program("greenlets", method, services=stand_ins) as running:
        assert line(running) == " ".join(["200"] * 10)
        assert len(dastra.token_requests) == 1
        # The token is a second old before its 401 is worth a renewal.
        time.sleep(1.1)
        dastra.expire_tokens()
        assert running.stdin is not None
        running.stdin.write("\n")
        running.stdin.flush()
        assert line(running) == " ".join(["200"] * 10)
        assert rest(running) == []
    assert len(dastra.token_requests) == 2
