"""Token requests to the byte, and every answer to them."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from requests.structures import CaseInsensitiveDict

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Answer
from dtz_dastra_auth._need import Granted
from dtz_dastra_auth._oauth import client_credentials, json_request, read_token, refresh_token_in
from unit.told import told

TOKEN_URL = "https://account.dastra.eu/connect/token"
LABEL = "Dastra public key 'shop'"
SECRET = "hunter2rabbit"


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), content)


def read(body: object, status: int = 200, **headers: str) -> Granted:
    return read_token(answer(body, status, **headers), LABEL, (SECRET,))


def refusal(
    body: object, status: int, secrets: tuple[str, ...] = (SECRET,), **headers: str
) -> TokenError:
    with pytest.raises(TokenError) as caught:
        read_token(answer(body, status, **headers), LABEL, secrets)
    return caught.value


# Requests


def test_a_client_credentials_request_is_what_dastra_documents() -> None:
    headers, body = client_credentials(TOKEN_URL, "public", "private", "api1")

    assert body == b"grant_type=client_credentials&scope=api1"
    assert {name.lower(): value for name, value in headers.items()} == {
        "accept": "application/json",
        # base64 of public:private
        "authorization": "Basic cHVibGljOnByaXZhdGU=",
        "content-type": "application/x-www-form-urlencoded",
    }


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("a+b", "a%2Bb"),
        ("a%b", "a%25b"),
        ("a%2Bb", "a%252Bb"),
        ("a&b", "a%26b"),
        ("a:b", "a%3Ab"),
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("a=b", "a%3Db"),
        ("a€b", "a%E2%82%ACb"),
        ("é", "%C3%A9"),
        ('a"b', "a%22b"),
        ("+ % & : / =€", "%2B%20%25%20%26%20%3A%20%2F%20%3D%E2%82%AC"),
        ("AZaz09-._~", "AZaz09-._~"),
    ],
)
def test_both_halves_are_form_encoded_before_basic(key: str, encoded: str) -> None:
    headers, _ = client_credentials(TOKEN_URL, key, key, "api1")

    expected = base64.b64encode(f"{encoded}:{encoded}".encode("ascii")).decode("ascii")
    assert headers["Authorization"] == f"Basic {expected}"


def test_the_keys_are_nowhere_but_in_the_authorization_header() -> None:
    headers, body = client_credentials(TOKEN_URL, "public", SECRET, "api1")

    assert SECRET not in body.decode()
    assert b"public" not in body
    assert SECRET not in str({**headers, "Authorization": ""})


@pytest.mark.parametrize(
    ("scope", "encoded"), [("api1 offline_access", "api1+offline_access"), ("a&b=c", "a%26b%3Dc")]
)
def test_the_scope_is_form_encoded(scope: str, encoded: str) -> None:
    _, body = client_credentials(TOKEN_URL, "public", "private", scope)

    assert body == f"grant_type=client_credentials&scope={encoded}".encode()


def test_a_request_of_dtzs_identity_service_is_json() -> None:
    headers, body = json_request({"username": 'a"b', "password": "é"})

    assert json.loads(body) == {"username": 'a"b', "password": "é"}
    assert headers == {"Content-Type": "application/json", "Accept": "application/json"}


def test_a_request_of_dtzs_identity_service_carries_the_bearer_it_is_given() -> None:
    headers, _ = json_request({}, "jwt")

    assert headers["Authorization"] == "Bearer jwt"


# Answers with a token


def test_an_answer_gives_the_token_and_its_lifetime() -> None:
    body = {"access_token": "T", "expires_in": 3600, "token_type": "Bearer", "scope": "api1"}

    assert read(body) == Granted("T", 3600.0)


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [
        (3600, 3600.0),
        ("300", 300.0),
        (300.7, 300.7),
        (86400.0, 86400.0),
        (0, 0.0),
        (-5, 0.0),
        ("-5", 0.0),
        ("abc", 300.0),
        ("", 300.0),
        (True, 300.0),
        (False, 300.0),
        (None, 300.0),
        ([3600], 300.0),
        ({}, 300.0),
        (float("nan"), 300.0),
        ("nan", 300.0),
    ],
)
def test_expires_in_is_read_however_it_is_written(expires_in: object, lifetime: float) -> None:
    assert read({"access_token": "T", "expires_in": expires_in}) == Granted("T", lifetime)


def test_a_missing_expires_in_is_300_seconds() -> None:
    assert read({"access_token": "T"}) == Granted("T", 300.0)


@pytest.mark.parametrize("enormous", [10**12, 10**400, 1e308, float("inf"), "inf", "9" * 500])
def test_an_enormous_expires_in_is_brought_down_to_something_finite(enormous: object) -> None:
    lifetime = read({"access_token": "T", "expires_in": enormous}).lifetime

    assert 300 <= lifetime <= 366 * 86400


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_token_type_may_be_in_any_case(token_type: str) -> None:
    assert read({"access_token": "T", "token_type": token_type})[0] == "T"


def test_the_token_type_may_be_missing() -> None:
    assert read({"access_token": "T"})[0] == "T"


def test_a_narrower_scope_than_asked_is_taken() -> None:
    assert read({"access_token": "T", "scope": "", "expires_in": 60}) == Granted("T", 60.0)


def test_a_refresh_token_is_read_with_the_token() -> None:
    body = {"access_token": "T", "refresh_token": "R", "expires_in": 60}
    assert read(body) == Granted("T", 60.0)
    assert refresh_token_in(answer(body)) == "R"


def test_other_members_are_passed_over() -> None:
    assert read({"access_token": "T", "id_token": {"deep": [1]}, "x": None})[0] == "T"


# Answers without one


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Welcome</body></html>",
        b"[]",
        b'["access_token"]',
        b'"access_token"',
        b"null",
        b"5",
        b"{",
        b'{"access_token": "T"',
        b"\xff\xfe\xfa",
        b'{"access_token": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"access_token": "T", "expires_in": ' + b"9" * 10_000 + b"}",
        b"{}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_200_without_a_token_is_a_token_error_with_its_status(body: bytes) -> None:
    error = refusal(body, 200)

    assert error.status_code == 200
    assert LABEL in str(error)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        5,
        True,
        [],
        ["T"],
        {"T": 1},
        "to ken",
        " token",
        "token\n",
        "to\nken",
        "to\r\nX-Injected: 1",
        "to\x00ken",
        "tökén",
        "to\ud800ken",
    ],
    ids=ascii,
)
def test_an_access_token_that_cannot_be_sent_is_a_token_error(value: object) -> None:
    error = refusal({"access_token": value}, 200)

    assert "access_token" in str(error)
    assert error.status_code == 200


@pytest.mark.parametrize(
    "value", ["Zx9hunter Qv7rabbit", "Zx9hunter\nQv7rabbit", "Zx9hunter\ud800Qv7rabbit"], ids=ascii
)
def test_an_access_token_that_cannot_be_sent_is_not_shown(value: str) -> None:
    shown = told(refusal({"access_token": value}, 200))

    assert "Zx9hunter" not in shown
    assert "Qv7rabbit" not in shown


def test_a_body_that_is_no_json_is_not_shown() -> None:
    shown = told(refusal(b'{"access_token": "Zx9hunter', 200))

    assert "Zx9hunter" not in shown


@pytest.mark.parametrize("token_type", ["mac", "DPoP", "", None, 5, ["bearer"]])
def test_another_token_type_than_bearer_is_a_token_error(token_type: object) -> None:
    error = refusal({"access_token": "T", "token_type": token_type}, 200)

    assert "token type" in str(error)


def test_an_error_member_in_a_200_is_a_refusal() -> None:
    error = refusal({"error": "invalid_client", "access_token": "T"}, 200)

    assert error.error == "invalid_client"
    assert error.status_code == 200


@pytest.mark.parametrize("status", [400, 401])
def test_invalid_client_is_told_whichever_status_it_comes_with(status: int) -> None:
    error = refusal({"error": "invalid_client", "error_description": "unknown client"}, status)

    assert (error.error, error.description) == ("invalid_client", "unknown client")
    assert error.status_code == status
    assert "invalid_client: unknown client" in str(error)


def test_invalid_scope_is_told() -> None:
    error = refusal({"error": "invalid_scope"}, 400)

    assert (error.error, error.description, error.status_code) == ("invalid_scope", None, 400)


@pytest.mark.parametrize("status", [201, 299])
def test_any_2xx_with_a_token_is_taken(status: int) -> None:
    assert read({"access_token": "T"}, status)[0] == "T"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"{}", b"[]", b"\xff"])
def test_a_refusal_without_words_is_told_by_its_status(status: int, body: bytes) -> None:
    error = refusal(body, status)

    assert (error.error, error.description, error.status_code) == (None, None, status)
    assert str(status) in str(error)


def test_a_token_in_a_refusal_is_not_taken() -> None:
    assert refusal({"access_token": "T"}, 500).status_code == 500


@pytest.mark.parametrize("error", [None, 5, [], {"code": "x"}, "", True])
def test_an_error_member_of_another_type_is_survived(error: object) -> None:
    assert refusal({"error": error}, 400).status_code == 400


# DTZ's three shapes of errors


def test_dtzs_msg_is_the_description() -> None:
    error = refusal({"msg": "wrong password"}, 401)

    assert (error.error, error.description) == (None, "wrong password")


def test_dtzs_older_status_is_the_description() -> None:
    assert refusal({"status": "wrong password"}, 401).description == "wrong password"


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=utf-8", "Text/Plain"])
def test_dtzs_plain_text_is_the_description(kind: str) -> None:
    assert refusal(b"wrong password", 401, content_type=kind).description == "wrong password"


@pytest.mark.parametrize("body", [{"msg": "no"}, {"status": "no"}])
def test_the_description_is_part_of_the_text(body: object) -> None:
    assert str(refusal(body, 401)).endswith("with 401: no")


# What the server says is not trusted


def test_what_the_server_says_is_cut_off() -> None:
    error = refusal({"error": "e" * 5000, "error_description": "d" * 5000}, 400)

    assert len(str(error)) < 1000


@pytest.mark.parametrize("said", ["a\nERROR forged", "a\r\nb", "\x1b[2J", "a\x00b", "\u202egnp"])
def test_what_the_server_says_cannot_forge_log_lines(said: str) -> None:
    error = refusal({"error": said, "error_description": said}, 400)

    assert str(error).isprintable()
    assert str(error).isascii()


# As the server may repeat it: as it is, or in one of the ways it can be encoded on its way.
REPEATED = "p+w %/€"

FORMS = {
    "as it is": REPEATED,
    "percent-encoded": quote(REPEATED, safe=""),
    "form-encoded": quote_plus(REPEATED),
    "percent-encoded in lower case": "p%2bw%20%25%2f%e2%82%ac",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_the_server_repeats_is_masked_in_every_form(form: str) -> None:
    error = refusal({"error_description": f"bad: {form} <"}, 400, (REPEATED,))

    escaped = form.encode("unicode_escape").decode()
    for shown in (told(error), repr(vars(error))):
        assert form not in shown
        assert escaped not in shown


@pytest.mark.parametrize("member", ["error", "error_description", "msg", "status"])
def test_a_secret_the_server_repeats_is_masked_wherever_it_stands(member: str) -> None:
    error = refusal({member: f"no user with {SECRET}"}, 400)

    assert SECRET not in told(error) + repr(vars(error))
    assert "no user with ***" in str(error)


def test_a_secret_the_server_repeats_in_plain_text_is_masked() -> None:
    error = refusal(f"no user with {SECRET}".encode(), 401, content_type="text/plain")

    assert error.description == "no user with ***"


def test_a_secret_that_is_longer_than_what_is_shown_is_masked() -> None:
    # A bearer of DTZ is some 800 characters.
    bearer = "eyJhbGciOiJSUzI1NiJ9." + "x" * 1200
    error = refusal(f"bad token {bearer}".encode(), 401, (bearer,), content_type="text/plain")

    assert "eyJhbGciOiJSUzI1NiJ9" not in told(error)


def test_a_secret_at_the_end_of_what_is_shown_is_not_shown_in_part() -> None:
    error = refusal({"error_description": "x" * 195 + SECRET}, 401)

    assert "hunt" not in told(error)


# Retry-After


def test_retry_after_in_seconds_is_told() -> None:
    assert refusal(b"", 429, retry_after="17").retry_after == 17.0


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_retry_after_as_a_date_is_told_in_seconds(zone: Any) -> None:
    moment = datetime.now(zone) + timedelta(seconds=3600)
    told_in_seconds = refusal(b"", 503, retry_after=format_datetime(moment)).retry_after

    assert told_in_seconds is not None
    assert 3500 < told_in_seconds <= 3600


def test_retry_after_as_an_http_date_is_told_in_seconds() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=3600)
    date = format_datetime(moment, usegmt=True)
    told_in_seconds = refusal(b"", 503, retry_after=date).retry_after

    assert told_in_seconds is not None
    assert 3500 < told_in_seconds <= 3600


def test_retry_after_with_a_date_that_has_passed_is_no_wait() -> None:
    assert refusal(b"", 503, retry_after="Sun, 06 Nov 1994 08:49:37 GMT").retry_after == 0.0


def test_a_missing_retry_after_is_none() -> None:
    assert refusal(b"", 503).retry_after is None


@pytest.mark.parametrize(
    "absurd",
    [
        "",
        " ",
        "-5",
        "1.5",
        "1e9",
        "soon",
        "nan",
        "inf",
        "²",
        "1, 2",
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +9999",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "9" * 5000,
        "\x00",
    ],
    ids=ascii,
)
def test_an_absurd_retry_after_is_survived(absurd: str) -> None:
    error = refusal(b"", 429, retry_after=absurd)

    assert error.status_code == 429
    assert error.retry_after is None or error.retry_after >= 0
