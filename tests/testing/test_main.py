"""A command that is run against the stand-ins by hand."""

import os
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


DOCUMENTED = """
import requests
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, DtzBearer, DtzLogin
def get(url, auth): print(requests.get(url, auth=auth).status_code)
get("https://api.dastra.eu/v1/workspaces", DastraClientCredentials("public-key", "private-key"))
get("https://api.dtz.rocks/v1/me", DtzApiKey("apikey-1234"))
get("https://api.dtz.rocks/v1/me", DtzApiKey("apikey-1234", context_id="context-1234"))
get("https://api.dtz.rocks/v1/me", DtzBearer(DtzLogin("user@example.org", "password")))
"""
REAL = {
    "DTZ_ACCESS_TOKEN": "eyJ.of.somebody",
    "DTZ_CONTEXT_ID": "context-of-somebody",
    "DTZ_IDENTITY_URL": "https://identity.example.org",
    "DTZ_ORIGINS": "https://dtz.example.org",
    "DASTRA_TOKEN_URL": "https://account.example.org/connect/token",
    "DASTRA_ORIGINS": "https://dastra.example.org",
}


def run(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dtz_dastra_auth.testing", *command],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_command_finds_the_services_and_credentials_for_them() -> None:
    done = run(sys.executable, "-c", CALL)
    assert (done.stdout, done.returncode) == ("200\n200\n200\n", 3), done.stderr


def test_the_keys_that_the_documentation_writes_out_are_taken() -> None:
    done = run(sys.executable, "-c", DOCUMENTED)
    assert (done.stdout, done.returncode) == ("200\n" * 4, 0), done.stderr


def test_no_variable_of_somebodys_real_account_reaches_the_command() -> None:
    done = run(sys.executable, "-c", CALL, **REAL)
    assert (done.stdout, done.returncode) == ("200\n200\n200\n", 3), done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_given(option: str) -> None:
    done = run(option)
    assert done.returncode == 0
    assert "python -m dtz_dastra_auth.testing COMMAND" in done.stdout


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [((), 2, "python -m dtz_dastra_auth.testing COMMAND"), (("no-such-one",), 127, "no-such-one")],
)
def test_what_cannot_be_run_is_told(command: tuple[str, ...], status: int, says: str) -> None:
    done = run(*command)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr
