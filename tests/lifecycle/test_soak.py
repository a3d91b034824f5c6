"""The soak, in its short form."""

import re
import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "bench" / "soak.py"


def test_twenty_seconds_of_faults_break_no_bound() -> None:
    command = [sys.executable, str(SOAK), "--seconds", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    # What was found is what a failing test has to show.
    assert done.returncode == 0, done.stdout + done.stderr
    for found in ("services", "calls", "growth", "token requests", "hold-up", "broken"):
        assert re.search(rf"^{found}  +\S", done.stdout, re.MULTILINE), found


def test_a_soak_in_which_next_to_nothing_happens_is_no_proof() -> None:
    command = [sys.executable, str(SOAK), "--seconds", "1.5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
