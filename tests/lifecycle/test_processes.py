"""Processes: interrupted, forked, spawned, and full of greenlets.

Each program is in `programs`; where it has to wait for the test it reads a line of its input.
"""

import multiprocessing
import os
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
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import StandIns
from lifecycle.children import call
from lifecycle.crowds import HANGS

TESTS = Path(__file__).parents[1]


@contextmanager
def program(name: str, *arguments: str, services: StandIns) -> Iterator[subprocess.Popen[str]]:
    """Run a program, whose clients meet the stand-ins, and end it with the test."""
    environment = {
        **services.environment,
        "DASTRA_PUBLIC_KEY": services.dastra.public_key,
        "DASTRA_PRIVATE_KEY": services.dastra.private_key,
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


def line(running: subprocess.Popen[str]) -> str:
    """Give the next line that a program prints."""
    assert running.stdout is not None
    return running.stdout.readline().strip()


@pytest.mark.parametrize("client", ["requests", "httpx", "asyncio", "trio"])
def test_after_an_interrupt_in_a_renewal_the_next_call_works(
    client: str, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    with program("interrupted", client, services=stand_ins) as running:
        with dastra.hold() as hold:
            hold.wait_for(1, timeout=HANGS)
            running.send_signal(signal.SIGINT)
            assert line(running) == "interrupted"
        assert rest(running) == ["200"]
    assert len(dastra.token_requests) == 2


@pytest.mark.parametrize("fork_kind", [kind for kind in clients.KINDS if kind != "requests.get"])
def test_a_child_forked_in_the_middle_of_a_renewal_does_not_wait_for_it(
    fork_kind: str, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    with program("forked", fork_kind, services=stand_ins) as running:
        with dastra.hold() as hold:
            hold.wait_for(1, timeout=HANGS)
            assert running.stdin is not None
            running.stdin.write("\n")
            running.stdin.flush()
            # The child's own.
            hold.wait_for(2, timeout=HANGS)
        assert rest(running) == ["200", "200"]
    assert len(dastra.token_requests) == 2


def test_a_forked_child_has_the_token_that_its_parent_had(stand_ins: StandIns) -> None:
    with program("inherited", services=stand_ins) as running:
        assert rest(running) == ["200", "200"]
    assert len(stand_ins.dastra.token_requests) == 1
    assert len(stand_ins.dastra.calls) == 2


def test_a_spawned_process_works_with_a_pickled_object(kind: str, stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(call, (kind, auth)).get(HANGS) == 200
        # In that process the token is kept.
        assert pool.apply_async(call, (kind, auth)).get(HANGS) == 200
    assert len(dastra.token_requests) == 1
    assert [request.path for request in dastra.calls] == [DASTRA_URL.partition(".eu")[2]] * 2


def test_ten_greenlets_make_one_token_request(stand_ins: StandIns) -> None:
    dastra = stand_ins.dastra
    with program("greenlets", services=stand_ins) as running:
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
