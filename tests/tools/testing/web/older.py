"""Run the tests that are named on the command line where there is no httpx2."""

import importlib
import sys
import warnings

# What Python's import system takes for a module that is not installed.
sys.modules["httpx2"] = None  # type: ignore[assignment]
warnings.simplefilter("ignore")

for name in sys.argv[1:]:
    module, _, function = name.rpartition(".")
    getattr(importlib.import_module(module), function)()
print(importlib.import_module("starlette.testclient").TestClient.__mro__[1])
