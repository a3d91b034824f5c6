"""Write what the pages on integrations take from the tests: cog calls the functions below.

A tool is a test module below ``tests/tools`` whose mark says how the tool takes an auth object,
with the example that the module tests beside it (``use_….py`` for ``test_….py``). How it fared is
in ``docs/integrations/results``, a file for each environment: ``nox -s tools -- --record``.
"""

import ast
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "tests" / "tools"
RESULTS = ROOT / "docs" / "integrations" / "results"
LEFT_OUT = ROOT / "docs" / "integrations" / "left_out.toml"
_INTRODUCTION = """\
Each example is a file that the tests run against the tool, at the version in
[the table](README.md).
"The object" is an auth object of [this package](../../README.md), `DastraClientCredentials(…)` say,
which is installed beside the tool. `from_env()` reads
[these variables](../../README.md#environment-variables), and `origins` is
[where a credential may go](../../README.md#where-a-credential-goes). To try an example without an
account, run it against [the stand-ins](../testing.md#other-processes):
`python -m dtz_dastra_auth.testing python example.py`."""
LANGUAGES = {".py": "python", ".sh": "sh", ".robot": "robotframework"}


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        name: What it is called.
        package: The distribution that has it.
        how: The way in which it takes an auth object.
        mind: What to mind.
        test: The module that tests it.
    """

    name: str
    package: str
    how: str
    mind: str
    test: Path

    @property
    def environment(self) -> str:
        """Give the directory of its environment, below that of all tools."""
        return self.test.parent.relative_to(TOOLS).as_posix()

    @property
    def group(self) -> str:
        """Give the group, each of which has a page."""
        return self.environment.partition("/")[0]

    @property
    def dependency_group(self) -> str:
        """Name the dependency group of the environment."""
        return f"tools-{re.sub('[/_]', '-', self.environment)}"

    @property
    def requirement(self) -> str:
        """Give what to install, as the dependency group has it."""
        for each in dependency_groups()[self.dependency_group]:
            if isinstance(each, str) and re.split(r"[^\w.-]", each)[0] == self.package.lower():
                return each
        return self.package

    @property
    def examples(self) -> list[Path]:
        """Give the files that the page shows."""
        stem = self.test.stem.removeprefix("test_")
        return sorted(self.test.parent.glob(f"use_{stem}.*"))

    @property
    def outcome(self) -> dict[str, Any]:
        """Give how the tool fared in the last full run.

        Raises:
            LookupError: It was not in it.
        """
        path = RESULTS / f"{self.environment.replace('/', '_')}.json"
        run = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"tools": {}}
        if self.name not in run["tools"]:
            raise LookupError(f"{self.name} has no result: nox -s tools -- --record")
        outcome: dict[str, Any] = run["tools"][self.name]
        return outcome


@cache
def all_tools() -> list[Tool]:
    """Find all tools that have tests, in the order of their names."""
    found = [tool for test in TOOLS.rglob("test_*.py") if (tool := read(test)) is not None]
    return sorted(found, key=lambda tool: tool.name.lower())


def read(test: Path) -> Tool | None:
    """Read the mark of a test module; None for a second module of a tool."""
    for node in ast.parse(test.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
            for mark in marks:
                assert isinstance(mark, ast.Call)
                told = {each.arg: ast.literal_eval(each.value) for each in mark.keywords}
                if ast.unparse(mark.func) == "pytest.mark.tool" and "how" in told:
                    name = ast.literal_eval(mark.args[0])
                    return Tool(name, told["package"], told["how"], told["mind"], test)
    return None


@cache
def dependency_groups() -> dict[str, list[Any]]:
    """Read the dependency groups of the project."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    groups: dict[str, list[Any]] = tomllib.loads(text)["dependency-groups"]
    return groups


def table(*groups: str) -> None:
    """Print the table of all tools, group by group, and of what is left out."""
    for group in groups:
        page = f"{group.replace('_', '-')}.md"
        title = (RESULTS.parent / page).read_text(encoding="utf-8").partition("\n")[0]
        print(f"\n## [{title.removeprefix('# ')}]({page})\n")
        print("| tool | version tested | how | result | what to mind |")
        print("|---|---|---|---|---|")
        for tool in all_tools():
            if tool.group == group:
                outcome = tool.outcome
                result = f"{outcome['failed']} failed" if outcome["failed"] else "passes"
                name = f"[{tool.name}]({page}#{anchor(tool.name)})"
                mind = re.split(r"(?<=\.) (?=[A-Z`])", tool.mind)[0]
                print(f"| {name} | {outcome['version']} | {tool.how} | {result} | {mind} |")
    print("\n## Left out\n")
    left_out = tomllib.loads(LEFT_OUT.read_text(encoding="utf-8"))["tool"]
    for each in left_out:
        print(f"- {each['name']} {each['version']}: {each['reason']}")
    print("" if left_out else "None.\n")


def anchor(heading: str) -> str:
    """Name a heading as Markdown renderers do."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def tools_of(group: str) -> None:
    """Print a section for each tool of a group, with the example that its tests run."""
    print(f"\n{_INTRODUCTION}")
    for tool in all_tools():
        if tool.group == group:
            print(f'\n## {tool.name}\n\n`pip install "{tool.requirement}"`\n')
            for example in tool.examples:
                show(example, tool.mind)
    print()


def show(example: Path, mind: str) -> None:
    """Print what an example says of itself, what to mind, and the example."""
    text = example.read_text(encoding="utf-8")
    said, code = ("", text)
    if example.suffix == ".py":
        module = ast.parse(text)
        said = ast.get_docstring(module) or ""
        code = "".join(text.splitlines(keepends=True)[module.body[0].end_lineno :])
    elif text.startswith("# "):
        comment, _, code = text.partition("\n\n")
        said = "\n".join(line.removeprefix("#").strip() for line in comment.splitlines())
    # Docstrings quote code as their own tools want it.
    print(f"{said.replace('``', '`')}\n\n**To mind:** {mind}\n")
    print(f"```{LANGUAGES.get(example.suffix, 'text')}\n{code.strip()}\n```")
