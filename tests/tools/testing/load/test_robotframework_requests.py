"""robotframework-requests, in a run of Robot Framework as from a shell."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns

pytestmark = pytest.mark.tool(
    "robotframework-requests",
    package="robotframework-requests",
    how="`Create Custom Session    alias    url    auth=${AUTH}    verify=${True}`",
    mind="`Create Session` takes a list for Basic alone. `log.html` and `output.xml` have the "
    "headers of each call, the credential as `***`. Not so with `debug=1`: then http.client prints "
    "all it sends into them, the token and the token request with the key pair too.",
)

SUITE = Path(__file__).with_name("use_robotframework_requests.robot")


@pytest.fixture
def run(
    stand_ins: StandIns, variables: dict[str, str], tmp_path: Path
) -> Callable[..., tuple[int, str]]:
    def run(suite: Path = SUITE, *options: str) -> tuple[int, str]:
        """Run a suite, and give the number of its failures and the text of all that it wrote."""
        output = tmp_path / "output"
        command = [sys.executable, "-m", "robot", "--loglevel", "TRACE", "--outputdir", str(output)]
        done = subprocess.run(
            [*command, "--debugfile", "debug.txt", *options, str(suite)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**stand_ins.environment, **variables},
        )
        written = [each.read_text(encoding="utf-8") for each in sorted(output.iterdir())]
        assert len(written) == 4, done.stdout
        return done.returncode, "\n".join([done.stdout, done.stderr, *written])

    return run


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str], Path]:
    def edited(old: str, new: str) -> Path:
        """Write the suite with something else in its place."""
        text = SUITE.read_text(encoding="utf-8")
        assert old in text
        suite = tmp_path / "edited.robot"
        suite.write_text(text.replace(old, new), encoding="utf-8")
        return suite

    return edited


def test_the_calls_of_a_suite_share_one_token(
    run: Callable[..., tuple[int, str]], dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    failures, written = run()
    assert failures == 0, written
    assert len(dastra.calls) == 2
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_the_object_can_come_from_a_variable_file(
    run: Callable[..., tuple[int, str]], dastra: DastraStandIn, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.py"
    code = "from dtz_dastra_auth import DastraApiKey\n\nAUTH = DastraApiKey.from_env()\n"
    file.write_text(code, encoding="utf-8")
    failures, written = run(SUITE, "--variablefile", str(file))
    assert failures == 0, written
    assert {call.header("X-API-KEY") for call in dastra.calls} == {dastra.private_key}


def pair(dastra: DastraStandIn) -> str:
    """Give what the token request has carried."""
    (asked,) = dastra.token_requests
    scheme, _, encoded = (asked.header("Authorization") or "").partition(" ")
    assert scheme == "Basic"
    return encoded


def test_no_file_that_it_writes_has_a_secret(
    run: Callable[..., tuple[int, str]], dastra: DastraStandIn
) -> None:
    _, written = run()
    assert "'Authorization': '***'" in written
    secrets = [*dastra.tokens_in_force, pair(dastra), dastra.private_key]
    assert not any(each in written for each in secrets)


def test_what_it_writes_with_debug_has_the_token_and_the_key_pair(
    run: Callable[..., tuple[int, str]], edited: Callable[[str, str], Path], dastra: DastraStandIn
) -> None:
    failures, written = run(edited("verify=${True}", "verify=${True}    debug=1"))
    assert failures == 0
    (token,) = dastra.tokens_in_force
    assert token in written
    assert pair(dastra) in written


def test_create_session_does_not_take_the_object(
    run: Callable[..., tuple[int, str]], edited: Callable[[str, str], Path], dastra: DastraStandIn
) -> None:
    failures, written = run(edited("Create Custom Session", "Create Session"))
    assert failures == 2
    assert "must be an iterable" in written
    assert dastra.requests == []
