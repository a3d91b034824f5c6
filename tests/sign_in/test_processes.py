"""Several processes that go on with what one person has signed in for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from oidc import persons
from oidc.server import AuthorizationServer, Grants

PROGRAM = Path(__file__).with_name("programs") / "caller.py"
TESTS = Path(__file__).parents[1]
PROCESSES, THREADS = 4, 8
#: Seconds. An access token lives for two.
CALLING, HANGS = 10.0, 60.0


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Run one process to its end, and give what it says."""
    path = os.pathsep.join([str(TESTS), *sys.path])
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        input=json.dumps(plan) + "\n",
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def seen(
    trusted: AuthorizationServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[dict[str, Any]], Grants]:
    """Give what each process says, and what the server counted."""
    held = persons.signed_in(trusted)
    plan = {
        "refresh_token": persons.tokens(trusted, held)["refresh_token"],
        "public_key": held.client.public_key,
        "private_key": held.client.private_key,
        "token_url": trusted.token_url,
        "origin": trusted.origin,
        "url": trusted.workspaces_url("processes"),
        "cache": str(tmp_path_factory.mktemp("shared") / "cache.sqlite3"),
        "threads": THREADS,
        "seconds": CALLING,
    }
    with ThreadPoolExecutor(PROCESSES) as starters:
        said = list(starters.map(run, [plan] * PROCESSES))
    return said, trusted.grants(held.client.public_key)


def test_every_call_of_every_process_is_a_200(seen: tuple[list[dict[str, Any]], Grants]) -> None:
    said, _ = seen
    results = [result for each in said for result in each["results"]]
    assert Counter(results) == {"200": len(results)}
    assert len(results) >= PROCESSES * THREADS


def test_no_refresh_token_comes_from_two_processes(
    seen: tuple[list[dict[str, Any]], Grants],
) -> None:
    _, grants = seen
    assert grants.consumed >= CALLING / 2 - 1
    assert (grants.revoked, grants.refusals) == (0, {})


def test_each_new_refresh_token_is_told_to_one_process(
    seen: tuple[list[dict[str, Any]], Grants],
) -> None:
    said, grants = seen
    told = [token for each in said for token in each["told"]]
    # The first was there before any of them.
    assert Counter(told) == Counter(grants.refresh_tokens[1:])
