"""The pytest fixtures, in pytest runs of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dtz_dastra_auth

SOURCE = Path(dtz_dastra_auth.__file__).parents[1]


def run_pytest(directory: Path, *arguments: str) -> str:
    """Run pytest with our plug-in and no other, whether or not we are installed."""
    own = ["-p", "dtz_dastra_auth.testing.plugin", "-p", "no:cacheprovider", "-W", "error"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", ".", *own, *arguments],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(SOURCE)},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.stdout + result.stderr


USE = """
import os, subprocess, sys
import httpx, pytest, requests
from dtz_dastra_auth import DastraClientCredentials

def call(dastra):
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    return requests.get(dastra.url + "/v1/workspaces", auth=auth)

def test_before():
    assert "HTTPS_PROXY" not in os.environ

@pytest.mark.parametrize("turn", range(2))
def test_no_token_is_left_for_the_next_test(dastra, turn):
    assert call(dastra).status_code == 200
    assert len(dastra.token_requests) == 1
    assert len(dastra.calls) == 1

def test_faults_are_left_behind_here(dastra):
    dastra.fail(503, times=None)
    dastra.lifetime = 1
    dastra.hold()

def test_and_are_gone_here(dastra, dtz, stand_ins):
    assert stand_ins.dastra is dastra and stand_ins.dtz is dtz
    assert dastra.lifetime == 3600
    assert call(dastra).status_code == 200

def test_dtz(dtz):
    answer = httpx.get(dtz.url + "/me", headers={"X-API-KEY": dtz.api_key})
    assert answer.status_code == 200
    assert dtz.calls[0].host == "api.dtz.rocks"

def test_a_subprocess(stand_ins):
    program = "import requests; print(requests.get('https://api.dtz.rocks/v1/me').status_code)"
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, env=stand_ins.environment) == b"401\\n"
    assert subprocess.check_output(command) == b"401\\n"

def test_after():
    assert "HTTPS_PROXY" not in os.environ
"""


def test_each_test_finds_the_stand_ins_as_new_and_leaves_the_environment_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    (tmp_path / "test_use.py").write_text(USE)
    output = run_pytest(tmp_path)
    assert " 8 passed" in output, output


MISSING = "import sys\nsys.modules['{name}'] = None\n"


@pytest.mark.parametrize("name", ["aiohttp", "trustme"])
def test_a_missing_extra_is_a_clear_error_of_the_fixture_and_of_nothing_else(
    tmp_path: Path, name: str
) -> None:
    tests = "def test_other(): pass\ndef test_ours(dastra): pass\ndef test_too(dtz): pass\n"
    (tmp_path / "conftest.py").write_text(MISSING.format(name=name))
    (tmp_path / "test_use.py").write_text(tests)
    output = run_pytest(tmp_path)
    assert "1 passed, 2 errors" in output, output
    assert f"need the module '{name}'" in output
    assert "pip install 'dtz-dastra-auth[testing]'" in output
    assert "Traceback" not in output


def test_the_fixtures_explain_themselves(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "--fixtures")
    for name in ("dastra", "dtz", "stand_ins"):
        assert f"\n{name} -- " in output


def test_the_plug_in_imports_nothing_but_pytest() -> None:
    program = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import dtz_dastra_auth.testing.plugin\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert result.stdout.split() == ["dtz_dastra_auth"]
