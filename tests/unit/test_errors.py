"""The tree of errors, and that any of them can be kept, sent and raised again."""

import copy
import pickle
from typing import Any

import httpx
import httpx2
import pytest
import requests

from dtz_dastra_auth import AuthError, ConfigurationError, TokenError
from dtz_dastra_auth._errors import retold
from unit.told import told


def refused() -> TokenError:
    return TokenError(
        "refused",
        error="invalid_client",
        description="unknown client",
        status_code=401,
        retry_after=7.5,
    )


def copied_by_pickle(error: TokenError) -> TokenError:
    again: TokenError = pickle.loads(pickle.dumps(error))
    return again


@pytest.mark.parametrize(
    "base",
    [
        AuthError,
        requests.RequestException,
        httpx.RequestError,
        httpx.HTTPError,
        httpx2.RequestError,
        httpx2.HTTPError,
        OSError,
    ],
    ids=lambda base: f"{base.__module__.partition('.')[0]}.{base.__name__}",
)
def test_a_token_error_is_caught_as(base: type[Exception]) -> None:
    with pytest.raises(base):
        raise refused()


def test_a_configuration_error_is_an_auth_error_and_a_value_error() -> None:
    assert issubclass(ConfigurationError, AuthError)
    assert issubclass(ConfigurationError, ValueError)


def test_a_configuration_error_is_no_error_of_a_request() -> None:
    assert not issubclass(ConfigurationError, requests.RequestException | httpx.RequestError)


def test_a_token_error_has_no_request_and_no_response() -> None:
    error = refused()

    assert error.request is None
    assert error.response is None


def test_a_token_error_says_nothing_that_was_not_given() -> None:
    error = TokenError("no answer")

    assert str(error) == "no answer"
    assert set(vars(error).values()) == {None}


@pytest.mark.parametrize("again", [copied_by_pickle, copy.copy, copy.deepcopy])
def test_a_token_error_comes_out_whole(again: Any) -> None:
    error = again(refused())

    assert type(error) is TokenError
    assert str(error) == "refused"
    assert (error.error, error.description) == ("invalid_client", "unknown client")
    assert (error.status_code, error.retry_after) == (401, 7.5)
    assert error.request is None
    assert error.response is None


def test_a_token_error_can_be_noted_on() -> None:
    error = refused()
    error.add_note("while loading the shop")

    assert copy.copy(error).__notes__ == ["while loading the shop"]


def test_a_token_error_is_retold_as_another_object_with_the_same_words() -> None:
    first = refused()
    second = retold(first, "shop")

    assert second is not first
    assert str(second) == str(first)
    assert vars(second) == vars(first)


def test_a_retold_error_leads_nowhere() -> None:
    try:
        try:
            raise OSError("hunter2")
        except OSError as cause:
            raise refused() from cause
    except TokenError as error:
        again = retold(error, "shop")

    assert (again.__cause__, again.__context__, again.__traceback__) == (None, None, None)
    assert "hunter2" not in told(again)


def test_a_retold_error_leaves_the_first_as_it_was() -> None:
    first: TokenError | None = None
    try:
        raise refused() from OSError()
    except TokenError as error:
        first = error
        retold(error, "shop")

    assert first is not None
    assert isinstance(first.__cause__, OSError)
    assert first.__traceback__ is not None


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (httpx.ConnectError("hunter2"), "httpx.ConnectError"),
        (httpx2.ReadTimeout("hunter2"), "httpx2.ReadTimeout"),
        (requests.ConnectionError("hunter2"), "requests.exceptions.ConnectionError"),
        (ZeroDivisionError("hunter2"), "builtins.ZeroDivisionError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_error_of_another_library_is_only_named(error: Exception, name: str) -> None:
    again = retold(error, "Dastra public key 'shop'")

    assert isinstance(again, TokenError)
    assert name in str(again)
    assert "Dastra public key 'shop'" in str(again)
    assert "hunter2" not in told(again)
