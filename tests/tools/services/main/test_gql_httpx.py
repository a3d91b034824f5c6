"""gql over httpx."""

import asyncio
from collections.abc import Callable

import pytest
from gql.transport.exceptions import TransportConnectionFailed

from dtz_dastra_auth import TokenError
from dtz_dastra_auth.testing import DastraStandIn
from tools.services.main.graphql_service import (
    LABELS,
    answer_schema,
    answer_workspaces,
    is_graphql,
)
from tools.services.main.use_gql_httpx import workspaces, workspaces_async

pytestmark = pytest.mark.tool(
    "gql's transports over httpx",
    package="gql",
    how="`HTTPXTransport(url, auth=auth)`, `HTTPXAsyncTransport(url, auth=auth)`",
    mind="Both make their client with httpx2 where it is installed, else with httpx; the "
    "object fits either. Each `with Client(…)` makes a new one; the token outlives it. A "
    "`TokenError` is the `__cause__` of `TransportConnectionFailed`.",
)

WAYS = pytest.mark.parametrize(
    "run",
    [workspaces, lambda: asyncio.run(workspaces_async())],
    ids=["HTTPXTransport", "HTTPXAsyncTransport"],
)


@WAYS
def test_the_call_for_the_schema_and_the_query_share_one_token(
    run: Callable[[], list[str]], dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_schema(dastra)
    answer_workspaces(dastra)
    assert run() == LABELS
    assert [call.method for call in dastra.calls] == ["POST", "POST"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


@WAYS
def test_the_clients_of_several_sessions_share_one_token(
    run: Callable[[], list[str]], dastra: DastraStandIn
) -> None:
    for _ in range(3):
        answer_schema(dastra)
        answer_workspaces(dastra)
        assert run() == LABELS
    assert len(dastra.calls) == 6
    assert len(dastra.token_requests) == 1


@WAYS
def test_a_query_that_meets_a_401_is_sent_again_whole(
    run: Callable[[], list[str]], dastra: DastraStandIn
) -> None:
    answer_schema(dastra)
    dastra.fail(401, on=is_graphql)
    answer_workspaces(dastra)
    assert run() == LABELS
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    _, refused, repeated = dastra.calls
    assert b"workspaces" in refused.body
    assert repeated.body == refused.body


@WAYS
def test_the_error_says_why_no_token_was_had(
    run: Callable[[], list[str]], dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with pytest.raises(TransportConnectionFailed, match="invalid_client") as raised:
        run()
    assert isinstance(raised.value.__cause__, TokenError)
    assert dastra.calls == []
