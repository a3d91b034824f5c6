"""HTTPie, set up for one test."""

from pathlib import Path

import pytest

from dtz_dastra_auth.testing import StandIns
from tools.command_line import runs


@pytest.fixture
def httpie(stand_ins: StandIns, tmp_path: Path) -> runs.Httpie:
    """Make HTTPie ready to run against the stand-ins, without credentials in its environment."""
    return runs.httpie(stand_ins, tmp_path)
