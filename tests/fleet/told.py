"""What a fleet has done, for whoever reads the output of its tests."""

import pytest

from dtz_dastra_auth.testing import StandIns
from fleet.plans import Report


def tell(capsys: pytest.CaptureFixture[str], what: str, stand_ins: StandIns, got: Report) -> None:
    """Print what was measured, where it is seen."""
    with capsys.disabled():
        print(f"\n{what}: {len(stand_ins.dastra.token_requests)} token requests; {got}")
