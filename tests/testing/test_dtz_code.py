"""Authorization codes at DTZ's token endpoint, over a real socket with TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import httpx
import pytest

from dtz_dastra_auth.testing import DtzStandIn, StandIns
from rfc7636 import CHALLENGE, VERIFIER
from testing.sign_ins import REDIRECT_URI, past_the_proxy

BASE = "https://identity.dtz.rocks/api/2021-02-21"
Ask = Callable[..., httpx.Response]


def form_of(dtz: DtzStandIn, code: str, **changes: str | None) -> dict[str, str]:
    form = {
        "grant_type": "authorization_code",
        "client_id": dtz.context_id,
        "client_secret": dtz.context_id,
        "redirect_uri": REDIRECT_URI,
        "code": code,
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


@pytest.fixture
def exchange(dtz: DtzStandIn, http: httpx.Client) -> Ask:
    """Exchange a code, right in everything that the test does not change."""

    def exchange(code: str, /, **changes: str | None) -> httpx.Response:
        return http.post(f"{BASE}/oauth/token", data=form_of(dtz, code, **changes))

    return exchange


def opens(http: httpx.Client, answer: httpx.Response) -> bool:
    """Say whether DTZ takes the token of an answer."""
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return http.get(f"{BASE}/me", headers=bearer).status_code == 200


def test_a_code_gets_a_token_of_its_context_and_no_refresh_token(
    dtz: DtzStandIn, http: httpx.Client, exchange: Ask
) -> None:
    answer = exchange(dtz.make_code(REDIRECT_URI))
    assert answer.status_code == 200
    assert opens(http, answer)
    granted: dict[str, Any] = answer.json()
    assert granted.pop("access_token") in dtz.tokens_in_force
    assert granted == {"scope": dtz.context_id, "token_type": "Bearer", "expires_in": 86400.0}


def test_a_code_may_be_for_another_context(dtz: DtzStandIn, exchange: Ask) -> None:
    other = dtz.add_context()
    code = dtz.make_code(REDIRECT_URI, context_id=other)
    assert exchange(code).status_code == 400
    assert exchange(code, client_id=other, client_secret=other).json()["scope"] == other


def test_its_token_is_renewed_while_it_lives(
    dtz: DtzStandIn, http: httpx.Client, exchange: Ask
) -> None:
    token = exchange(dtz.make_code(REDIRECT_URI)).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    renewed = http.post(f"{BASE}/token/refresh", json={}, headers=bearer)
    assert opens(http, renewed)
    dtz.expire_tokens()
    assert http.post(f"{BASE}/token/refresh", json={}, headers=bearer).status_code == 401


def test_a_code_with_pkce_takes_its_verifier(dtz: DtzStandIn, exchange: Ask) -> None:
    code = dtz.make_code(REDIRECT_URI, code_challenge=CHALLENGE)
    assert exchange(code).status_code == 400
    assert exchange(code, code_verifier=CHALLENGE).status_code == 400
    assert exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_verifier_without_a_challenge_before_it_is_refused(
    dtz: DtzStandIn, exchange: Ask
) -> None:
    assert exchange(dtz.make_code(REDIRECT_URI), code_verifier=VERIFIER).status_code == 400


def test_a_code_that_comes_again_is_refused_and_its_token_lives_on(
    dtz: DtzStandIn, http: httpx.Client, exchange: Ask
) -> None:
    code = dtz.make_code(REDIRECT_URI)
    first = exchange(code)
    assert exchange(code).status_code == exchange(code).status_code == 400
    assert dtz.reuses == 2
    assert opens(http, first)


def test_a_code_is_refused_once_its_lifetime_is_over(dtz: DtzStandIn, exchange: Ask) -> None:
    assert dtz.code_lifetime == 300
    dtz.code_lifetime = 0
    assert exchange(dtz.make_code(REDIRECT_URI)).status_code == 400
    assert dtz.reuses == 0


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"grant_type": None}, 400, "unsupported grant type"),
        ({"grant_type": "password"}, 400, "unsupported grant type"),
        ({"client_id": None}, 401, "not authorized"),
        ({"client_id": "context-of-nobody"}, 401, "not authorized"),
        ({"client_secret": None}, 401, "not authorized"),
        ({"client_secret": "wrong"}, 401, "not authorized"),
        ({"code": None}, 400, "invalid code"),
        ({"code": "unknown"}, 400, "invalid code"),
        ({"redirect_uri": None}, 400, "invalid code"),
        ({"redirect_uri": REDIRECT_URI + "/"}, 400, "invalid code"),
    ],
)
@pytest.mark.parametrize("shape", ["msg", "status", "text"])
def test_a_mistake_is_told_in_each_shape_an_error_has_and_spends_nothing(
    dtz: DtzStandIn,
    http: httpx.Client,
    change: dict[str, str | None],
    status: int,
    text: str,
    shape: Literal["msg", "status", "text"],
) -> None:
    dtz.error_shape = shape
    form = form_of(dtz, dtz.make_code(REDIRECT_URI))
    sent = {name: value for name, value in (form | change).items() if value is not None}
    answer = http.post(f"{BASE}/oauth/token", data=sent)
    told = answer.text if shape == "text" else answer.json()[shape]
    assert (answer.status_code, told) == (status, text)
    assert http.post(f"{BASE}/oauth/token", data=form).status_code == 200


def test_what_is_no_form_and_what_is_no_post_are_refused(
    dtz: DtzStandIn, http: httpx.Client
) -> None:
    form = form_of(dtz, dtz.make_code(REDIRECT_URI))
    assert http.post(f"{BASE}/oauth/token", json=form).status_code == 400
    assert http.get(f"{BASE}/oauth/token").headers["Allow"] == "POST"


def test_an_exchange_is_a_token_request_past_the_proxy_too(services: StandIns) -> None:
    dtz = services.dtz
    with past_the_proxy(services) as direct:
        form = form_of(dtz, dtz.make_code(REDIRECT_URI))
        direct.post(f"{dtz.origin}/api/2021-02-21/oauth/token", data=form)
    assert [request.status for request in dtz.token_requests] == [200]


def test_a_reset_forgets_codes_and_what_was_counted(dtz: DtzStandIn, exchange: Ask) -> None:
    spent, code = dtz.make_code(REDIRECT_URI), dtz.make_code(REDIRECT_URI)
    exchange(spent)
    exchange(spent)
    dtz.code_lifetime = 1.0
    dtz.reset()
    assert (dtz.reuses, dtz.code_lifetime) == (0, 300.0)
    assert exchange(spent).status_code == exchange(code).status_code == 400
    assert dtz.reuses == 0
