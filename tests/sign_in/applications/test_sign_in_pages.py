"""examples/sign_in_flask.py and sign_in_fastapi.py: what each page does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from dtz_dastra_auth.testing import DastraStandIn
from sign_in.applications.apps import LABEL, Application, Visitor, is_signed_in

#: Seconds.
PATIENCE, LOOK = 30.0, 0.2


def test_who_comes_back_with_a_code_sees_their_workspaces(
    visitor: Visitor, dastra: DastraStandIn
) -> None:
    assert not is_signed_in(visitor)
    answer = visitor.sign_in(dastra)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_signed_in(visitor)
    assert len(dastra.token_requests) == 1


def test_the_authorization_url_has_pkce_and_asks_for_a_refresh_token(
    visitor: Visitor, application: Application
) -> None:
    asked = visitor.asked_for()
    assert asked["redirect_uri"] == application.redirect_uri
    assert asked["code_challenge_method"] == "S256"
    assert "offline_access" in asked["scope"].split()


@pytest.mark.parametrize("state", ["wrongState1", "", None])
def test_an_answer_to_another_sign_in_is_a_400_and_no_token_request(
    state: str | None, visitor: Visitor, dastra: DastraStandIn
) -> None:
    asked = visitor.asked_for()
    code = dastra.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
    query = {"code": code} if state is None else {"code": code, "state": state}
    assert visitor.get("/callback", **query).status_code == 400
    assert dastra.token_requests == []
    assert not is_signed_in(visitor)


def test_an_answer_to_somebody_elses_sign_in_is_a_400_and_no_token_request(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    asked = visitor.asked_for()
    code = dastra.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
    without_session = application.visitor()
    answer = without_session.get("/callback", code=code, state=asked["state"])
    assert answer.status_code == 400
    assert dastra.token_requests == []
    assert not is_signed_in(without_session)


def test_a_callback_that_is_loaded_again_is_a_400_and_no_second_token_request(
    visitor: Visitor, dastra: DastraStandIn
) -> None:
    asked = visitor.asked_for()
    code = dastra.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
    answers = [visitor.get("/callback", code=code, state=asked["state"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 400]
    assert len(dastra.token_requests) == 1
    assert is_signed_in(visitor)


def test_who_declines_reads_why_and_nothing_of_it_is_markup(
    visitor: Visitor, dastra: DastraStandIn
) -> None:
    state = visitor.asked_for()["state"]
    said = "<b>You</b> did not agree."
    answer = visitor.get("/callback", state=state, error="access_denied", error_description=said)
    assert answer.status_code == 400
    assert "access_denied" in answer.text
    assert "did not agree." in answer.text
    assert "<b>" not in answer.text
    assert dastra.token_requests == []


def test_a_code_that_is_refused_is_a_400_and_leads_nowhere_by_itself(
    visitor: Visitor, dastra: DastraStandIn
) -> None:
    state = visitor.asked_for()["state"]
    answer = visitor.get("/callback", code="wrongCode1", state=state)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert len(dastra.token_requests) == 1
    assert not is_signed_in(visitor)


def test_no_page_is_kept_by_a_browser_or_proxy(visitor: Visitor, dastra: DastraStandIn) -> None:
    answers = [visitor.get("/"), visitor.get("/callback")]
    visitor.sign_in(dastra)
    answers.append(visitor.get("/"))
    assert [each.headers.get("Cache-Control") for each in answers] == ["no-store"] * 3


def test_cookies_of_one_persons_calls_do_not_come_with_another_ones(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    for each in (visitor, application.visitor()):
        each.sign_in(dastra)
        assert is_signed_in(each)
    sent_back = [call.status for call in dastra.calls]
    assert sent_back == [200] * 4
    assert [call.header("Cookie") for call in dastra.calls] == [None] * 4
    bearers = [call.header("Authorization") for call in dastra.calls]
    assert bearers[:2] == [bearers[0]] * 2
    assert bearers[2:] == [bearers[2]] * 2
    assert bearers[0] != bearers[2]


@pytest.mark.parametrize("on", ["token", "api"])
def test_while_the_service_fails_there_is_a_502_and_afterwards_the_person_is_still_signed_in(
    on: Any, visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    visitor.sign_in(dastra)
    application.remember(dastra.make_refresh_token())
    # What passes is tried twice before it is given up.
    dastra.fail(503, on=on, times=2)
    assert visitor.get("/").status_code == 502
    end = time.monotonic() + PATIENCE
    while (answer := visitor.get("/")).status_code == 502 and time.monotonic() < end:
        time.sleep(LOOK)
    assert LABEL in answer.text


def test_no_link_signs_anybody_out(visitor: Visitor, dastra: DastraStandIn) -> None:
    visitor.sign_in(dastra)
    assert visitor.get("/sign-out").status_code == 405
    assert is_signed_in(visitor)
