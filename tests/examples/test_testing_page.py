"""The Python of docs/testing.md is run as it stands there: every block is a module of tests."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dtz_dastra_auth
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
SOURCE = Path(dtz_dastra_auth.__file__).parents[1]

BLOCKS = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)
SECTION_OF_COMMANDS = PAGE.partition("## Commands")[2].partition("## Other")[0]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_tests_of_a_block_pass(number: int, tmp_path: Path) -> None:
    block = BLOCKS[number]
    (tmp_path / "test_block.py").write_text(block, encoding="utf-8")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DASTRA", "DTZ"))
    }
    plugin = ("-p", "dtz_dastra_auth.testing.plugin", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "--rootdir", ".", *plugin],
        env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(SOURCE)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    runs = len(re.findall(r"^def test_", block, re.MULTILINE))
    runs += block.count('parametrize("run", [1, 2])')
    assert re.search(rf"^{runs} passed in", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_every_section_with_fixtures_has_a_block() -> None:
    assert len(BLOCKS) == PAGE.count("```python") == 10
    assert PAGE.count("```") == 2 * len(BLOCKS)


def test_every_name_of_the_tables_exists() -> None:
    stand_ins = DastraStandIn(), DtzStandIn()
    table = "".join(re.findall(r"^\| `[^|]+\|", SECTION_OF_COMMANDS, re.MULTILINE))
    named = set(re.findall(r"`(\w+)\(", table))
    assert len(named) == 8
    assert all(hasattr(each, name) for each in stand_ins for name in named)
    rows = dict(re.findall(r"^\| `(dastra|dtz)` \| ([^|]+)\|", PAGE, re.MULTILINE))
    for name, stand_in in zip(("dastra", "dtz"), stand_ins, strict=True):
        attributes = re.findall(r"`(\w+)(?:\(\))?`", rows[name])
        assert attributes
        assert [each for each in attributes if not hasattr(stand_in, each)] == []
