"""What the tests of all tools share. Each directory with tests has an environment of its own.

A test module says with a mark what its tool is called and how it takes an auth object; with
``--results`` a run writes down how its tools fared, for the table in the documentation.
"""

import json
import logging
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns

_outcomes = pytest.StashKey[dict[str, dict[str, object]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", type=Path, help="where to write how the tools fared, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "tool(name, package, how, mind): the tool that a module tests; the package that has it, "
        "the way in which it takes an auth object, and what to mind, for the documentation",
    )
    config.addinivalue_line(
        "markers",
        "logs(secret): the tool itself logs this secret at DEBUG, which the test is about",
    )
    config.stash[_outcomes] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: pytest.TestReport = yield
    mark = item.get_closest_marker("tool")
    assert mark is not None, f"{item.nodeid} belongs to no tool"
    outcomes = item.config.stash[_outcomes]
    tool = outcomes.setdefault(
        mark.args[0], {"version": version(mark.kwargs["package"]), "passed": 0, "failed": 0}
    )
    if report.failed:
        tool["failed"] += 1  # type: ignore[operator]  # one dictionary holds text and numbers
    elif report.when == "call":
        tool["passed"] += 1  # type: ignore[operator]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    path: Path | None = session.config.getoption("--results")
    if path is not None:
        tools = session.config.stash[_outcomes]
        results = {"python": platform.python_version(), "tools": dict(sorted(tools.items()))}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def variables(stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Put credentials that the stand-ins take into the environment, as a tool's user would."""
    variables = stand_ins.credentials
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(
    request: pytest.FixtureRequest,
    dastra: DastraStandIn,
    variables: dict[str, str],
) -> Iterator[None]:
    """Fail a test in whose process a secret, or a token, was logged, at DEBUG too."""
    seen: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(f"{record.name}: {logging.Formatter().format(record)}")

    listener, root = Listener(level=logging.DEBUG), logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    tokens: set[str] = set()
    try:
        yield
        tokens |= dastra.tokens_in_force
    finally:
        root.setLevel(before)
        root.removeHandler(listener)
    if request.node.get_closest_marker("logs"):
        return
    public = {variables["DASTRA_PUBLIC_KEY"], variables["DTZ_USERNAME"]}
    secrets = tokens | set(variables.values()) - public
    told = [each for each in seen for secret in secrets if secret in each or quote(secret) in each]
    assert not told, f"secrets in the log: {told[:3]}"


@pytest.fixture
def bears_token(dastra: DastraStandIn) -> Callable[..., bool]:
    """Tell whether every call to Dastra so far carried a token that it gave out."""

    def bears_token() -> bool:
        sent = [call.header("Authorization") for call in dastra.calls]
        return sent != [] and set(sent) <= {f"Bearer {each}" for each in dastra.tokens_in_force}

    return bears_token
