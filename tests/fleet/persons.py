"""Processes that one person is signed in to.

with signed_in(stand_ins, servers, [{"refresh_token": first}] * 4) as processes:
    assert at_once(processes, "call", callers=4) == [[200] * 4] * 4
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.children import Child, environment

# Seconds.
HANGS = 60.0
HEAD_START = 0.1
# What a token is older than a second by, so that its 401 is worth a renewal.
AGED = 1.5
REDIRECT_URI = "https://shop.example/callback"

USUAL: dict[str, Any] = {
    "service": "dastra",
    "client": "requests.Session",
    "cache": "plain-redis",
    "timeout": 30.0,
    "refresh_token": None,
    "code": None,
    "redirect_uri": REDIRECT_URI,
    "tells": True,
    "marks": False,
    "dies": None,
}


class Person:
    """One process that somebody is signed in to."""

    def __init__(self, child: Child) -> None:
        self.child = child

    def begin(self, do: str, **options: Any) -> None:
        """Have it do something, and do not wait."""
        self.child.send({"do": do, **options})

    def done(self) -> Any:
        """Wait until it has done what was begun last, and give what came of it."""
        return self.child.receive(HANGS)["done"]

    def call(self, callers: int = 1) -> list[Any]:
        """Make so many calls at once: a status for each, or class, ``error`` and message."""
        self.begin("call", callers=callers)
        outcomes: list[Any] = self.done()
        return outcomes

    def fork(self) -> Any:
        """Make one call in a forked child."""
        self.begin("fork")
        [outcome] = self.done()
        return outcome

    def told(self) -> list[str]:
        """Give the refresh tokens that it was told of."""
        self.begin("told")
        told: list[str] = self.done()
        return told

    def is_gone(self) -> bool:
        """Wait for it to end by itself."""
        try:
            self.child.receive(HANGS)
        except RuntimeError:
            self.child.killed = True
            return True
        return False


@contextmanager
def signed_in(
    services: StandIns, servers: Servers, plans: Sequence[dict[str, Any]]
) -> Iterator[list[Person]]:
    """Start a process for each plan, which says what is not as in `USUAL`."""
    with ExitStack() as stack:
        children = [stack.enter_context(Child("signed_in", environment(services))) for _ in plans]
        for child, plan in zip(children, plans, strict=True):
            child.send({**USUAL, "servers": servers.described(), **plan})
        for child in children:
            assert child.receive(HANGS) == {"ready": True}
        yield [Person(child) for child in children]


def at_once(processes: Sequence[Person], do: str, **options: Any) -> list[Any]:
    """Have all of them begin something at the same moment, and give what came of it."""
    at = time.time() + HEAD_START
    for process in processes:
        process.begin(do, at=at, **options)
    return [process.done() for process in processes]


def forward(processes: Sequence[Person], seconds: float) -> None:
    """Have the clocks of all of them go ahead."""
    for process in processes:
        process.begin("forward", seconds=seconds)
    for process in processes:
        process.done()
