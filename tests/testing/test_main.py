"""A command that is run against the stand-ins by hand."""

import subprocess
import sys

import pytest

CALL = """
import sys, requests
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, DtzBearer, DtzLogin
def get(url, auth): print(requests.get(url, auth=auth).status_code)
get("https://api.dastra.eu/v1/workspaces", DastraClientCredentials.from_env())
get("https://api.dtz.rocks/v1/me", DtzApiKey.from_env())
get("https://api.dtz.rocks/v1/me", DtzBearer(DtzLogin.from_env()))
sys.exit(3)
"""


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dtz_dastra_auth.testing", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_finds_the_services_and_credentials_for_them() -> None:
    done = run(sys.executable, "-c", CALL)
    assert (done.stdout, done.returncode) == ("200\n200\n200\n", 3), done.stderr


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [((), 2, "python -m dtz_dastra_auth.testing COMMAND"), (("no-such-one",), 127, "no-such-one")],
)
def test_what_cannot_be_run_is_told(command: tuple[str, ...], status: int, says: str) -> None:
    done = run(*command)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr
