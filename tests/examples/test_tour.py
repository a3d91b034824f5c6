"""examples/tour.py, as the program it is."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import clients
import dtz_dastra_auth
from dtz_dastra_auth.testing import StandIns, serve

TOUR = Path(__file__).parents[2] / "examples" / "tour.py"
SOURCE = Path(dtz_dastra_auth.__file__).parents[1]
VARIABLES: tuple[str, ...] = (
    "DASTRA_PUBLIC_KEY",
    "DASTRA_PRIVATE_KEY",
    "DTZ_API_KEY",
    "DTZ_CONTEXT_ID",
    "DTZ_ACCESS_TOKEN",
    "DTZ_USERNAME",
    "DTZ_PASSWORD",
)
CLIENTS = [kind.replace("-", " ") for kind in clients.KINDS]
# Token requests over three calls; a first call is these and one more.
TOKEN_REQUESTS = {
    "DastraClientCredentials": 1,
    "DastraAuthorizationCode": 1,
    "DastraRefreshToken": 1,
    "DastraApiKey": 0,
    "DtzApiKey": 0,
    "DtzApiKey+context": 0,
    "DtzBearer string": 0,
    "DtzBearer callable": 0,
    "DtzBearer login": 1,
    "DtzBearer login+context": 2,
    "DtzBearer key": 1,
    "DtzBearer key+context": 1,
    "DtzBearer code": 1,
    "DtzBasic key": 0,
    "DtzBasic bearer": 0,
    "DtzCookie": 0,
    "DtzQueryKey": 0,
    "DtzQueryKey+context": 0,
}
WIRE = {
    "DastraClientCredentials": "Authorization: Bearer …(43)",
    "DastraAuthorizationCode": "Authorization: Bearer …(43)",
    "DastraRefreshToken": "Authorization: Bearer …(43)",
    "DastraApiKey": "X-API-KEY: …(48)",
    "DtzApiKey": "X-API-KEY: apikey-…",
    "DtzApiKey+context": "X-API-KEY: apikey-…, X-DTZ-CONTEXT: context-…",
    "DtzBearer string": "Authorization: Bearer eyJ…",
    "DtzBearer callable": "Authorization: Bearer eyJ…",
    "DtzBearer login": "Authorization: Bearer eyJ…",
    "DtzBearer login+context": "Authorization: Bearer eyJ…",
    "DtzBearer key": "Authorization: Bearer eyJ…",
    "DtzBearer key+context": "Authorization: Bearer eyJ…",
    "DtzBearer code": "Authorization: Bearer eyJ…",
    "DtzBasic key": "Authorization: Basic base64(apikey:apikey-…)",
    "DtzBasic bearer": "Authorization: Basic base64(bearer:eyJ…",
    "DtzCookie": "Cookie: dtz-auth=eyJ…",
    "DtzQueryKey": "?apiKey=apikey-…",
    "DtzQueryKey+context": "?apiKey=apikey-…&contextId=context-…",
}
# Nobody is there to sign in to the real services.
SIGNED_IN = ("DastraAuthorizationCode", "DastraRefreshToken", "DtzBearer code")

Run = subprocess.CompletedProcess[str]


def run(*options: str, environment: dict[str, str] | None = None) -> Run:
    """Run the tour, in this process's environment without its credentials and some more."""
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, str(TOUR), *options],
        env={**inherited, **(environment or {}), "PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def is_right(row: dict[str, Any]) -> bool:
    """Tell whether a row says what has to happen, whatever the lengths of its tokens."""
    token_requests = TOKEN_REQUESTS[row["method"]]
    return (
        row["status"] == 200
        and row["error"] is None
        and row["token_requests"] == token_requests
        and row["round_trips"] == token_requests + 1
        and row["wire"].startswith(WIRE[row["method"]])
    )


@pytest.fixture
def services() -> Iterator[StandIns]:
    with serve(set_environment=False) as services:
        yield services


@pytest.fixture
def live(services: StandIns) -> Callable[..., Run]:
    """Run the tour with ``--live`` where the stand-ins answer for the real services."""
    dastra, dtz = services.dastra, services.dtz
    keys = (dastra.public_key, dastra.private_key, dtz.api_key, dtz.context_id)
    values = (*keys, dtz.make_token(), dtz.username, dtz.password)
    credentials = dict(zip(VARIABLES, values, strict=True))

    def live(*options: str, only: tuple[str, ...] = VARIABLES) -> Run:
        chosen = {name: credentials[name] for name in only}
        done = run("--live", *options, environment={**services.environment, **chosen})
        secrets = {*values, *services.dtz.tokens_in_force, *services.dastra.tokens_in_force}
        shown = {dtz.username, dastra.public_key}
        said = done.stdout + done.stderr
        assert not [secret for secret in secrets - shown if secret in said]
        assert "Traceback" not in said
        return done

    return live


def test_every_method_works_in_every_client_whatever_the_environment_says() -> None:
    junk = (*VARIABLES, "DASTRA_ORIGINS", "DASTRA_TOKEN_URL", "DTZ_ORIGINS", "DTZ_IDENTITY_URL")
    proxies = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    environment = {
        **dict.fromkeys(junk, "junk"),
        **dict.fromkeys(proxies, "http://127.0.0.1:9"),
        "NO_PROXY": "*",
    }
    done = run("--json", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["left_out"] == []
    rows = said["rows"]
    assert [(row["method"], row["client"]) for row in rows] == [
        (method, client) for method in TOKEN_REQUESTS for client in CLIENTS
    ]
    assert [row for row in rows if not is_right(row)] == []


def test_live_runs_what_there_are_credentials_for_and_says_what_it_left_out(
    live: Callable[..., Run],
) -> None:
    done = live("--json", only=tuple(name for name in VARIABLES if name != "DTZ_CONTEXT_ID"))
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert [row for row in said["rows"] if not is_right(row)] == []
    left_out = {
        method: "a person has to sign in" if method in SIGNED_IN else "DTZ_CONTEXT_ID not set"
        for method in TOKEN_REQUESTS
        if "context" in method or method in SIGNED_IN
    }
    assert len(said["rows"]) == (len(TOKEN_REQUESTS) - len(left_out)) * len(CLIENTS)
    assert said["left_out"] == [f"{method}: {why}" for method, why in left_out.items()]


def test_the_table_is_no_wider_than_120_columns(live: Callable[..., Run]) -> None:
    # The one with both headers is the widest row there is.
    done = live(only=("DTZ_API_KEY", "DTZ_CONTEXT_ID"))
    assert (done.returncode, done.stderr) == (0, "")
    table, _, rest = done.stdout.partition("\n\n")[2].partition("\n\n")
    lines = table.splitlines()
    assert {len(line) for line in lines} == {max(map(len, lines))}
    assert len(lines[0]) <= 120
    rows = 7 * len(CLIENTS)
    assert len(lines) == rows + 1
    assert rest.startswith(f"{rows} of {rows} rows got nothing but 200 from the real services\n")
    assert "left out: DtzCookie: DTZ_ACCESS_TOKEN not set\n" in rest


def test_without_credentials_live_has_nothing_to_show_for_itself() -> None:
    done = run("--live", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["rows"] == []


def test_a_call_that_is_refused_is_a_failure(services: StandIns, live: Callable[..., Run]) -> None:
    services.dastra.fail(503, on=lambda request: request.number == 3)
    done = live("--json", only=("DASTRA_PRIVATE_KEY",))
    assert done.returncode == 1
    statuses = [row["status"] for row in json.loads(done.stdout)["rows"]]
    assert statuses == [503, *[200] * (len(CLIENTS) - 1)]


def test_an_error_is_one_line_without_secrets(services: StandIns, live: Callable[..., Run]) -> None:
    services.dtz.drop(times=None)
    services.dastra.fail(400, on="token", times=None)
    done = live(only=("DASTRA_PUBLIC_KEY", "DASTRA_PRIVATE_KEY", "DTZ_API_KEY"))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert all(line.startswith("error: D") for line in lines)
    # Dastra's API key alone is not refused; DTZ's key is tried in four places.
    assert len(lines) == 5 * len(CLIENTS)
    assert sum("TokenError" in line and "with 400" in line for line in lines) == len(CLIENTS)


def test_a_login_page_is_no_success(services: StandIns, live: Callable[..., Run]) -> None:
    services.dastra.redirect("https://identity.dtz.rocks/login/", times=None)
    done = live("--json", only=("DASTRA_PRIVATE_KEY",))
    assert done.returncode == 1
    assert {row["status"] for row in json.loads(done.stdout)["rows"]} == {302}
