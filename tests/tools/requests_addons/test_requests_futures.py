"""requests-futures: the calls of one session, in the threads of a pool."""

import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import requests
from requests_futures.sessions import FuturesSession

from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn
from tools.requests_addons.use_requests_futures import workspaces

pytestmark = pytest.mark.tool(
    "requests-futures",
    package="requests-futures",
    how="`session.auth = auth`",
    mind="The object is called in the pool's threads, all at once; they share one token request. "
    "It goes to the processes of a `ProcessPoolExecutor` by pickle, keys included, and each of "
    "them asks for a token of its own.",
)


def test_calls_at_once_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    assert workspaces(20) == [200] * 20
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_the_calls_of_another_process_share_one_token_there(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    given = requests.Session()
    given.auth = DastraClientCredentials.from_env()
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        FuturesSession(executor=pool, session=given) as session,
    ):
        answers = [session.request("GET", DASTRA_URL).result() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert bears_token()
    assert len(dastra.token_requests) == 1
    assert dastra.private_key.encode() not in pickle.dumps(answers)
