"""A cache that several processes share, and what is looked for in it."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from dtz_dastra_auth._seal import Seal
from dtz_dastra_auth._stores import Identity
from unit.callers import TOKEN_URL
from unit.clock import FakeClock

IDENTITY = Identity(("client_credentials", TOKEN_URL, "shop-id", "api1"), "hunter2")
OTHER_TENANT = Identity((*IDENTITY.parts[:2], "mall-id", "api1"), "hunter3")
LOGIN = Identity(("dtz_login", "https://id.example/", "shop-id", ""), "hunter2", from_password=True)
PREFIX = "dtz-dastra-auth:"
HOUR = 3600.0


# What a process asks that then waits for another or goes on without a new token, and one that makes
# the token request.
LOOK = ["get token", "get lease"]
TAKE = [*LOOK, "add lease", "get token"]
# What nothing of ours has written.
GARBAGE = [
    *["", "A", "AAAA", "A" * 200, "[]", "null", "é", b"", b"\x00\xff"],
    *[5, 5.5, [], {}, True, object],
]


def key_of(purpose: str, identity: Identity = IDENTITY) -> str:
    """Tell the key of an identity's token or lease."""
    return PREFIX + Seal(identity, encrypt=True).name(purpose)


def sealed(purpose: str, *content: Any, identity: Identity = IDENTITY) -> str:
    """Give the value that a process of this identity would write."""
    return Seal(identity, encrypt=True).close(purpose, list(content))


class DictCache:
    """A cache with an atomic ``add``, as Redis is, with what it holds open to the test.

    Attributes:
        held: Every key's value, and when it ends.
        questions: Every question, as "get token" or "add lease".
        given: Every value that it was given to keep.
        timeouts: Every timeout that came with one of those, by question.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._purposes = {key_of(purpose): purpose for purpose in ("token", "lease")}
        self._broken: list[list[Any]] = []
        self.held: dict[str, tuple[Any, float]] = {}
        self.questions: list[str] = []
        self.given: list[Any] = []
        self.timeouts: list[tuple[str, Any]] = []

    def breaks(self, question: str, do: Callable[[], Any], *, nth: int = 1) -> None:
        """Do something else from the nth time on that it is asked this; "" is any question."""
        self._broken.append([question, nth, do])

    def heals(self) -> None:
        self._broken.clear()

    def occupy(self) -> None:
        """Have always somebody hold the lease, each time another one."""
        self.breaks("add lease", lambda: False)
        self.breaks("get lease", lambda: sealed("lease", "asking"))

    def peek(self, purpose: str) -> Any:
        """Give the value that is held for the token or the lease now, or None."""
        return self._now(key_of(purpose))

    def plant(self, purpose: str, value: Any, timeout: float = HOUR) -> None:
        """Put something there that no process has put there."""
        self.held[key_of(purpose)] = (value, self._clock.monotonic + timeout)

    def get(self, key: str) -> Any:
        return self._asked("get", key, lambda: self._now(key))

    def set(self, key: str, value: str, timeout: Any = None) -> Any:
        return self._asked("set", key, lambda: self._keep("set", key, value, timeout))

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        def add() -> bool:
            return self._now(key) is None and self._keep("add", key, value, timeout)

        return self._asked("add", key, add)

    def delete(self, key: str) -> Any:
        return self._asked("delete", key, lambda: self.held.pop(key, None) is not None)

    def _asked(self, method: str, key: str, do: Callable[[], Any]) -> Any:
        question = f"{method} {self._purposes.get(key, '?')}"
        self.questions.append(question)
        for broken in self._broken:
            if broken[0] in {question, ""}:
                broken[1] -= 1
                if broken[1] <= 0:
                    return broken[2]()
        return do()

    def _now(self, key: str) -> Any:
        value, until = self.held.get(key, (None, 0.0))
        return value if self._clock.monotonic < until else None

    def _keep(self, method: str, key: str, value: str, timeout: Any) -> bool:
        self.given.append(value)
        self.timeouts.append((f"{method} {self._purposes.get(key, '?')}", timeout))
        self.held[key] = (value, self._clock.monotonic + timeout)
        return True


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Give what was warned of that has to do with the cache."""
    texts = (
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name == "dtz_dastra_auth"
    )
    return [text for text in texts if not text.startswith("token request for ")]
