"""pytest fixtures: `dastra`, `dtz` and `stand_ins`.

pytest imports this module on every run on a machine where the package is installed, whether or not
the extra ``testing`` is. Nothing but pytest may be imported at its top.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ._dastra import DastraStandIn
    from ._dtz import DtzStandIn
    from ._serve import StandIns


@pytest.fixture(scope="session")
def _dtz_dastra_auth_running() -> Iterator[StandIns]:
    # Making keys takes a moment, so all tests of a session share one start.
    try:
        from ._serve import serve
    except ModuleNotFoundError as error:
        pytest.fail(
            f"The stand-ins for Dastra and DTZ need the module {error.name!r}. "
            "Install it with: pip install 'dtz-dastra-auth[testing]'",
            pytrace=False,
        )
    with serve(set_environment=False) as running:
        yield running


@pytest.fixture
def stand_ins(_dtz_dastra_auth_running: StandIns) -> Iterator[StandIns]:
    """Run stand-ins for Dastra and DTZ for one test, and lead its HTTP clients to them.

    The environment of this process names their proxy and CA file until the test ends; for a
    subprocess pass ``env=stand_ins.environment``, if its environment is not simply inherited.
    Each test finds the stand-ins as new, except that credentials stay the same for a session, and
    finds no token that an earlier test left in this package's default store, and no sign-in.

    Clients read the environment when they are made: one made before this fixture starts, at the
    top of a module or in a fixture of wider scope, goes to the real services.
    """
    from .._rotation import forget_chains
    from .._stores import clear_default_store

    clear_default_store()
    forget_chains()
    _dtz_dastra_auth_running.reset()
    with _dtz_dastra_auth_running.in_environment():
        yield _dtz_dastra_auth_running
    _dtz_dastra_auth_running.reset()
    clear_default_store()
    forget_chains()


@pytest.fixture
def dastra(stand_ins: StandIns) -> DastraStandIn:
    """Stand in for Dastra during one test: its API and its token endpoint, at their real URLs.

    ``dastra.public_key`` and ``dastra.private_key`` are a key pair it takes,
    ``dastra.token_requests`` and ``dastra.calls`` what arrived; ``dastra.fail(503)`` and its
    neighbours command what the next request meets. What `stand_ins` says about clients made too
    early holds here.
    """
    return stand_ins.dastra


@pytest.fixture
def dtz(stand_ins: StandIns) -> DtzStandIn:
    """Stand in for DTZ during one test: every service host and the identity API.

    ``dtz.api_key``, ``dtz.username`` and ``dtz.password`` are credentials it takes,
    ``dtz.make_token()`` makes a bearer token; the log and the commands are those of `dastra`.
    What `stand_ins` says about clients made too early holds here.
    """
    return stand_ins.dtz
