"""Be one process of a fleet: call the API from many threads or tasks, with one auth object.

The first line of input is the plan, the second the moment of the first call. What is printed, a
line each: that all is ready, each lease that this process has won, and at the end the report.
"""

import dataclasses
import json
import logging
import os
import random
import ssl
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2

import clients
from dtz_dastra_auth import DastraClientCredentials, SharedTokenStore
from fleet.caches import CACHES, Servers
from fleet.counted import CountedCache
from fleet.plans import URL, Plan, Report

_MOST_TOLD = 100
# Those of an event loop. In a larger pool the time that it takes to hand one out adds up.
_CONNECTIONS = 10


class Heard(logging.Handler):
    """Keeps what the package warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


class Callers:
    """All callers of this process, and what became of their calls."""

    def __init__(self, plan: Plan, auth: DastraClientCredentials) -> None:
        self._plan = plan
        self._auth = auth
        self._end = 0.0
        self.milliseconds: list[float] = []
        self.failures: list[str] = []

    def run(self) -> None:
        """Call until the time of the plan is over."""
        name, _, backend = self._plan.client.partition("-")
        if not backend:
            self._run_threads()
            return
        library = {"httpx.AsyncClient": httpx, "httpx2.AsyncClient": httpx2}[name]
        anyio.run(self._run_tasks, library, backend=backend)

    def _run_threads(self) -> None:
        options: dict[str, Any] = {"timeout": self._plan.timeout}
        if not self._plan.client.startswith("requests"):
            options["verify"] = _trusted()
        # One for each: in one that threads share, httpcore at times closes a connection that a
        # thread has just been given (encode/httpcore#1110).
        made = [
            clients.make(self._plan.client, self._auth, **options)
            for _ in range(self._plan.callers)
        ]
        for client in made:
            client.get(URL, auth=_nobody)
        self._wait_for_the_others()
        threads = [
            threading.Thread(target=self._call_from_a_thread, args=(client.get, seed), daemon=True)
            for seed, client in enumerate(made)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in made:
            client.close()

    def _call_from_a_thread(self, get: Callable[[str], Any], seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311  # nothing of it is a secret
        while time.time() < self._end:
            before = time.perf_counter()
            try:
                answer = get(URL)
            except Exception as error:
                answer = error
            self._ended(before, answer)
            time.sleep(self._pause(chance))

    async def _run_tasks(self, library: ModuleType) -> None:
        limits = library.Limits(max_connections=_CONNECTIONS)
        options = {"timeout": self._plan.timeout, "limits": limits, "verify": _trusted()}
        async with library.AsyncClient(auth=self._auth, **options) as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(_CONNECTIONS):
                    tasks.start_soon(partial(client.get, URL, auth=_nobody))
            self._wait_for_the_others()
            async with anyio.create_task_group() as tasks:
                for seed in range(self._plan.callers):
                    tasks.start_soon(self._call_from_a_task, client.get, seed)

    async def _call_from_a_task(self, get: Callable[[str], Any], seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311  # nothing of it is a secret
        while time.time() < self._end:
            before = time.perf_counter()
            try:
                answer = await get(URL)
            except Exception as error:
                answer = error
            self._ended(before, answer)
            await anyio.sleep(self._pause(chance))

    def _wait_for_the_others(self) -> None:
        print(json.dumps({"ready": True}), flush=True)
        begin = json.loads(sys.stdin.readline())["at"]
        self._end = begin + self._plan.seconds
        time.sleep(max(begin - time.time(), 0))

    def _pause(self, chance: random.Random) -> float:
        return max(min(chance.uniform(0, 2 * self._plan.pause), self._end - time.time()), 0)

    def _ended(self, before: float, answer: Any) -> None:
        self.milliseconds.append(round(1000 * (time.perf_counter() - before), 1))
        if isinstance(answer, Exception):
            self.failures.append(f"{type(answer).__name__}: {answer}")
        elif answer.status_code != 200:
            self.failures.append(f"status {answer.status_code}")


def _nobody(request: Any) -> Any:
    """Be the auth of a call that only opens a connection, as all first calls together would."""
    return request


def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])


def _won() -> None:
    # In one piece, from whatever thread.
    sys.stdout.write(json.dumps({"lease": "won"}) + "\n")
    sys.stdout.flush()


def main() -> None:
    told = json.loads(sys.stdin.readline())
    plan = Plan(**told["plan"])
    heard = Heard()
    logging.getLogger("dtz_dastra_auth").addHandler(heard)
    store, counted = None, None
    if plan.cache is not None:
        counted = CountedCache(CACHES[plan.cache].make(Servers(**told["servers"])), won=_won)
        store = SharedTokenStore(counted)
    callers = Callers(plan, DastraClientCredentials.from_env(store=store))
    callers.run()
    report = Report(
        callers.milliseconds,
        callers.failures,
        dict(counted.asked) if counted else {},
        dict(counted.errors) if counted else {},
        counted.on_loop if counted else 0,
        heard.messages[:_MOST_TOLD],
    )
    print(json.dumps({"report": dataclasses.asdict(report)}), flush=True)


if __name__ == "__main__":
    main()
