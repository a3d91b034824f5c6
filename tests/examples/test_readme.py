"""What the README's Python does is what its text says, in both languages."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import dtz_dastra_auth
from dtz_dastra_auth.testing import StandIns, serve

ROOT = Path(__file__).parents[2]
READMES = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.fr.md")
}
SOURCE = Path(dtz_dastra_auth.__file__).parents[1]

EACH = pytest.mark.parametrize("text", READMES.values(), ids=READMES)


def blocks(text: str) -> list[str]:
    """Give every Python block, in order."""
    return re.findall(r"(?ms)^```python\n(.*?)^```$", text)


@pytest.fixture(scope="module")
def running() -> Iterator[StandIns]:
    with serve(set_environment=False) as services:
        yield services


@pytest.fixture
def services(running: StandIns) -> Iterator[StandIns]:
    """Run the stand-ins with the credentials that the README writes out."""
    running.dastra.add_key_pair("public-key", "private-key")
    running.dtz.add_api_key("apikey-1234", running.dtz.context_id)
    running.dtz.add_user("user@example.org", "password", "context-1234")
    yield running
    running.reset()


def run(services: StandIns, directory: Path, *command: str) -> str:
    """Run Python as a program of its own, so that no block sees what another one left."""
    variables = {
        "DASTRA_PUBLIC_KEY": "public-key",
        "DASTRA_PRIVATE_KEY": "private-key",
        "DTZ_API_KEY": "apikey-1234",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(SOURCE),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        env={**services.environment, **variables},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout or done.stderr


def statuses(services: StandIns) -> tuple[list[int | None], list[int | None]]:
    """Tell what the two APIs answered."""
    dastra, dtz = services.dastra.calls, services.dtz.calls
    return [call.status for call in dastra], [call.status for call in dtz]


def it_prints_that_it_worked(services: StandIns, output: str) -> None:
    assert output == "<Response [200]>\n"
    assert len(services.dastra.token_requests) == 1


def every_client_sends_the_key(services: StandIns, output: str) -> None:
    assert output == "<Response [200]>\n" + "<Response [200 OK]>\n" * 2
    assert statuses(services) == ([], [200] * 3)
    assert {call.header("X-API-KEY") for call in services.dtz.calls} == {"apikey-1234"}


def a_function_and_a_login_both_authenticate(services: StandIns, output: str) -> None:
    assert statuses(services) == ([], [200, 200])
    paths = [request.path.rpartition("/token/")[2] for request in services.dtz.token_requests]
    assert paths == ["auth", "refresh"]


def a_person_signs_in(services: StandIns, output: str) -> None:
    assert output.startswith("redirect to https://account.dastra.eu/connect/authorize?")
    assert "code_challenge_method=S256" in output
    assert statuses(services) == ([], [])


def the_environment_is_read(services: StandIns, output: str) -> None:
    assert statuses(services) == ([200], [])
    assert len(services.dastra.token_requests) == 1


def a_cleared_store_asks_again(services: StandIns, output: str) -> None:
    assert statuses(services) == ([200, 200], [])
    assert len(services.dastra.token_requests) == 2


def both_errors_are_caught(services: StandIns, output: str) -> None:
    assert output.splitlines() == [
        "api_key: a DTZ API key starts with 'apikey-'",
        "400 invalid_client The key pair is not known.",
    ]
    assert statuses(services) == ([], [])


def the_key_stays_at_its_origins(services: StandIns, output: str) -> None:
    keys = [call.header("X-API-KEY") for call in services.dtz.calls]
    assert keys == ["apikey-1234", None]


def the_log_shows_the_call_and_no_key(services: StandIns, output: str) -> None:
    assert statuses(services) == ([], [200])
    assert "GET /v1/me?apiKey=***" in output
    assert "apikey-1234" not in output


def it_has_its_own_stand_ins(services: StandIns, output: str) -> None:
    assert statuses(services) == ([], [])


EXPECTED: list[Callable[[StandIns, str], None]] = [
    it_prints_that_it_worked,
    every_client_sends_the_key,
    a_function_and_a_login_both_authenticate,
    a_person_signs_in,
    the_environment_is_read,
    a_cleared_store_asks_again,
    both_errors_are_caught,
    the_key_stays_at_its_origins,
    the_log_shows_the_call_and_no_key,
    it_has_its_own_stand_ins,
]
ERRORS = EXPECTED.index(both_errors_are_caught)
# The block with tests stands before the last one.
FIXTURES = len(EXPECTED) - 1


@EACH
def test_every_block_is_run_by_a_test_below(text: str) -> None:
    assert len(blocks(text)) == len(EXPECTED) + 1
    assert "def test_" in blocks(text)[FIXTURES]


@EACH
@pytest.mark.parametrize("expected", EXPECTED)
def test_a_block_does_what_the_text_says(
    text: str, expected: Callable[[StandIns, str], None], services: StandIns, tmp_path: Path
) -> None:
    programs = [block for block in blocks(text) if "def test_" not in block]
    (tmp_path / "token.txt").write_text(services.dtz.make_token() + "\n")
    program = programs[EXPECTED.index(expected)]
    (tmp_path / "block.py").write_text(program, encoding="utf-8")
    output = run(services, tmp_path, "block.py")
    expected(services, output)


BROWSER = """
import sys, requests, block
form = {"username": sys.argv[1], "password": sys.argv[2]}
back = requests.post(block.sign_in(), data=form, allow_redirects=False).headers["Location"]
print(block.callback(back), block.session)
"""


@EACH
def test_who_signs_in_as_it_shows_comes_back_with_what_makes_calls(
    text: str, services: StandIns, tmp_path: Path
) -> None:
    programs = [block for block in blocks(text) if "def test_" not in block]
    program = programs[EXPECTED.index(a_person_signs_in)]
    (tmp_path / "block.py").write_text(program, encoding="utf-8")
    (tmp_path / "browser.py").write_text(BROWSER, encoding="utf-8")
    dastra = services.dastra
    output = run(services, tmp_path, "browser.py", dastra.username, dastra.password)
    assert output.endswith("<Response [200]> {}\n")
    assert {(tmp_path / "refresh-token.txt").read_text()} == dastra.refresh_tokens_in_force


@EACH
def test_the_tests_in_it_pass(text: str, services: StandIns, tmp_path: Path) -> None:
    (tmp_path / "test_block.py").write_text(blocks(text)[FIXTURES], encoding="utf-8")
    plugin = ("-p", "dtz_dastra_auth.testing.plugin", "-p", "no:cacheprovider")
    output = run(services, tmp_path, "-m", "pytest", "--rootdir", ".", *plugin)
    assert "2 passed" in output


@EACH
def test_the_error_in_its_comment_is_the_real_one(text: str) -> None:
    with pytest.raises(dtz_dastra_auth.ConfigurationError) as caught:
        dtz_dastra_auth.DtzApiKey("1234")
    assert f"# {caught.value}" in blocks(text)[ERRORS]


@EACH
def test_what_a_newcomer_needs_stands_in_the_first_40_lines(text: str) -> None:
    beginning = "\n".join(text.splitlines()[:40])
    for client in ("requests.get", "requests.Session", "httpx.Client", "httpx.AsyncClient"):
        assert client in beginning
    assert "httpx2.Client" in beginning
    assert "pip install" in beginning
    for session in ("tour", "tests"):
        assert f'pip install -q "nox[uv]" && .venv/bin/nox -s {session}\n' in beginning + "\n"


@EACH
def test_every_variable_and_class_of_the_tables_exists(text: str) -> None:
    package = SOURCE / "dtz_dastra_auth"
    source = "".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    written = set(re.findall(r"\b(?:DASTRA|DTZ)_[A-Z_]+\b", text))
    assert written == set(re.findall(r"\"((?:DASTRA|DTZ)_[A-Z_]+)\"", source))
    for name in dtz_dastra_auth.__all__:
        assert name in text or name in {"TokenSource", "TokenStore"}
