"""Commands for a checkout, which cannot be run beside the stand-ins: they install, or call nox.

The README's are run as they stand by `.ci/run` and `test_two_minutes.py`. Of each other one it is
looked at here that it names what is there.
"""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BEGINNINGS = ("python3 -m venv ", "py -m venv ", "pip install ", ".venv/bin/", "bash .ci/run", "#")


def is_about_a_checkout(line: str) -> bool:
    """Tell whether a line of a shell block is such a command, and see that it is right.

    Raises:
        AssertionError: It names a session, an extra, a group or a file that is not there.
    """
    if not line.startswith(_BEGINNINGS):
        return False
    extras, groups, sessions = names()
    for group in re.findall(r"\.\[([\w,]+)\]", line):
        assert set(group.split(",")) <= extras, line
    assert set(re.findall(r"--group[= ]([\w-]+)", line)) <= groups, line
    assert set(re.findall(r"nox -s \"?(\w+)", line)) <= sessions, line
    for path in re.findall(r"\b(?:requirements|examples|bench|tests|docs|\.ci)/[\w./-]+", line):
        assert (ROOT / path).exists() or "--output" in line, line
    return True


@cache
def names() -> tuple[set[str], set[str], set[str]]:
    """Give the names of all extras, dependency groups and sessions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    extras = project["project"]["optional-dependencies"]
    return set(extras), set(project["dependency-groups"]), functions
