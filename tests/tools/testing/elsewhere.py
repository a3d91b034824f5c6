"""An example in a project of somebody else, without anything that these tests set up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def run_elsewhere(example: Path, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run an example with tests in it as it stands, in a directory of its own."""
    shutil.copy(example, directory / "test_it.py")
    own = ("DASTRA_", "DTZ_", "PYTEST_")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_it.py"],
        cwd=directory,
        env={key: value for key, value in os.environ.items() if not key.startswith(own)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
