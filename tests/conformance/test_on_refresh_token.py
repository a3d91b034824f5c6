"""Who is told of a new refresh token, when, and what comes of it, in every client."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sniffio

from clients import KINDS, Client
from clock import FakeClock
from conformance.databases import WAYS, Database
from conformance.methods import DASTRA_URL, REDIRECT_URI
from dtz_dastra_auth import (
    ConfigurationError,
    DastraAuthorizationCode,
    DastraRefreshToken,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn

Connect = Callable[..., Client]

BLOCKING_KINDS = [kind for kind in KINDS if "Async" not in kind]


@WAYS
def test_it_is_told_before_the_access_token_is_used(
    connect: Connect, auth: DastraRefreshToken, dastra: DastraStandIn, database: Database
) -> None:
    seen: list[tuple[int, int]] = []
    database.meanwhile = lambda: seen.append((len(dastra.token_requests), len(dastra.calls)))
    assert connect(auth).get(DASTRA_URL).status_code == 200
    assert seen == [(1, 0)]
    assert len(dastra.calls) == 1


@WAYS
def test_what_the_function_raises_reaches_the_caller_and_the_next_call_tells_again(
    connect: Connect, auth: DastraRefreshToken, dastra: DastraStandIn, database: Database
) -> None:
    client = connect(auth)
    database.failures = [LookupError("the database is closed"), LookupError("still")]
    for words in ("the database is closed", "still"):
        with pytest.raises(LookupError, match=words):
            client.get(DASTRA_URL)
    assert dastra.calls == []
    assert client.get(DASTRA_URL).status_code == 200
    # Three times the same one, of a single token request.
    assert len(dastra.token_requests) == 1
    assert database.told == [*dastra.refresh_tokens_in_force] * 3
    client.get(DASTRA_URL)
    assert len(database.told) == 3


def test_an_early_renewal_tells_before_its_own_call(
    connect: Connect,
    auth: DastraRefreshToken,
    dastra: DastraStandIn,
    clock: FakeClock,
    database: Database,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(dastra.lifetime - 1)
    database.failures = [LookupError("the database is closed")]
    with pytest.raises(LookupError):
        client.get(DASTRA_URL)
    assert client.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 2
    assert len(set(database.told)) == 2


def test_a_replay_tells_before_the_request_goes_out_again(
    connect: Connect,
    auth: DastraRefreshToken,
    dastra: DastraStandIn,
    clock: FakeClock,
    database: Database,
) -> None:
    client = connect(auth)
    client.get(DASTRA_URL)
    clock.advance(10)
    dastra.expire_tokens()
    dastra.clear_log()
    seen: list[list[int | None]] = []
    database.meanwhile = lambda: seen.append([call.status for call in dastra.requests])
    assert client.get(DASTRA_URL).status_code == 200
    assert seen == [[401, 200]]
    assert [call.status for call in dastra.calls] == [401, 200]


def test_a_blocking_function_does_not_run_on_the_event_loop(
    connect: Connect, auth: DastraRefreshToken, database: Database
) -> None:
    seen: list[str] = []

    def look() -> None:
        try:
            seen.append(sniffio.current_async_library())
        except sniffio.AsyncLibraryNotFoundError:
            seen.append("no loop")

    database.meanwhile = look
    assert connect(auth).get(DASTRA_URL).status_code == 200
    assert seen == ["no loop"]


class Callee:
    """An object that is called, whose call is a coroutine function."""

    async def __call__(self, new: str) -> None:
        """Do nothing."""


async def save_async(new: str) -> None:
    """Do nothing."""


@pytest.mark.parametrize("kind", BLOCKING_KINDS)
@pytest.mark.parametrize(
    "function", [save_async, partial(save_async), Callee()], ids=["function", "partial", "object"]
)
def test_a_coroutine_function_in_a_blocking_client_is_an_error_before_anything_is_sent(
    function: Any, connect: Connect, make: Callable[..., Any], dastra: DastraStandIn
) -> None:
    with pytest.raises(ConfigurationError, match=r"^on_refresh_token: .*async client"):
        connect(make(on_refresh_token=function)).get(DASTRA_URL)
    assert dastra.requests == []


@pytest.mark.parametrize("given", [Database, str, "a name", 7, ["list"]])
def test_what_cannot_be_called_with_a_refresh_token_is_an_error_at_once(
    given: Any, make: Callable[..., Any], dastra: DastraStandIn
) -> None:
    match = "^on_refresh_token: "
    with pytest.raises(ConfigurationError, match=match):
        make(on_refresh_token=given)
    with pytest.raises(ConfigurationError, match=match):
        DastraAuthorizationCode("code", REDIRECT_URI, "public", "private", on_refresh_token=given)


def test_the_function_may_make_a_call_with_the_same_object(
    connect: Connect,
    make: Callable[..., Any],
    dastra: DastraStandIn,
    database: Database,
    kind: str,
) -> None:
    made: list[Any] = []

    async def save_and_call(new: str) -> None:
        database.save(new)
        made.append(await client.native.get(DASTRA_URL))

    def call_and_save(new: str) -> None:
        database.save(new)
        made.append(client.get(DASTRA_URL))

    function = save_and_call if "Async" in kind else call_and_save
    client = connect(make(on_refresh_token=function))
    assert client.get(DASTRA_URL).status_code == 200
    assert [response.status_code for response in made] == [200]
    assert len(database.told) == len(dastra.token_requests) == 1


def test_of_50_callers_one_tells_and_none_goes_on_before_that(
    connect: Connect, auth: DastraRefreshToken, dastra: DastraStandIn, database: Database
) -> None:
    client = connect(auth, timeout=30.0)
    seen: list[int] = []

    def look() -> None:
        # Whoever does not wait would arrive within a moment.
        threading.Event().wait(0.3)
        seen.append(len(dastra.calls))

    database.meanwhile = look
    responses = client.together(50, DASTRA_URL)
    assert [getattr(each, "status_code", each) for each in responses] == [200] * 50
    assert seen == [0]
    assert (len(database.told), len(dastra.token_requests)) == (1, 1)


def test_of_50_callers_all_learn_that_telling_failed_and_one_of_the_next_tells_again(
    connect: Connect, auth: DastraRefreshToken, dastra: DastraStandIn, database: Database
) -> None:
    client = connect(auth, timeout=30.0)
    together = threading.Event()
    database.meanwhile = lambda: together.wait(0.3)
    database.failures = [LookupError("the database is closed")]
    outcomes = client.together(50, DASTRA_URL)
    assert [type(each) for each in outcomes].count(LookupError) == 1
    # Whoever came later than the failure has told it again, and got an answer.
    others = [each for each in outcomes if isinstance(each, TokenError)]
    assert all("on_refresh_token" in str(each) and "LookupError" in str(each) for each in others)
    assert all("database" not in str(each) for each in others)
    assert client.get(DASTRA_URL).status_code == 200
    assert len(dastra.token_requests) == 1
    assert len(database.told) == 2
