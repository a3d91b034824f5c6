"""Crowds that call with what one person has signed in for, until it was renewed some times."""

from __future__ import annotations

import os
import random
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import httpx

import clients
from dtz_dastra_auth import DastraAuthorizationCode, DastraRefreshToken
from oidc import persons
from oidc.server import AuthorizationServer

#: Seconds between two calls of a caller; no call takes `HANGS`, and whoever has not seen all
#: renewals after `MOST` gives up.
STEP, HANGS, MOST = 2.4, 30.0, 90.0
#: Those of an event loop. In a larger pool the time that it takes to hand one out adds up.
CONNECTIONS = 10

#: Of `clients.KINDS`, those that keep their connections.
KINDS = tuple(kind for kind in clients.KINDS if kind != "requests.get")


@dataclass(frozen=True)
class Crowd:
    """Callers in threads or tasks of one kind of client, as many as there are."""

    kind: str
    callers: int

    @property
    def is_async(self) -> bool:
        return "Async" in self.kind


class Stay:
    """One person's stay: a sign-in, who calls with it, and what comes of it.

    Attributes:
        crowds: Who calls.
        held: What the application was given when the person came back.
        told: The refresh tokens, as `on_refresh_token` was given them.
        results: The status of each call, or its error.
    """

    def __init__(
        self,
        server: AuthorizationServer,
        crowds: list[Crowd],
        *,
        renewals: int,
        half_of_them_anew: bool = False,
        lifetime: int = 2,
        answer_time: float = 0,
    ) -> None:
        """Let a person sign in.

        Args:
            server: Where.
            crowds: Who will call.
            renewals: After how many of them it is over.
            half_of_them_anew: Whether every other caller makes an equal object for each call.
            lifetime: How long access tokens live, in seconds.
            answer_time: How long token answers take, in seconds.
        """
        self.crowds = crowds
        self.held = persons.signed_in(server, lifetime=lifetime, answer_time=answer_time)
        self.told: list[str] = []
        self.results: list[int | Exception] = []
        self.url = server.workspaces_url(self.held.client.public_key)
        self._server = server
        self._renewals = renewals
        self._half_of_them_anew = half_of_them_anew
        self._tell: Any = self._tell_async if all(c.is_async for c in crowds) else self.told.append
        self._end = time.monotonic() + MOST
        held = self.held
        self._auth = DastraAuthorizationCode(
            held.code,
            held.redirect_uri,
            *(held.client.public_key, held.client.private_key),
            code_verifier=held.code_verifier,
            on_refresh_token=self._tell,
            token_url=server.token_url,
            origins=[server.origin],
        )

    async def _tell_async(self, refresh_token: str) -> None:
        await anyio.lowlevel.checkpoint()
        self.told.append(refresh_token)

    @property
    def is_over(self) -> bool:
        # The first came with the code.
        return len(self.told) > self._renewals or time.monotonic() > self._end

    def note(self, result: int | Exception) -> None:
        """Keep what came of a call; what is no 200 has shown enough, and ends the stay."""
        self.results.append(result)
        if result != 200:
            self._end = 0.0

    def auth(self, number: int) -> Any:
        """Give a caller its auth object, which for every other one may be a new one each time."""
        if not (self._half_of_them_anew and number % 2 and self.told):
            return self._auth
        return DastraRefreshToken(
            self.told[-1],
            *(self.held.client.public_key, self.held.client.private_key),
            on_refresh_token=self._tell,
            token_url=self._server.token_url,
            origins=[self._server.origin],
        )

    def statuses(self) -> Counter[str]:
        return Counter(str(result) for result in self.results)


def run(stays: list[Stay]) -> None:
    """Let the crowds of all stays call at the same time."""
    threads = [
        threading.Thread(target=_tasks if crowd.is_async else _threads, args=(stay, crowd))
        for stay in stays
        for crowd in stay.crowds
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _pause(number: int) -> float:
    """Let half of a crowd call at the same moments, and the others at any time.

    Nobody misses the last fifth of a token then, in which it is renewed ahead of time.
    """
    if number % 4 < 2:
        return STEP - time.monotonic() % STEP
    return random.uniform(0, 2 * STEP)  # noqa: S311  # when a caller calls is no secret


def _threads(stay: Stay, crowd: Crowd) -> None:
    options: dict[str, Any] = {"timeout": HANGS}
    with ExitStack() as stack:
        if crowd.kind.startswith("requests"):
            gets = [_open(stack, crowd.kind, max_connections=crowd.callers, **options).get]
        else:
            # One for each: in one that threads share, httpcore at times closes a connection that
            # a thread has just been given (encode/httpcore#1110).
            options["verify"] = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
            gets = [_open(stack, crowd.kind, **options).get for _ in range(crowd.callers)]
        threads = [
            threading.Thread(target=_one_thread, args=(stay, gets[number % len(gets)], number))
            for number in range(crowd.callers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _open(stack: ExitStack, kind: str, **options: Any) -> clients.Client:
    client = clients.make(kind, **options)
    stack.callback(client.close)
    return client


def _one_thread(stay: Stay, get: Callable[..., Any], number: int) -> None:
    while not stay.is_over:
        try:
            stay.note(get(stay.url, auth=stay.auth(number)).status_code)
        except Exception as error:
            stay.note(error)
        time.sleep(_pause(number))


def _tasks(stay: Stay, crowd: Crowd) -> None:
    client = clients.make(crowd.kind, max_connections=CONNECTIONS, timeout=HANGS)
    assert isinstance(client, clients.AsyncHttpxClient)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(crowd.callers):
                tasks.start_soon(partial(_one_task, stay, client.native, number))

    try:
        client.portal.call(all_of_them)
    finally:
        client.close()


async def _one_task(stay: Stay, client: httpx.AsyncClient, number: int) -> None:
    while not stay.is_over:
        try:
            answer = await client.get(stay.url, auth=stay.auth(number))
            stay.note(answer.status_code)
        except Exception as error:
            stay.note(error)
        await anyio.sleep(_pause(number))
