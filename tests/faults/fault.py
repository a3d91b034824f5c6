"""How the tables are written: what is wrong, and what a caller gets from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from dtz_dastra_auth import AuthError, TokenError
from faults.scene import Scene

Begin = Callable[[Scene], None]


@dataclass(frozen=True)
class Had:
    """A token is had.

    Attributes:
        lifetime: How long it lives, in seconds.
    """

    lifetime: float


@dataclass(frozen=True)
class Refused:
    """A `TokenError` with what the server has said.

    Attributes:
        status: The status answered.
        error: The server's error code.
        description: The server's own words.
        retry_after: The seconds it asked to wait, or from how many to how many.
        says: What the text of the error has in it.
    """

    status: int
    error: str | None = None
    description: str | None = None
    retry_after: float | tuple[float, float] | None = None
    says: str = ""

    def check(self, met: BaseException) -> None:
        """Check what a caller got."""
        assert isinstance(met, TokenError)
        assert (met.status_code, met.error) == (self.status, self.error)
        assert met.description == self.description
        if isinstance(self.retry_after, tuple):
            assert met.retry_after is not None
            assert self.retry_after[0] <= met.retry_after <= self.retry_after[1]
        else:
            assert met.retry_after == self.retry_after
        assert self.says in str(met)


@dataclass(frozen=True)
class NetworkError:
    """The HTTP library's own error, for the caller whose request met it.

    Attributes:
        or_an_answer: Whether requests may take what came for an answer, if a useless one.
    """

    or_an_answer: bool = False

    def check(self, met: BaseException, library: type[Exception]) -> None:
        """Check what a caller got."""
        assert isinstance(met, library)
        if not (self.or_an_answer and library is requests.RequestException):
            assert not isinstance(met, AuthError)


Outcome = Had | Refused | NetworkError
NETWORK_ERROR = NetworkError()


@dataclass(frozen=True)
class Fault:
    """One row.

    Attributes:
        name: What is wrong, in the words of the list.
        begin: Makes it so.
        then: What a caller gets who has no other token.
        tries: How many token requests one such call makes; None where none may arrive at all, or
            where it does not matter how many do.
        retried_by_requests: Whether it looks like a reset connection, which requests tries once
            more.
        directly: Whether the token endpoint is called without the proxy.
        takes_time: Whether the time of the token store passes by itself.
    """

    name: str
    begin: Begin
    then: Outcome
    tries: int | None = 1
    retried_by_requests: bool = False
    directly: bool = False
    takes_time: bool = False

    def tries_in(self, kind: str) -> int | None:
        """Tell how many token requests a call of this client makes."""
        return 2 if self.retried_by_requests and kind.startswith("requests") else self.tries


def fail(status: int, **options: Any) -> Begin:
    """Answer every token request with a status."""
    return lambda scene: scene.service.fail(status, times=None, on="token", **options)


def say(json: object, status: int = 200) -> Begin:
    """Answer every token request with JSON."""
    return lambda scene: scene.service.answer(json, status, times=None, on="token")


def send(*parts: bytes, **options: Any) -> Begin:
    """Answer every token request with bytes, which need not be an answer."""
    return lambda scene: scene.service.raw(list(parts), times=None, on="token", **options)


def give(**changed: Any) -> Begin:
    """Answer the next token request with a good token, but for these members of the answer.

    A member that is ``...`` is left out.
    """

    def begin(scene: Scene) -> None:
        token = scene.service.make_token()
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 600, **changed}
        members = {name: value for name, value in answer.items() if value is not ...}
        scene.service.answer(members, on="token")

    return begin
