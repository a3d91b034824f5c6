"""What a caller gets when there is no token to be had."""

import traceback
from collections.abc import Callable
from typing import Any, Literal

import pytest
import sniffio

from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL
from dtz_dastra_auth import (
    AuthError,
    ConfigurationError,
    DastraClientCredentials,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn

Connect = Callable[..., Client]


def refused(client: Client, url: str) -> TokenError:
    """Make a call that fails, and give the error as the library's own handlers catch it."""
    with pytest.raises(client.errors) as caught:
        client.get(url)
    assert isinstance(caught.value, TokenError)
    return caught.value


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_key_pair_is_a_token_error_that_every_library_catches(
    status: Literal[400, 401], connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.error_status = status
    client = connect(DastraClientCredentials(dastra.public_key, "wrong-private-key"))
    error = refused(client, DASTRA_URL)
    assert isinstance(error, AuthError)
    assert (error.error, error.status_code) == ("invalid_client", status)
    assert error.retry_after is None
    assert "invalid_client" in str(error)
    assert "wrong-private-key" not in "".join(traceback.format_exception(error))
    assert dastra.calls == []


def test_the_servers_description_is_told(connect: Connect, dastra: DastraStandIn) -> None:
    said = {"error": "invalid_scope", "error_description": "no such scope"}
    dastra.answer(said, status=400, on="token")
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    error = refused(connect(auth), DASTRA_URL)
    assert (error.error, error.description) == ("invalid_scope", "no such scope")


@pytest.mark.parametrize("shape", ["msg", "status", "text"])
def test_all_shapes_of_dtz_errors_are_read(shape: Any, connect: Connect, dtz: DtzStandIn) -> None:
    dtz.error_shape = shape
    error = refused(connect(DtzBearer(DtzLogin(dtz.username, "wrong"))), DTZ_URL)
    assert error.status_code == 401
    assert error.description
    assert dtz.calls == []


def test_retry_after_is_told(connect: Connect, dastra: DastraStandIn) -> None:
    dastra.fail(429, headers={"Retry-After": "7"}, on="token")
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    error = refused(connect(auth), DASTRA_URL)
    assert (error.status_code, error.retry_after) == (429, 7.0)


def test_a_call_right_after_a_failure_gets_the_same_error_without_a_request(
    connect: Connect, dastra: DastraStandIn
) -> None:
    client = connect(DastraClientCredentials(dastra.public_key, "wrong"))
    first, second = refused(client, DASTRA_URL), refused(client, DASTRA_URL)
    assert first is not second
    assert (str(first), first.error) == (str(second), second.error)
    assert len(dastra.token_requests) == 1


def test_a_network_error_of_the_token_request_is_the_librarys_own(
    connect: Connect, dastra: DastraStandIn
) -> None:
    # Nobody listens on the discard port of the loopback interface.
    auth = DastraClientCredentials(
        "public", "private", token_url="http://127.0.0.1:9/token", store=MemoryTokenStore()
    )
    client = connect(auth)
    with pytest.raises(client.errors) as caught:
        client.get(DASTRA_URL)
    assert not isinstance(caught.value, AuthError)
    # Whoever comes next is told what happened, without a try of its own.
    assert "Connect" in str(refused(client, DASTRA_URL))


def test_no_token_means_no_call(connect: Connect, dastra: DastraStandIn) -> None:
    dastra.fail(400, on="token")
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key)
    refused(connect(auth), DASTRA_URL)
    assert dastra.calls == []


@pytest.mark.parametrize("given", [None, 7, "", "two words", "line\nfeed"])
def test_a_callable_that_gives_no_token_is_a_configuration_error(
    given: Any, connect: Connect, dtz: DtzStandIn
) -> None:
    with pytest.raises(ConfigurationError, match=r"^token\(\): "):
        connect(DtzBearer(lambda: given)).get(DTZ_URL)
    assert dtz.calls == []


def test_an_async_callable_works_in_async_clients_alone(
    connect: Connect, kind: str, dtz: DtzStandIn
) -> None:
    token = dtz.make_token()

    async def give() -> str:
        return token

    client = connect(DtzBearer(give))
    if "Async" in kind:
        assert client.get(DTZ_URL).status_code == 200
    else:
        with pytest.raises(ConfigurationError, match="async client"):
            client.get(DTZ_URL)


def test_a_blocking_callable_does_not_run_on_the_event_loop(
    connect: Connect, kind: str, dtz: DtzStandIn
) -> None:
    seen: list[str | None] = []
    token = dtz.make_token()

    def give() -> str:
        try:
            seen.append(sniffio.current_async_library())
        except sniffio.AsyncLibraryNotFoundError:
            seen.append(None)
        return token

    assert connect(DtzBearer(give)).get(DTZ_URL).status_code == 200
    assert seen == [None]


def test_an_error_of_a_callable_reaches_the_caller_as_it_is(connect: Connect) -> None:
    def give() -> str:
        raise LookupError("the vault is closed")

    with pytest.raises(LookupError, match="the vault is closed"):
        connect(DtzBearer(give)).get(DTZ_URL)
