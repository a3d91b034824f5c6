"""Where applications keep the refresh tokens that they are told."""

from collections.abc import Callable
from typing import Any

import pytest

from clients import KINDS
from dtz_dastra_auth.testing import DastraStandIn

ASYNC_KINDS = [kind for kind in KINDS if "Async" in kind]


class Database:
    """Where an application keeps the refresh token, by a function that may fail.

    Attributes:
        told: What the function was called with.
        failures: What the next calls raise.
        meanwhile: What happens in each call.
    """

    def __init__(self) -> None:
        self.told: list[str] = []
        self.failures: list[Exception] = []
        self.meanwhile: Callable[[], Any] = lambda: None

    def save(self, new: str) -> None:
        self.told.append(new)
        self.meanwhile()
        if self.failures:
            raise self.failures.pop(0)


class Sync:
    """``on_refresh_token`` as a function."""

    def __init__(self, database: Database) -> None:
        self.function: Any = database.save


class Async:
    """``on_refresh_token`` as a coroutine function."""

    def __init__(self, database: Database) -> None:
        async def function(new: str) -> None:
            database.save(new)

        self.function: Any = function


# A coroutine function is for async clients alone.
WAYS = pytest.mark.parametrize(
    ("way", "kind"),
    [(Sync, kind) for kind in KINDS] + [(Async, kind) for kind in ASYNC_KINDS],
    ids=lambda value: getattr(value, "__name__", value),
)


def sent(dastra: DastraStandIn) -> list[str]:
    """Give the refresh tokens that were sent, as they stand at the end of the form."""
    return [
        request.body.decode().partition("&refresh_token=")[2] for request in dastra.token_requests
    ]
