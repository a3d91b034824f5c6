"""requests-futures: the calls of one session, in the threads of a pool."""

from collections.abc import Callable

import pytest

from dtz_dastra_auth.testing import DastraStandIn
from tools.requests_addons.use_requests_futures import workspaces

pytestmark = pytest.mark.tool(
    "requests-futures",
    package="requests-futures",
    how="`session.auth = auth`",
    mind="The object is called in the pool's threads, all at once; they share one token request.",
)


def test_calls_at_once_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    assert workspaces(20) == [200] * 20
    assert bears_token()
    assert len(dastra.token_requests) == 1
