"""Whatever a token endpoint answers: a token that can be used, or a `TokenError`."""

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import unquote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Answer
from dtz_dastra_auth._need import Granted
from dtz_dastra_auth._oauth import client_credentials, read_token, refresh_token_in
from properties.answers import (
    FORMS,
    answer,
    answers,
    content_types,
    repeating_bodies,
    secrets,
    statuses,
)
from properties.effort import effort

LABEL = "Dastra public key 'shop...'"
SECRET = "hunter2rabbit"
TOKEN_URL = "https://account.dastra.eu/connect/token"


def read(given: Answer, secrets: tuple[str, ...] = (SECRET,)) -> Granted | TokenError:
    try:
        return read_token(given, LABEL, secrets)
    except TokenError as error:
        return error


def shown(error: TokenError) -> str:
    parts = (str(error), repr(error), *map(str, error.args), str(vars(error)))
    return "\n".join(parts)


def readings(text: str) -> Iterator[str]:
    """Give a text as it is, and as who looks for a secret in it may decode it."""
    yield text
    yield unquote(text)
    yield unquote_plus(text)
    with suppress(ValueError):
        yield json.loads(f'"{text}"', strict=False)
    with suppress(ValueError):
        yield text.encode("latin-1", "backslashreplace").decode("unicode_escape")


def holds(text: str, secret: str) -> bool:
    return any(secret.casefold() in reading.casefold() for reading in readings(text))


@effort(5)
@given(answers)
def test_an_answer_is_a_token_that_can_be_sent_or_a_token_error(given: Answer) -> None:
    found = read(given)
    if isinstance(found, TokenError):
        assert found.status_code == given.status
        assert (found.__context__, found.__cause__) == (None, None)
        assert found.retry_after is None or 0 <= found.retry_after < math.inf
        return

    assert isinstance(found.value, str)
    assert re.fullmatch(r"[\x21-\x7e]+", found.value)
    assert type(found.lifetime) is float
    assert 0 <= found.lifetime < math.inf


@effort(5)
@given(answers)
def test_a_refresh_token_is_one_that_can_be_sent_back(given: Answer) -> None:
    found = refresh_token_in(given)
    assert found is None or re.fullmatch(r"[\x20-\x7e]+", found)


@effort(2)
@given(answers)
def test_what_a_token_error_says_is_short_and_one_line(given: Answer) -> None:
    error = read(given)
    if not isinstance(error, TokenError):
        return

    assert str(error).isascii()
    assert str(error).isprintable()
    # Twice 200 characters of the server's, each escaped to ten at most.
    assert len(str(error)) < 2 * 200 * 10 + 200


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@effort(2)
@given(secrets, repeating_bodies, st.sampled_from((200, 400, 401)) | statuses, content_types)
def test_a_secret_that_a_server_repeats_is_not_in_the_error(
    form: Callable[[str], str],
    secret: str,
    body: Callable[[str], bytes],
    status: int,
    content_type: str,
) -> None:
    given = answer(status, {"Content-Type": content_type}, body(form(secret)))
    error = read(given, (secret,))
    if not isinstance(error, TokenError):
        return

    assert not holds(shown(error), secret)


@effort(2)
@given(secrets, repeating_bodies, st.sampled_from((200, 400, 401)) | statuses, content_types)
def test_a_secret_repeated_as_it_was_sent_is_not_in_the_error(
    secret: str, body: Callable[[str], bytes], status: int, content_type: str
) -> None:
    headers, _ = client_credentials(TOKEN_URL, "shop", secret, "api1")
    sent = headers["Authorization"].removeprefix("Basic ")
    error = read(answer(status, {"Content-Type": content_type}, body(sent)), (secret, sent))
    if not isinstance(error, TokenError):
        return

    assert sent not in shown(error)
