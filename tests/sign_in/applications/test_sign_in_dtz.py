"""examples/sign_in_dtz.py: people sign in to DTZ with a browser, and no page shows a secret."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page

from canary.search import decodings
from dtz_dastra_auth.testing import DtzStandIn, StandIns
from sign_in.applications.apps import OFFER, Application, Visitor, prepared
from sign_in.browser import LOGIN, PASSWORD

ROLES = "<li>"
#: Seconds.
PATIENCE, LOOK = 30.0, 0.2


@pytest.fixture(scope="module")
def application(
    _dtz_dastra_auth_running: StandIns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """Run the application; its identity service is where Chromium finds it, too."""
    services = _dtz_dastra_auth_running
    settings = {
        "DTZ_CONTEXT_ID": services.dtz.context_id,
        "DTZ_IDENTITY_URL": f"{services.dtz.origin}/api/2021-02-21",
    }
    with (
        prepared("sign_in_dtz", tmp_path_factory.mktemp("dtz")) as application,
        application.running(services.environment, **settings),
    ):
        yield application


@pytest.fixture
def visitor(application: Application, dtz: DtzStandIn) -> Visitor:
    """Send somebody who has not been there yet."""
    return application.visitor()


def test_a_person_signs_in_sees_their_roles_and_signs_out(
    application: Application, dtz: DtzStandIn, page: Page
) -> None:
    page.goto(application.origin)
    page.get_by_role("link", name="Sign in").click()
    page.locator(LOGIN).fill(dtz.username)
    page.locator(PASSWORD).fill(dtz.password)
    page.locator(PASSWORD).press("Enter")
    page.wait_for_url(f"{application.origin}/")
    assert page.get_by_role("listitem").count() >= 1
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").is_visible()


def test_one_sign_in_is_one_token_request(visitor: Visitor, dtz: DtzStandIn) -> None:
    assert visitor.sign_in(dtz).status_code == 302
    assert [ROLES in visitor.get("/").text for _ in range(3)] == [True] * 3
    assert len(dtz.token_requests) == 1


def test_people_have_tokens_of_their_own(
    visitor: Visitor, application: Application, dtz: DtzStandIn
) -> None:
    for each in (visitor, application.visitor()):
        each.sign_in(dtz)
        assert ROLES in each.get("/").text
    assert len({call.header("Authorization") for call in dtz.calls}) == 2


def test_whose_token_has_ended_is_led_to_sign_in_again(visitor: Visitor, dtz: DtzStandIn) -> None:
    visitor.sign_in(dtz)
    dtz.expire_tokens()
    # One that is refused in its first second is no sign that it has ended.
    end = time.monotonic() + PATIENCE
    while (answer := visitor.get("/")).status_code == 502 and time.monotonic() < end:
        time.sleep(LOOK)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert OFFER in visitor.get("/").text


@pytest.mark.parametrize("query", [{"state": "wrongState1"}, {}])
def test_an_answer_to_another_sign_in_is_a_400_and_no_token_request(
    query: dict[str, str], visitor: Visitor, dtz: DtzStandIn
) -> None:
    asked = visitor.asked_for()
    code = dtz.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
    assert visitor.get("/callback", code=code, **query).status_code == 400
    assert dtz.token_requests == []
    assert OFFER in visitor.get("/").text


def test_a_code_that_is_refused_is_a_400_and_leads_nowhere_by_itself(
    visitor: Visitor, dtz: DtzStandIn
) -> None:
    state = visitor.asked_for()["state"]
    answer = visitor.get("/callback", code="wrongCode1", state=state)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert len(dtz.token_requests) == 1


def test_who_has_signed_out_cannot_come_back_with_an_old_cookie(
    visitor: Visitor, dtz: DtzStandIn
) -> None:
    visitor.sign_in(dtz)
    cookie = visitor.cookie
    assert cookie is not None
    visitor.post("/sign-out")
    visitor.keep_cookie(cookie)
    assert OFFER in visitor.get("/").text


def test_no_secret_is_in_a_page_a_header_a_cookie_or_the_log(
    visitor: Visitor, application: Application, dtz: DtzStandIn
) -> None:
    visitor.sign_in(dtz)
    assert ROLES in visitor.get("/").text
    (exchange,) = dtz.token_requests
    secrets = {*parse_qs(exchange.body.decode())["code_verifier"], *dtz.tokens_in_force}
    assert len(secrets) == 2
    texts = [*visitor.seen, application.log]
    shown = [decoded for text in texts for _, decoded in decodings(text)]
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []
