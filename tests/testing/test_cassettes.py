"""The cassette filter on a person's sign-in; what vcrpy makes of it is tested beside vcrpy."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from dtz_dastra_auth.testing import DastraStandIn, cassette_filter
from rfc7636 import CHALLENGE, VERIFIER
from testing.sign_ins import PKCE, REDIRECT_URI, with_query

CODE, STATE, TOKEN = "cOde7-5x_Q0Lk2vBn9Zr", "sTate-8Hq3_Wm6Yt1Pd4", "rEfresh2_Kd8-Xp5Vb7Nc"
SECRETS = (CODE, STATE, TOKEN, VERIFIER)
CALLBACK = with_query(REDIRECT_URI, {"code": CODE, "state": STATE})
EXCHANGE = {
    "grant_type": "authorization_code",
    "code": CODE,
    "redirect_uri": REDIRECT_URI,
    "code_verifier": VERIFIER,
}


@dataclass
class Request:
    """A request as vcrpy hands it to hooks."""

    method: str
    uri: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def kept(request: Request, *answers: dict[str, Any]) -> tuple[Request, list[dict[str, Any]]]:
    """Give a request and its answers as a cassette would have them."""
    hooks = cassette_filter()
    requests, kept_answers = [], []
    for answer in answers or (answered(""),):
        requests.append(hooks["before_record_request"](request))
        kept_answers.append(hooks["before_record_response"](answer))
    return requests[0], kept_answers


def answered(body: str, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return {
        "status": {"code": 200, "message": "OK"},
        "headers": sent,
        "body": {"string": body.encode()},
    }


def shows(*things: Any) -> list[str]:
    return [secret for secret in SECRETS if secret in repr(things)]


BODIES = {
    "a form": str(httpx.QueryParams(EXCHANGE)).encode(),
    "a form as an object": dict(EXCHANGE),
    "a form in pairs": list(EXCHANGE.items()),
    "a form in pairs of bytes": [(name, value.encode()) for name, value in EXCHANGE.items()],
    "json": json.dumps(EXCHANGE).encode(),
    "a refresh": f"grant_type=refresh_token&refresh_token={TOKEN}".encode(),
    "a client": f"grant_type=authorization_code&client_secret={TOKEN}&code={CODE}".encode(),
}


@pytest.mark.parametrize("body", BODIES)
def test_the_body_of_a_token_request_is_kept_without_its_secrets(body: str) -> None:
    request = Request("POST", DastraStandIn.token_url, BODIES[body])
    sent, [answer] = kept(request, answered(f"{CODE if CODE in repr(BODIES[body]) else TOKEN}."))
    assert shows(sent, answer) == []
    assert answer["body"]["string"] == b"***."
    assert "grant_type" in repr(sent)


def test_the_refresh_token_of_an_answer_is_masked_and_known_afterwards() -> None:
    granted = json.dumps({"access_token": "x" * 20 + "1", "refresh_token": TOKEN})
    request = Request("POST", DastraStandIn.token_url, b"a=b")
    _, [first, second] = kept(request, answered(granted), answered(f"is {TOKEN}"))
    assert json.loads(first["body"]["string"]) == {"access_token": "***", "refresh_token": "***"}
    assert second["body"]["string"] == b"is ***"


def test_a_callback_is_kept_without_its_code_and_its_state() -> None:
    sent, [answer] = kept(Request("GET", CALLBACK), answered(f"{CODE} {STATE}"))
    assert sent.uri == f"{REDIRECT_URI}?code=***&state=***"
    assert answer["body"]["string"] == b"*** ***"


ASKED = with_query(
    DastraStandIn.authorization_url,
    {"response_type": "code", "client_id": "me", "state": STATE, **PKCE},
)


@pytest.mark.parametrize(
    "location",
    [
        CALLBACK,
        "/callback?" + CALLBACK.partition("?")[2],
        with_query(REDIRECT_URI, {"error": "access_denied", "state": STATE}),
        ASKED,
        f"https://identity.dtz.rocks/login/?rd={quote(ASKED, safe='')}",
        f"/login/?rd={quote(quote(CALLBACK, safe=''), safe='')}",
    ],
)
def test_a_redirect_is_kept_without_its_code_and_its_state(location: str) -> None:
    _, answers = kept(
        Request("POST", DastraStandIn.authorization_url, b"a=b"),
        answered("", Location=location),
        answered(STATE),
    )
    assert shows(answers) == []
    assert answers[1]["body"]["string"] == b"***"
    assert answers[0]["headers"]["Location"][0].partition("?")[0] == location.partition("?")[0]


def test_a_page_with_a_link_back_is_kept_without_what_is_in_it() -> None:
    page = f'<a href="{CALLBACK.replace("&", "&amp;")}">back</a>'
    _, [answer] = kept(Request("GET", REDIRECT_URI), answered(page))
    assert answer["body"]["string"].decode().endswith('***">back</a>')
    assert shows(answer) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"code": "AB-1234-5678", "label": "x"}',
        '{"state": "Active", "id": 12345678}',
        '{"error": "not_found", "code": 404123456}',
        '{"error": "x", "state": "SomethingElse"}',
        "?code=AB-1234-5678&page=2",
        f"the challenge {CHALLENGE}",
    ],
)
def test_what_is_no_sign_in_keeps_its_code_and_its_state(text: str) -> None:
    _, [answer] = kept(Request("GET", ASKED), answered(text))
    assert answer["body"]["string"].decode() == text


def test_the_page_of_a_sign_in_is_kept_as_it_is(dastra: DastraStandIn, http: httpx.Client) -> None:
    fields = {"response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "api1"}
    url = with_query(dastra.authorization_url, {**fields, "client_id": dastra.public_key})
    page = http.get(url).text
    _, [answer] = kept(Request("GET", url), answered(page))
    assert answer["body"]["string"].decode() == page
