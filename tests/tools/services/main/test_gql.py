"""gql over requests."""

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
from tools.services.main.use_gql import workspaces

pytestmark = pytest.mark.tool(
    "gql",
    package="gql",
    how="`RequestsHTTPTransport(url, auth=auth)`",
    mind="With `fetch_schema_from_transport=True` the schema is called for before your query; both "
    "share one token. gql wraps what fails below it: a `TokenError` is the `__cause__` of its "
    "`TransportConnectionFailed`.",
)


def test_the_call_for_the_schema_and_the_query_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_schema(dastra)
    answer_workspaces(dastra)
    assert workspaces() == LABELS
    assert [call.method for call in dastra.calls] == ["POST", "POST"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_a_query_that_meets_a_401_is_sent_again_whole(dastra: DastraStandIn) -> None:
    answer_schema(dastra)
    dastra.fail(401, on=is_graphql)
    answer_workspaces(dastra)
    assert workspaces() == LABELS
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    _, refused, repeated = dastra.calls
    assert b"workspaces" in refused.body
    assert repeated.body == refused.body


def test_the_error_says_why_no_token_was_had(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with pytest.raises(TransportConnectionFailed, match="invalid_client") as raised:
        workspaces()
    assert isinstance(raised.value.__cause__, TokenError)
    assert "mistyped" not in str(raised.value)
    assert dastra.calls == []
