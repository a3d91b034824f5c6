"""Every code block of the pages is run, in the order of its page, against the stand-ins.

What a block's language means
    ``python`` is a program of its own, or a module of tests when it has some; ``sh`` goes to bash;
    in ``console`` the lines after ``$`` do, and what is below each is its output; ``text`` is the
    output of the block above it, where ``…`` stands for anything. Data is parsed. A block with a
    ``:caption:`` is also kept as the file of that name, which later blocks of the page can use.
    ``% invisible-code-block: python`` is not shown, and runs here, with ``services``, ``output``
    (of the block above it) and ``directory``.

There is no way to leave a block out but `ELSEWHERE`.
"""

import configparser
import faulthandler
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer
from sybil.parsers.myst.lexers import DirectiveInPercentCommentLexer, DirectiveLexer

from documentation import checkout
from dtz_dastra_auth.testing import StandIns, serve

ROOT = Path(__file__).parents[2]
# Seconds; generous, since it only bounds what would otherwise hang.
TIMEOUT = 60.0
#: Pages whose blocks need more than the stand-ins, and what runs them.
ELSEWHERE = {
    "docs/shared-tokens.md": "tests/fleet/test_operator_page.py",
    "docs/integrations/": "tests/test_integrations.py",
    "SECURITY.md": "tests/test_security_policy.py",
}
_KEPT = {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "TMPDIR"}
_PLUGIN = ("-p", "dtz_dastra_auth.testing.plugin", "-p", "no:cacheprovider")


@dataclass
class Page:
    """What the blocks of one page share.

    Attributes:
        services: The stand-ins, which know the credentials that the pages write out.
        directory: Where the blocks run.
        output: What the last one printed.
    """

    services: StandIns
    directory: Path
    output: str = ""

    def run(self, *command: str, typed: str = "") -> None:
        """Run a command, which has to succeed, and keep what it prints."""
        with subprocess.Popen(
            command,
            env=environment(self.services),
            cwd=self.directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                self.output, _ = process.communicate(typed, timeout=TIMEOUT)
            except BaseException:
                # With all that it has started.
                os.killpg(process.pid, signal.SIGKILL)
                raise
        assert process.returncode == 0, f"exit status {process.returncode}\n{self.output}"

    def keep(self, name: str, text: str) -> Path:
        """Write a file, in a directory of its own if its name says so."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def environment(services: StandIns) -> dict[str, str]:
    """Give the variables of a reader who has done as the pages say."""
    scripts = sysconfig.get_path("scripts")
    # What leads to the stand-ins, and nothing that is the secret of whoever runs this.
    given = services.environment.items()
    kept = {name: value for name, value in given if name in _KEPT or os.environ.get(name) != value}
    return {
        **kept,
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        "DASTRA_PUBLIC_KEY": "public-key",
        "DASTRA_PRIVATE_KEY": "private-key",
        "DTZ_API_KEY": "apikey-1234",
        "DTZ_USERNAME": "user@example.org",
        "DTZ_PASSWORD": "password",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONUNBUFFERED": "1",
        # What a program prints is compared, and its warnings are errors.
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "100",
    }


@pytest.fixture(scope="session")
def running() -> Iterator[StandIns]:
    """Run the stand-ins for all pages."""
    with serve(set_environment=False) as services:
        yield services


@pytest.fixture(scope="module")
def page(running: StandIns, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Begin a page: with what its text takes for granted, and nothing of the page before."""
    running.reset()
    running.dastra.add_key_pair("public-key", "private-key")
    running.dtz.add_api_key("apikey-1234", running.dtz.context_id)
    running.dtz.add_user("user@example.org", "password", "context-1234")
    directory = tmp_path_factory.mktemp("page")
    # The file that the README reads a token from.
    (directory / "token.txt").write_text(running.dtz.make_token() + "\n")
    return Page(running, directory)


def _python(page: Page, text: str, name: str) -> None:
    path = page.keep(name, text)
    if re.search(r"(?m)^(async )?def test_", text):
        command = ("-m", "pytest", "-q", "--rootdir", ".", *_PLUGIN, path.name)
        page.run(sys.executable, "-W", "error", *command)
    else:
        page.run(sys.executable, "-W", "error", path.name)


def _sh(page: Page, text: str, name: str) -> None:
    lines = [line for line in text.splitlines() if not checkout.is_about_a_checkout(line)]
    page.keep(name, "\n".join(lines) + "\n")
    # What a reader is asked to type.
    page.run("bash", "-eo", "pipefail", name, typed="private-key\n" if "read -rs" in text else "")


def _console(page: Page, text: str, name: str) -> None:
    commands = re.split(r"(?m)^\$ ", text)
    assert commands.pop(0) == "", "a console block begins with a command"
    for each in commands:
        command, _, expected = each.partition("\n")
        if not checkout.is_about_a_checkout(command):
            page.run("bash", "-eo", "pipefail", "-c", command)
            _text(page, expected, name)


def _text(page: Page, text: str, name: str) -> None:
    expected = ".*".join(re.escape(part) for part in text.strip().split("…"))
    matches = re.fullmatch(expected, page.output.strip(), re.DOTALL)
    assert matches, f"it printed:\n{page.output}\nand not:\n{text}"


def _ini(text: str) -> None:
    configparser.ConfigParser().read_string(text)


def _data(parse: Callable[[str], object]) -> Callable[[Page, str, str], None]:
    def check(page: Page, text: str, name: str) -> None:
        parse(text)
        if name:
            page.keep(name, text)

    return check


RUN: dict[str, Callable[[Page, str, str], None]] = {
    "python": _python,
    "sh": _sh,
    "console": _console,
    "text": _text,
    "json": _data(json.loads),
    "toml": _data(tomllib.loads),
    "yaml": _data(yaml.safe_load),
    "ini": _data(_ini),
}


def _evaluate(example: Example) -> None:
    page: Page = example.namespace["page"]
    language, text, options = example.parsed
    assert language in RUN, f"nobody knows how to run {language!r}"
    name = options.get("caption") or {"python": "block.py", "sh": "block.sh"}.get(language, "")
    RUN[language](page, text, name)


def _evaluate_unseen(example: Example) -> None:
    page: Page = example.namespace["page"]
    seen = {"services": page.services, "output": page.output, "directory": page.directory}
    code = compile("\n" * example.line + example.parsed, example.path, "exec")
    # Nothing else ends one that hangs.
    faulthandler.dump_traceback_later(2 * TIMEOUT, exit=True)
    try:
        exec(code, seen)  # noqa: S102  # it is the page's own text
    finally:
        faulthandler.cancel_dump_traceback_later()


_FENCES = FencedCodeBlockLexer(r"[a-z]+")
_DIRECTIVES = DirectiveLexer(r"code-block", arguments=r"[a-z]+")
_UNSEEN = DirectiveInPercentCommentLexer(r"invisible-code-block", arguments="python")


def parse(document: Document) -> Iterable[Region]:
    """Give all blocks of a page."""
    for region in [*_FENCES(document), *_DIRECTIVES(document)]:
        lexemes: dict[str, Any] = region.lexemes
        language = lexemes.get("language") or lexemes["arguments"]
        text = textwrap.dedent(str(lexemes["source"]))
        parsed = language, text, lexemes.get("options", {})
        yield Region(region.start, region.end, parsed, _evaluate)
    for region in _UNSEEN(document):
        text = textwrap.dedent(str(region.lexemes["source"]))
        yield Region(region.start, region.end, text, _evaluate_unseen)


def collect(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect the blocks of a page that are run here."""
    name = file_path.relative_to(ROOT).as_posix() if file_path.is_relative_to(ROOT) else ""
    if file_path.suffix != ".md" or not name or name.startswith(tuple(ELSEWHERE)):
        return None
    found: pytest.File | None = _COLLECT(file_path, parent)
    return found


_COLLECT = Sybil([parse], path=str(ROOT), pattern="*.md", fixtures=["page"]).pytest()
