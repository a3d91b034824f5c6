"""httpx-retries: a transport that sends requests again."""

import os
import socket
from collections.abc import Callable

import anyio
import httpx
import pytest
from httpx_retries import Retry, RetryTransport

from clock import FakeClock
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    MemoryTokenStore,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn
from tools.httpx_addons.main.use_httpx_retries import workspaces

pytestmark = pytest.mark.tool(
    "httpx-retries",
    package="httpx-retries",
    how="`httpx.Client(transport=RetryTransport(), auth=auth)`; not for httpx2",
    mind="A transport of your own ignores the environment's proxy: pass it on as "
    "`RetryTransport(httpx.HTTPTransport(proxy=…))`, in tests with the stand-ins too. Leave "
    "POST out of `allowed_methods`, as it is by default. With it the transport sends token "
    "requests again as well, which ends in a `TokenError`: their body goes out once.",
)


def test_each_try_has_the_token(dastra: DastraStandIn, bears_token: Callable[[], bool]) -> None:
    dastra.fail(503, times=2)
    assert workspaces() == 200
    assert [call.status for call in dastra.calls] == [503, 503, 200]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_transport_of_your_own_ignores_the_proxy_of_the_environment(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        auth = DastraApiKey(dastra.private_key, origins=[dastra.origin])
        with httpx.Client(auth=auth) as client, pytest.raises(httpx.ConnectError):
            client.get(f"{dastra.origin}/v1/workspaces")
        with httpx.Client(auth=auth, transport=RetryTransport()) as client:
            assert client.get(f"{dastra.origin}/v1/workspaces").status_code == 200


def test_a_401_among_the_tries_is_one_renewal(dastra: DastraStandIn) -> None:
    clock = FakeClock()
    store = MemoryTokenStore(clock=clock)
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store)

    async def main() -> list[int]:
        transport = httpx.AsyncHTTPTransport(proxy=os.environ["HTTPS_PROXY"])
        async with httpx.AsyncClient(transport=RetryTransport(transport), auth=auth) as client:
            first = await client.get(DASTRA_URL)
            clock.advance(10)
            dastra.fail(503)
            dastra.fail(401)
            dastra.fail(502)
            return [first.status_code, (await client.get(DASTRA_URL)).status_code]

    assert anyio.run(main) == [200, 200]
    assert [call.status for call in dastra.calls] == [200, 503, 401, 502, 200]
    tokens = [call.header("Authorization") for call in dastra.calls]
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3] == tokens[4]
    assert len(dastra.token_requests) == 2


def test_a_token_request_is_repeated_by_the_package(dastra: DastraStandIn) -> None:
    dastra.fail(503, on="token")
    assert workspaces() == 200
    assert [request.status for request in dastra.requests] == [503, 200, 200]


@pytest.mark.parametrize("fault", ["503", "reset"])
def test_a_transport_that_repeats_posts_does_not_send_the_secret_again(
    dastra: DastraStandIn, fault: str
) -> None:
    if fault == "503":
        dastra.fail(503, on="token")
    else:
        dastra.drop(on="token")
    below = httpx.HTTPTransport(proxy=os.environ["HTTPS_PROXY"])
    transport = RetryTransport(below, retry=Retry(allowed_methods=["GET", "POST"]))
    with (
        httpx.Client(transport=transport, auth=DastraClientCredentials.from_env()) as client,
        pytest.raises(TokenError, match="a transport retries"),
    ):
        client.get(DASTRA_URL)
    assert len(dastra.requests) == 1
