"""Locust, started as from a shell: it patches the standard library with gevent before all else."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns

pytestmark = pytest.mark.tool(
    "Locust",
    package="locust",
    how="`self.client.auth = auth` in `HttpUser.on_start`",
    mind="Without `trust_env = True` the load goes past the environment's proxy and past the "
    "stand-ins, to the real service. The users of a process are greenlets and share one token "
    "request, which is in no statistics; each worker process makes its own. A `TokenError` "
    "counts as a failed call. `FastHttpUser`, over geventhttpclient, takes a pair for Basic "
    "and nothing else.",
)

FILE = Path(__file__).with_name("use_locust.py")
# Locust has no option for a number of calls.
END = """\
import itertools

import gevent
from locust import events

numbers = itertools.count(1)

@events.init.add_listener
def end_after_thirty(environment, **_):
    def count(**_):
        if next(numbers) == 30:
            gevent.spawn(environment.runner.quit)

    environment.events.request.add_listener(count)
    environment.events.user_error.add_listener(count)
"""
DASTRA = "https://api.dastra.eu"
FAST_USER = """\
import os

from dtz_dastra_auth import DastraClientCredentials
from locust import FastHttpUser, constant, task


class Reader(FastHttpUser):
    host = os.environ["DASTRA_ORIGINS"]
    wait_time = constant(0.1)

    @task
    def workspaces(self):
        self.client.get("/v1/workspaces", auth=DastraClientCredentials.from_env())
"""


@dataclass(frozen=True)
class Outcome:
    """What Locust ended with."""

    exit_code: int
    requests: int
    failures: int
    log: str


@pytest.fixture
def run(stand_ins: StandIns, variables: dict[str, str], tmp_path: Path) -> Callable[..., Outcome]:
    def run(file: Path = FILE, **changed: str) -> Outcome:
        """Run ten users for thirty calls, and let them finish what they have begun."""
        end = tmp_path / "end.py"
        end.write_text(END, encoding="utf-8")
        command = [sys.executable, "-m", "locust", "-f", f"{file},{end}", "--headless"]
        command += ["-u", "10", "-r", "10", "-t", "50", "--stop-timeout", "20", "--json"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**stand_ins.environment, **variables, **changed},
        )
        entries = json.loads(done.stdout)
        log = done.stdout + done.stderr
        secret = {**variables, **changed}["DASTRA_PRIVATE_KEY"]
        assert not any(each in log for each in {secret, *stand_ins.dastra.tokens_in_force})
        return Outcome(
            done.returncode,
            sum(each["num_requests"] for each in entries),
            sum(each["num_failures"] for each in entries),
            log,
        )

    return run


def test_ten_users_share_one_token(
    run: Callable[..., Outcome], dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    # All ten are there before the token is.
    dastra.delay(1, on="token")
    outcome = run()
    assert (outcome.exit_code, outcome.failures) == (0, 0), outcome.log
    assert outcome.requests == len(dastra.calls) >= 30
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_401_that_is_answered_by_sending_again_is_no_failure(
    run: Callable[..., Outcome], dastra: DastraStandIn
) -> None:
    dastra.fail(401)
    outcome = run()
    assert (outcome.exit_code, outcome.failures) == (0, 0), outcome.log
    assert [call.status for call in dastra.calls].count(401) == 1
    assert outcome.requests == len(dastra.calls) - 1


def test_a_wrong_pair_fails_every_call_after_one_token_request(
    run: Callable[..., Outcome], dastra: DastraStandIn
) -> None:
    outcome = run(DASTRA_PRIVATE_KEY="mistyped")
    assert outcome.exit_code == 1
    assert outcome.failures == outcome.requests >= 30
    assert "invalid_client" in outcome.log
    assert len(dastra.requests) == 1


def test_a_user_without_trust_env_ignores_the_environment(
    run: Callable[..., Outcome], dastra: DastraStandIn, tmp_path: Path
) -> None:
    # At its loopback address, so that no call leaves this machine: the CA file is ignored.
    text = FILE.read_text(encoding="utf-8")
    for old, new in [("trust_env = True", "trust_env = False"), (DASTRA, dastra.origin)]:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "ignores.py"
    file.write_text(text, encoding="utf-8")
    outcome = run(file, DASTRA_ORIGINS=dastra.origin)
    assert outcome.exit_code == 1
    assert outcome.failures == outcome.requests >= 30
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.log
    assert dastra.calls == []


def test_a_fast_user_does_not_take_the_object(
    run: Callable[..., Outcome], dastra: DastraStandIn, tmp_path: Path
) -> None:
    file = tmp_path / "fast.py"
    file.write_text(FAST_USER, encoding="utf-8")
    outcome = run(file, DASTRA_ORIGINS=dastra.origin)
    assert outcome.exit_code == 1
    assert "TypeError: 'DastraClientCredentials' object is not subscriptable" in outcome.log
    assert dastra.requests == []
