"""Profiles for Hypothesis, and what the property tests share.

``--hypothesis-profile=thorough`` tries far more examples, and others each time; it needs this
directory named on the command line.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from dtz_dastra_auth import _origins
from dtz_dastra_auth._stores import clear_default_store
from properties.dial import Switchboard

# How long an example takes says something about the machine alone.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("bounded", _UNTIMED, max_examples=150, derandomize=True)
settings.register_profile("thorough", _UNTIMED, max_examples=3_000, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Be deterministic unless another profile is asked for."""
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("bounded")


@pytest.fixture(autouse=True, scope="module")
def process_state() -> Iterator[None]:
    """Leave no warning counted as given: there is room for a hundred in a process."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_origins, "_warned", type(_origins._warned)())
        yield
    clear_default_store()


@pytest.fixture(scope="module")
def switchboard() -> Iterator[Switchboard]:
    """Take every connection that a library opens, and note who was dialled."""
    with Switchboard() as switchboard:
        yield switchboard
