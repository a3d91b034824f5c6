"""Schemathesis 4, in a pytest run of its own and piece by piece."""

import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.failures import FailureGroup

from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn, StandIns

pytestmark = pytest.mark.tool(
    "Schemathesis",
    package="schemathesis",
    how="`case.call_and_validate(auth=auth)`, `schema.auth.set_from_requests(auth)`",
    mind="Set `with_security_parameters=False`, or the `Authorization` header that it makes "
    "up for each case wins and no call is authenticated. Failures show the credential as "
    "`[Filtered]`; but with `set_from_requests`, the text of `case.as_curl_command()` has it "
    "as it is.",
)

HERE = Path(__file__).parent
URL = "https://api.dastra.eu"
FEW_CASES = "[generation]\nmax-examples = 5\n"
INVALID = "Bearer SCHEMATHESIS-INVALID-VALUE"


@pytest.fixture
def run(
    stand_ins: StandIns, variables: dict[str, str], tmp_path: Path
) -> Callable[[], subprocess.CompletedProcess[str]]:
    def run() -> subprocess.CompletedProcess[str]:
        """Run the example, out of reach of this project's own configuration of pytest."""
        for name in ("use_schemathesis.py", "dastra.yaml"):
            shutil.copy(HERE / name, tmp_path)
        (tmp_path / "schemathesis.toml").write_text(FEW_CASES, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "use_schemathesis.py"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path,
            env={**stand_ins.environment, **variables},
        )

    return run


@pytest.fixture
def schema() -> schemathesis.BaseSchema:
    schema = schemathesis.openapi.from_path(HERE / "dastra.yaml")
    schema.config.update(base_url=URL)
    return schema


def test_all_cases_share_one_token_but_those_that_are_to_be_refused(
    run: Callable[[], subprocess.CompletedProcess[str]], dastra: DastraStandIn
) -> None:
    done = run()
    assert done.returncode == 0, done.stdout
    (token,) = dastra.tokens_in_force
    sent = [call.header("Authorization") for call in dastra.calls]
    assert sent.count(f"Bearer {token}") >= 5
    # It looks whether the API refuses a call without a credential, and one with a wrong one.
    assert set(sent) == {f"Bearer {token}", None, INVALID}
    assert len(dastra.token_requests) == 1


def test_what_it_tells_of_a_failure_does_not_show_the_credential(
    schema: schemathesis.BaseSchema, dastra: DastraStandIn
) -> None:
    dastra.fail(500)
    with pytest.raises(FailureGroup) as raised:
        schema["/v1/workspaces"]["GET"].Case().call_and_validate(
            auth=DastraClientCredentials.from_env()
        )
    told = "".join(traceback.format_exception(raised.value))
    assert "-H 'Authorization: [Filtered]'" in told
    (token,) = dastra.tokens_in_force
    assert token not in told
    assert dastra.private_key not in told


def test_a_header_that_it_made_up_wins(
    schema: schemathesis.BaseSchema, dastra: DastraStandIn
) -> None:
    case = schema["/v1/workspaces"]["GET"].Case(headers={"Authorization": "Bearer made-up"})
    assert case.call(auth=DastraClientCredentials.from_env()).status_code == 401
    assert [call.header("Authorization") for call in dastra.calls] == ["Bearer made-up"]
    assert dastra.token_requests == []


def test_only_a_command_for_curl_shows_the_token_and_only_where_the_schema_has_the_object(
    schema: schemathesis.BaseSchema, dastra: DastraStandIn
) -> None:
    schema.config.generation.update(with_security_parameters=False)
    auth = DastraClientCredentials.from_env()
    commands: list[str] = []

    @given(case=schema["/v1/workspaces"]["GET"].as_strategy())
    @settings(max_examples=1, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    def command(case: schemathesis.Case[Any]) -> None:
        assert case.call(auth=auth).status_code == 200
        commands.append(case.as_curl_command())

    command()
    schema.auth.set_from_requests(auth)
    command()
    (token,) = dastra.tokens_in_force
    assert [token in each for each in commands] == [False, True]
