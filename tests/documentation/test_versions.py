"""The tables of docs/reference/versions.md say what pyproject.toml and the lock files say."""

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/versions.md").read_text(encoding="utf-8")
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
GROUPS = ("test", "trio", "niquests")
NONE = "–"  # what the tables have where there is nothing

_ROW = r"(?m)^\| (\S+) \| (?:`(\S+)`|any) \| ([\d.]+|–) \| ([\d.]+) \| (.+) \|$"
ROWS = {name.lower(): (bound, *rest) for name, bound, *rest in re.findall(_ROW, PAGE)}


def bounds(requirements: list[Any]) -> dict[str, str]:
    """Give what each requirement admits; groups that include others have more than texts."""
    parsed = [Requirement(each) for each in requirements if isinstance(each, str)]
    return {each.name: str(each.specifier) for each in parsed}


def pins(name: str) -> dict[str, str]:
    """Give the versions in a lock file."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([\w-]+)==(\S+)", text))


EXTRAS = {name: bounds(each) for name, each in PROJECT["optional-dependencies"].items()}
BY = {"the package": bounds(PROJECT["dependencies"])} | {
    f"the extra `{name}`": each for name, each in EXTRAS.items()
}
BY["you"] = bounds(list(chain.from_iterable(PYPROJECT["dependency-groups"][g] for g in GROUPS)))
DECLARED = {name for who, each in BY.items() if who != "you" for name in each}
NEWEST, LOWEST = pins("dev.txt"), pins("lowest.txt")


def test_every_dependency_is_in_a_table() -> None:
    assert set(ROWS) >= DECLARED | {"niquests", "httpie", "trio", "gevent", "pytest"}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_what_is_declared_and_locked(name: str) -> None:
    bound, lowest, newest, who = ROWS[name]
    assert bound == BY[who][name]
    assert newest == NEWEST[name]
    assert lowest == LOWEST.get(name) or (lowest == NONE and name not in DECLARED)


def test_no_dependency_has_an_upper_bound() -> None:
    for name in DECLARED:
        assert re.fullmatch(r">=[\d.]+", ROWS[name][0])


def test_the_python_versions_are_those_of_the_classifiers_and_of_the_check_of_all() -> None:
    found = re.search(r"(?m)^\| CPython \| `(\S+)` \| ([\d., ]+) \|$", PAGE)
    assert found
    assert found[1] == PROJECT["requires-python"]
    tested = found[2].split(", ")
    prefix = "Programming Language :: Python :: "
    classifiers = [each.removeprefix(prefix) for each in PROJECT["classifiers"]]
    assert [each for each in classifiers if re.fullmatch(r"3\.\d+", each)] == tested
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert f"for version in {' '.join(reversed(tested))}; do" in run


def test_every_session_it_names_is_there() -> None:
    section = PAGE.partition("\n## How\n")[2].partition("\n## ")[0]
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    named = re.findall(r"(?m)^\| `(\w+)` \|", section)
    assert len(named) == 10
    for name in named:
        assert f"\ndef {name}(session: nox.Session" in noxfile
