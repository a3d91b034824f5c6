"""The canary run: no secret of any test may show, or go where it does not belong.

One fixture, over the whole suite. Each test has secrets: those of the stand-ins, and those that it
hands to the public classes. All of it runs with every logger at DEBUG; what is logged, warned of,
raised, and shown by responses and objects is gathered, together with what went over the wire, and
after the test the secrets are looked for in it, in any coding, whole or in parts.
"""

import re
from collections.abc import Iterator

import pytest

from canary import stand_ins, taps
from canary.recorder import Recorder, recording
from canary.watch import Watch, watching
from dtz_dastra_auth import CredentialFilter

_MOST = 20


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        "leaks(reason, finding): this test shows a secret on purpose; what it may show is a "
        "regular expression that the text of the finding matches from its beginning to its end",
    )


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """Run the server that stands where nothing may be sent."""
    with recording() as recorder:
        yield recorder


@pytest.fixture(scope="session", autouse=True)
def _taps(recorder: Recorder) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        taps.tap_everything(patched)
        yield


@pytest.fixture(autouse=True)
def canary(request: pytest.FixtureRequest, _taps: None) -> Iterator[Watch]:
    """Fail a test that shows a secret, and make secrets for it: ``canary.secret("apikey-")``."""
    watch = Watch(CredentialFilter())
    watch.services_secrets(stand_ins.services)
    with watching(watch):
        yield watch
        # Asked for while records of what finalizers do still belong to this test.
        findings = watch.findings()
    allowed = [mark.kwargs["finding"] for mark in request.node.iter_markers("leaks")]
    leaks = [each for each in findings if not any(re.fullmatch(one, each) for one in allowed)]
    if leaks:
        more = f"\n… and {len(leaks) - _MOST} more" if len(leaks) > _MOST else ""
        pytest.fail("secrets that show:\n" + "\n".join(leaks[:_MOST]) + more, pytrace=False)
