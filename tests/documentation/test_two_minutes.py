"""The beginning of the README works as it stands: a checkout, three lines, a 200."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Seconds; what a reader is promised, from an empty directory to the answer.
PROMISE = 120.0


@pytest.mark.parametrize("name", ["README.md", "README.fr.md"])
def test_the_first_call_is_made_within_two_minutes(name: str, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    kept_out = shutil.ignore_patterns(".*", "build", "dist", "_build", "tests", "node_modules")
    shutil.copytree(ROOT, checkout, ignore=kept_out)
    beginning = (ROOT / name).read_text(encoding="utf-8").partition("\n## ")[0]
    program, commands = re.findall(r"(?ms)^```(?:python|sh)\n(.*?)^```$", beginning)[:2]
    assert len(program.splitlines()) == 3
    (checkout / "first.py").write_text(program, encoding="utf-8")

    variables = {n: v for n, v in os.environ.items() if not n.startswith(("DASTRA", "DTZ"))}
    done = subprocess.run(
        [shutil.which("bash") or "", "-e"],
        input=commands,
        cwd=checkout,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PROMISE,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "<Response [200]>"
