"""SECURITY.md and the threat model: what they name is there, and no promise is without a test."""

import ast
import builtins
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

import dtz_dastra_auth

ROOT = Path(__file__).parents[1]
POLICY = ROOT / "SECURITY.md"
MODEL = ROOT / "docs" / "threat-model.md"
DOCUMENTS = (POLICY, *sorted((ROOT / "docs").rglob("*.md")))
# The others name what other libraries have, or their own examples, which are run.
OF_OURS = (POLICY, *(ROOT / "docs" / name for name in ("fleet.md", "shared-tokens.md")), MODEL)

_FENCE = re.compile(r"(?ms)^```([\w{}-]*)[^\n]*\n(.*?)^```$")
_SPAN = re.compile(r"`([^`\n]+)`")
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(?m)^#+ (.+)$")
_DOTTED = re.compile(r"[a-z_]\w*(?:\.\w+)+")
# Words with two capitals at least: others are words of English or names of headers.
_CLASS = re.compile(r"(?<![\w.-])[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+(?![\w-])")
_LIBRARIES = (requests, httpx)

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
document_of_ours = pytest.mark.parametrize("document", OF_OURS, ids=lambda path: path.name)
policy_and_model = pytest.mark.parametrize("document", [POLICY, MODEL], ids=["policy", "model"])


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def prose_of(document: Path) -> str:
    """Give a document without its blocks of code and its picture."""
    return _FENCE.sub("", text_of(document))


def spans(document: Path) -> list[str]:
    return _SPAN.findall(prose_of(document))


def rows(document: Path) -> list[list[str]]:
    """Give the cells of every row of every table, but for the lines below the headings."""
    lines = [line.strip() for line in prose_of(document).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


def promises() -> dict[int, list[str]]:
    """Give the row of each promise, by its number."""
    numbered = [row for row in rows(POLICY) if row[0].isdecimal()]
    assert [int(row[0]) for row in numbered] == list(range(1, len(numbered) + 1))
    return {int(row[0]): row for row in numbered}


@cache
def names_in(path: str) -> frozenset[str]:
    """Give the tests that pytest finds in a module, without importing it."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    found = ast.parse(file.read_text(encoding="utf-8")).body
    functions = [each for each in found if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(each.name for each in functions if each.name.startswith("test_"))


def anchors(document: Path) -> set[str]:
    """Give what a link to a part of a document may end with, as code hosts make it."""
    headings = _HEADING.findall(prose_of(document))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def calls(document: Path) -> Iterator[ast.Call]:
    """Give the calls that a document writes out, such as ``Class(argument, name=value)``."""
    for span in spans(document):
        try:
            expression = ast.parse(span, mode="eval").body
        except SyntaxError:
            continue
        if isinstance(expression, ast.Call):
            yield expression


def is_there(dotted: str) -> bool:
    try:
        pkgutil.resolve_name(dotted)
    except (ImportError, AttributeError):
        return False
    return not any(part.startswith("_") for part in dotted.split("."))


@policy_and_model
def test_every_test_that_is_named_exists(document: Path) -> None:
    named = _TEST.findall(text_of(document))
    assert len(named) > 10
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_the_command_runs_every_test_that_is_named_with_a_promise() -> None:
    [(_, command)] = _FENCE.findall(text_of(POLICY))
    pattern = command.split("'")[1]
    named = {f"{path}::{name}" for path, name in _TEST.findall(text_of(POLICY))}
    assert set(re.findall(pattern, text_of(POLICY))) == named


@policy_and_model
def test_whatever_looks_like_a_test_is_named_with_its_file(document: Path) -> None:
    loose = [span for span in spans(document) if "test_" in span and not _TEST.fullmatch(span)]
    assert loose == []


@policy_and_model
def test_no_row_of_a_table_has_an_empty_cell(document: Path) -> None:
    found = rows(document)
    assert len(found) > 10
    # The first heading of the promises, over their numbers, is empty.
    assert [row for row in found if not all(row) and row != ["", "promise", "tests"]] == []


def test_every_promise_is_a_sentence_with_a_test_beside_it() -> None:
    assert len(promises()) >= 15
    for number, row in promises().items():
        _, promise, tests = row
        assert promise.endswith("."), number
        cell = tests.split("<br>")
        assert all(_TEST.fullmatch(each.strip("`")) for each in cell), number
        assert len(set(cell)) == len(cell), number


def test_every_threat_says_what_stops_it_and_where_that_is_tested() -> None:
    threats = [row for row in rows(MODEL) if "::" in row[-1]]
    sections = prose_of(MODEL).partition("## Who may attack")[2].split("\n### ")[1:]
    assert len(threats) >= len(sections) > 5
    for section in sections:
        name = section.partition("\n")[0]
        assert _TEST.search(section), name
        assert "What remains: " in section, name


def test_the_threat_model_and_the_promises_speak_of_the_same() -> None:
    cells = [cell for row in rows(MODEL) for cell in row]
    groups = [group for cell in cells for group in re.findall(r"\((\d+(?:, \d+)*)\)", cell)]
    meant = {int(number) for group in groups for number in group.split(", ")}
    assert meant == set(promises())


@every_document
def test_every_link_leads_to_a_file_of_the_project(document: Path) -> None:
    for target in _LINK.findall(prose_of(document)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.is_relative_to(ROOT), target
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file), target


def test_the_two_documents_are_linked_with_each_other() -> None:
    assert "docs/threat-model.md" in _LINK.findall(prose_of(POLICY))
    assert "../SECURITY.md" in _LINK.findall(prose_of(MODEL))


@document_of_ours
def test_every_class_that_is_named_is_public(document: Path) -> None:
    words = {word for span in spans(document) for word in _CLASS.findall(span)}
    known = {*dtz_dastra_auth.__all__, *(name for each in _LIBRARIES for name in dir(each))}
    assert words - known == set()


@document_of_ours
def test_every_dotted_name_can_be_imported(document: Path) -> None:
    # A variable of an example, such as `request.headers`, is not at the top of anything.
    dotted = [span for span in spans(document) if _DOTTED.fullmatch(span)]
    assert [name for name in dotted if not is_there(name)] == []


@document_of_ours
def test_every_argument_that_is_named_is_one(document: Path) -> None:
    for call in calls(document):
        assert isinstance(call.func, ast.Name), ast.unparse(call)
        if hasattr(builtins, call.func.id):
            continue
        assert call.func.id in dtz_dastra_auth.__all__, ast.unparse(call)
        made: Any = getattr(dtz_dastra_auth, call.func.id)
        known = inspect.signature(made).parameters
        assert {keyword.arg for keyword in call.keywords} <= set(known), ast.unparse(call)
