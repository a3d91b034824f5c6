"""What a type checker must accept and refuse in tests that use a mocking library.

Never run: checked with ``mypy --strict`` and with pyright. None of these libraries takes an auth
object itself: they mock the clients of requests and httpx, which do.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Callable
from typing import Any, assert_type

import httpx
import requests
import requests_mock
import respx

from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    MemoryTokenStore,
)
from dtz_dastra_auth.testing import cassette_filter

URL = "https://api.dtz.rocks/v1/me"


def the_session_that_is_mocked_is_taken(session: requests.Session) -> None:
    requests_mock.Mocker(session=session)
    DastraClientCredentials("public", "private", session=session, store=MemoryTokenStore())
    DastraClientCredentials.from_env(session=session, store=MemoryTokenStore())
    DtzLogin("user", "password", session=session, store=MemoryTokenStore())
    DtzLogin.from_env(session=session, store=MemoryTokenStore())


def every_class_is_taken_by_a_client_with_a_mocked_transport(router: respx.Router) -> None:
    transport = httpx.MockTransport(router.handler)
    httpx.Client(transport=transport, auth=DastraClientCredentials("public", "private"))
    httpx.Client(transport=transport, auth=DastraApiKey("private"))
    httpx.Client(transport=transport, auth=DtzApiKey("apikey-1"))
    httpx.Client(transport=transport, auth=DtzBearer("token"))
    httpx.Client(transport=transport, auth=DtzBasic("apikey", "apikey-1"))
    httpx.Client(transport=transport, auth=DtzCookie("token"))
    httpx.Client(transport=transport, auth=DtzQueryKey("apikey-1"))
    httpx.Client(transport=transport, auth=DtzLogin("a", "b"))  # type: ignore[arg-type]


def what_a_recorder_is_made_with_has_a_type() -> None:
    assert_type(cassette_filter(), dict[str, Callable[[Any], Any]])


def the_filter_takes_no_arguments() -> None:
    cassette_filter("secret")  # type: ignore[call-arg]
