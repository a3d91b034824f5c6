"""How often a token request that failed is tried, and who is told what."""

from collections.abc import Callable
from typing import Any

import pytest

from clients import Client
from clock import FakeClock
from dtz_dastra_auth import (
    AuthError,
    DastraClientCredentials,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from faults.scene import URL, PassingClock, bounded
from faults.secrets_of import texts_of

Connect = Callable[..., Client]
PASSING = (500, 502, 503, 504)


def met_by(client: Client, url: str = URL) -> Any:
    """Make a call, and give its response or its error."""
    try:
        return bounded(lambda: client.get(url))
    except client.errors as error:
        return error


def test_a_call_that_waits_has_its_token_from_a_second_try_a_second_later(
    auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.fail(503, on="token")
    assert met_by(connect(auth)).status_code == 200
    first, second = dastra.token_requests
    # Not before: how much later is the machine's affair.
    assert second.time - first.time >= 1.0
    assert (first.status, second.status) == (503, 200)


@pytest.mark.parametrize("kind", ["httpx2.Client"])
@pytest.mark.parametrize("status", PASSING)
@pytest.mark.usefixtures("at_once")
def test_every_passing_status_is_tried_once_more_and_no_oftener(
    status: int, auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.fail(status, times=None, on="token")
    assert met_by(connect(auth)).__class__ is TokenError
    assert [asked.status for asked in dastra.token_requests] == [status] * 2


@pytest.mark.parametrize("kind", ["requests.Session", "requests.get"])
@pytest.mark.parametrize("where", ["before the answer", "in the middle of the answer"])
@pytest.mark.usefixtures("at_once")
def test_in_requests_a_reset_connection_is_tried_once_more(
    where: str, auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn
) -> None:
    if where == "before the answer":
        dastra.drop(on="token")
    else:
        half = b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"access_token": "'
        dastra.raw([half], end="reset", on="token")
    assert met_by(connect(auth)).status_code == 200
    assert len(dastra.token_requests) == 2


@pytest.mark.parametrize("kind", ["requests.Session", "httpx.Client", "httpx2.AsyncClient-trio"])
def test_there_is_no_second_try_that_would_come_after_the_deadline(
    connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.fail(503, times=None, on="token")
    store = MemoryTokenStore(clock=PassingClock())
    auth = DastraClientCredentials(dastra.public_key, dastra.private_key, store=store, timeout=0.9)
    error = met_by(connect(auth))
    assert (type(error), error.status_code) == (TokenError, 503)
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("kind", ["httpx2.AsyncClient-trio"])
def test_a_second_try_waits_as_long_as_the_server_has_asked(
    auth: DastraClientCredentials, connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.fail(503, headers={"Retry-After": "2"}, on="token")
    assert met_by(connect(auth)).status_code == 200
    first, second = dastra.token_requests
    assert second.time - first.time >= 2.0


@pytest.mark.parametrize("later", [0.0, 6.9])
def test_after_a_429_nothing_is_tried_before_the_time_it_names(
    later: float,
    auth: DastraClientCredentials,
    connect: Connect,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth)
    dastra.fail(429, headers={"Retry-After": "7"}, on="token")
    assert met_by(client).retry_after == 7.0
    clock.advance(later)
    assert met_by(client).retry_after == 7.0
    assert len(dastra.token_requests) == 1
    clock.advance(7.1 - later)
    assert met_by(client).status_code == 200


@pytest.mark.usefixtures("at_once")
def test_of_many_who_need_a_token_one_has_the_network_error_and_all_others_are_told(
    auth: DastraClientCredentials, connect: Connect, kind: str, dastra: DastraStandIn
) -> None:
    # The clock stands still, so whoever comes late is inside the pause, and told as well.
    client = connect(auth)
    dastra.raw([b"HTTP/1.1 2"], times=None, on="token")
    met = bounded(lambda: client.together(12, URL))
    own = [error for error in met if not isinstance(error, AuthError)]
    told = [error for error in met if isinstance(error, TokenError)]
    assert (len(own), len(told)) == (1, 11)
    assert isinstance(own[0], client.errors)
    assert all(type(own[0]).__qualname__ in str(error) for error in told)
    assert len({id(error) for error in told}) == 11
    assert len(dastra.token_requests) == (2 if kind.startswith("requests") else 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_client_that_follows_redirects_is_told_what_the_token_endpoint_answered(
    status: int,
    auth: DastraClientCredentials,
    connect: Connect,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth, follow_redirects=True)
    dastra.redirect("/elsewhere", status=status, on="token")
    error = met_by(client)
    assert (type(error), "redirects" in str(error)) == (TokenError, True)
    # httpx may fail in the middle of following, where the status is not known; but the status of
    # where it was led is not what the token endpoint has said.
    assert error.status_code in {status, None}
    assert all(stray.body == b"" for stray in dastra.requests[1:])
    clock.advance(120)
    assert met_by(client).status_code == 200


@pytest.mark.parametrize("shape", ["msg", "status", "text"])
def test_a_password_that_dtz_repeats_is_not_shown(
    shape: str, connect: Connect, dtz: DtzStandIn, clock: FakeClock, store: MemoryTokenStore
) -> None:
    login = DtzLogin(dtz.username, "pass word/Ünsafe", store=store)
    said = "no user with pass word/Ünsafe or pass%20word%2F%C3%9Cnsafe"
    if shape == "text":
        dtz.fail(401, body=said.encode(), on="token")
    else:
        dtz.answer({shape: said}, status=401, on="token")
    error = met_by(connect(DtzBearer(login)), "https://api.dtz.rocks/v1/me")
    assert (type(error), error.status_code) == (TokenError, 401)
    assert error.description == "no user with *** or ***"
    for text in texts_of(error):
        assert "nsafe" not in text


def test_texts_of_an_error_are_found_wherever_they_hang() -> None:
    # The check that all of the above rely on.
    try:
        try:
            raise KeyError("in the context")
        except KeyError:
            raise ValueError(OSError("in the arguments")) from LookupError("in the cause")
    except ValueError as error:
        error.extra = "in an attribute"  # type: ignore[attr-defined]  # any error can have more
        found = "".join(texts_of(error))
    assert all(f"in {place}" in found for place in ("the context", "the arguments", "the cause"))
    assert "in an attribute" in found
