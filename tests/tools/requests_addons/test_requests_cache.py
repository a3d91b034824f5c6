"""requests-cache: a session that keeps answers, and the requests that they answer, in a file."""

from pathlib import Path

import pytest

from clock import FakeClock
from conformance.methods import DASTRA_URL, Method
from dtz_dastra_auth import DastraApiKey, DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from tools.requests_addons.secrets_sent import EVERY_METHOD, files_below, secrets_sent
from tools.requests_addons.use_requests_cache import cached, me

pytestmark = pytest.mark.tool(
    "requests-cache",
    package="requests-cache",
    how="`session.auth = auth`",
    mind="By itself it writes `X-API-KEY`, the cookie and `apiKey` into its file: name them in "
    "`ignored_parameters`. Its cache key leaves credentials out: give each one a cache of its own. "
    "As `session=` it must not keep the answers to POST, which are tokens.",
)


def test_the_second_answer_comes_out_of_the_cache(dtz: DtzStandIn, tmp_path: Path) -> None:
    assert me(tmp_path) == [False, True]
    assert [call.header("X-API-KEY") for call in dtz.calls] == [dtz.api_key]


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_no_credential_is_in_the_file(method: Method, stand_ins: StandIns, tmp_path: Path) -> None:
    with cached(tmp_path, method.make(stand_ins).auth) as session:
        answers = [session.get(method.url) for _ in range(2)]
    assert [answer.from_cache for answer in answers] == [False, True]
    kept = files_below(tmp_path)
    assert method.url.encode() in kept
    assert [secret for secret in secrets_sent(stand_ins) if secret in kept] == []


def test_caches_of_their_own_keep_the_answers_to_two_credentials_apart(
    dastra: DastraStandIn, tmp_path: Path
) -> None:
    dastra.add_key_pair("another", "another-key")
    answers = []
    for name, key in (("one", dastra.private_key), ("another", "another-key")):
        dastra.answer({"for": name})
        (tmp_path / name).mkdir()
        with cached(tmp_path / name, DastraApiKey(key)) as session:
            answers.append(session.get(DASTRA_URL).json())
    assert answers == [{"for": "one"}, {"for": "another"}]


def test_it_is_the_answer_to_the_renewed_token_that_is_kept(
    dastra: DastraStandIn, tmp_path: Path
) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    with cached(tmp_path, auth) as session:
        session.get("https://api.dastra.eu/me")
        clock.advance(10)
        dastra.expire_tokens()
        answers = [session.get(DASTRA_URL) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.from_cache for answer in answers] == [False, True]
    assert [call.status for call in dastra.calls] == [200, 401, 200]


def test_a_401_that_stays_is_handed_over_after_one_replay(
    dastra: DastraStandIn, tmp_path: Path
) -> None:
    # requests-cache runs the response hooks once more than requests does.
    dastra.fail(401, times=None)
    with cached(tmp_path, DastraClientCredentials.from_env()) as session:
        assert session.get(DASTRA_URL).status_code == 401
    assert [call.status for call in dastra.calls] == [401, 401]
