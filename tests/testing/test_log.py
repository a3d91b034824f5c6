"""What the log of a stand-in says, and what a reset does."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns

Get = Callable[..., httpx.Response]


def test_the_log_has_a_request_as_it_was_sent(dastra: DastraStandIn, http: httpx.Client) -> None:
    http.post(
        "https://api.dastra.eu/v1/%7Eecho?b=2&a=%20&a=",
        headers=[("X-One", "1"), ("x-one", "2"), ("X-API-Key", "k")],
        content=b"body",
    )
    (request,) = dastra.requests
    assert (request.method, request.host, request.body) == ("POST", "api.dastra.eu", b"body")
    assert request.target == "/v1/%7Eecho?b=2&a=%20&a="
    assert request.path == "/v1/%7Eecho"
    assert request.query == [("b", "2"), ("a", " "), ("a", "")]
    assert [pair for pair in request.headers if pair[0].lower() == "x-one"] == [
        ("X-One", "1"),
        ("x-one", "2"),
    ]
    assert request.headers_named("X-ONE") == ["1", "2"]
    assert request.header("x-ONE") == "1, 2"
    assert request.header("absent") is None
    assert request.status == 401


def test_the_log_does_not_show_secrets_when_it_is_printed(dastra: DastraStandIn, get: Get) -> None:
    get()
    assert dastra.private_key not in repr(dastra.requests)


def test_the_log_shows_of_a_query_the_names_alone(dtz: DtzStandIn, http: httpx.Client) -> None:
    http.get(f"https://api.dtz.rocks/v1/me?page=2&apiKey={dtz.api_key}")
    [call] = dtz.calls
    assert repr(call) == (
        f"<Recorded {call.number}: GET api.dtz.rocks/v1/me?page=***&apiKey=***, status 200>"
    )


def test_the_log_can_be_cleared_and_nothing_else_with_it(dastra: DastraStandIn, get: Get) -> None:
    token = dastra.make_token()
    get()
    number = dastra.requests[-1].number
    dastra.clear_log()
    assert dastra.requests == []
    assert dastra.tokens_in_force == {token}
    get()
    assert dastra.requests[-1].number == number + 1


def test_a_reset_undoes_everything_but_the_credentials(services: StandIns) -> None:
    dastra, dtz = services.dastra, services.dtz
    before = (dastra.public_key, dastra.private_key, dtz.api_key, dtz.username, dtz.context_id)
    dastra.lifetime, dtz.lifetime = 5, 5
    dastra.error_status, dtz.error_shape, dtz.redirect_unauthenticated = 401, "text", True
    dastra.make_token()
    dtz.make_token(dtz.add_context())
    dtz.add_user("ann", "secret")
    services.reset()
    assert (dastra.lifetime, dtz.lifetime) == (3600, 86400.0)
    assert (dastra.error_status, dtz.error_shape) == (400, "msg")
    assert not dtz.redirect_unauthenticated
    assert dastra.tokens_in_force == dtz.tokens_in_force == set()
    after = (dastra.public_key, dastra.private_key, dtz.api_key, dtz.username, dtz.context_id)
    assert after == before
