"""requests-toolbelt: sessions, bodies, a thread pool and a dump for requests."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests_toolbelt import MultipartEncoder, StreamingIterator
from requests_toolbelt.adapters.source import SourceAddressAdapter

from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials, MemoryTokenStore
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.requests_addons.use_requests_toolbelt import dumped_call, statuses

pytestmark = pytest.mark.tool(
    "requests-toolbelt",
    package="requests-toolbelt",
    how="`session.auth = auth`",
    mind="`dump_all` shows the credential. A `MultipartEncoder` or `StreamingIterator` cannot be "
    "sent again after a 401: the 401 is yours, and the next call has a new token. Pass "
    "`encoder.to_string()`, or send a small call first.",
)

ECHO_URL = "https://api.dastra.eu/v1/echo"


def test_the_threads_of_a_pool_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    urls = [f"https://api.dastra.eu/v1/workspaces?page={page}" for page in range(20)]
    assert statuses(urls) == [200] * 20
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_dump_can_be_shown_with_the_credential_cut_out(dtz: DtzStandIn) -> None:
    text = dumped_call()
    assert [call.header("X-API-KEY") for call in dtz.calls] == [dtz.api_key]
    assert "https://api.dtz.rocks/v1/me HTTP/1.1" in text
    assert "X-API-KEY: ***" in text
    assert dtz.api_key not in text


@pytest.fixture
def with_a_dead_token(dastra: DastraStandIn) -> DastraClientCredentials:
    """Give an auth object whose token the service takes no longer."""
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)
    assert requests.get(ECHO_URL, auth=auth).status_code == 200
    clock.advance(10)
    dastra.expire_tokens()
    dastra.clear_log()
    return auth


def multipart() -> MultipartEncoder:
    return MultipartEncoder({"file": ("a.txt", b"text", "text/plain")}, boundary="-")


def streamed() -> StreamingIterator:
    return StreamingIterator(4, iter([b"te", b"xt"]))


@pytest.mark.parametrize(
    ("make", "content"), [(multipart, multipart().to_string()), (streamed, b"text")]
)
def test_a_body_that_is_gone_is_not_sent_empty(
    make: Callable[[], Any],
    content: bytes,
    with_a_dead_token: DastraClientCredentials,
    dastra: DastraStandIn,
) -> None:
    with requests.Session() as session:
        session.auth = with_a_dead_token
        answers = [session.post(ECHO_URL, data=make(), timeout=5) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert [call.body for call in dastra.calls] == [content, content]


def test_a_multipart_body_of_bytes_is_sent_again(
    with_a_dead_token: DastraClientCredentials, dastra: DastraStandIn
) -> None:
    content = multipart().to_string()
    with requests.Session() as session:
        session.mount("https://", SourceAddressAdapter("127.0.0.1"))
        session.auth = with_a_dead_token
        assert session.post(ECHO_URL, data=content).status_code == 200
    assert [call.body for call in dastra.calls] == [content, content]
