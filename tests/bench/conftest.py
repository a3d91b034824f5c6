"""The benches' modules, for the tests of them."""

import importlib
import sys
from pathlib import Path

_BENCH = Path(__file__).parents[2] / "bench"

# For a moment only, since `fleet` is also a directory of tests.
sys.path.insert(0, str(_BENCH))
try:
    for module in ("compare", "compared", "fleet_bounds", "fleet_picture"):
        importlib.import_module(module)
finally:
    sys.path.remove(str(_BENCH))
