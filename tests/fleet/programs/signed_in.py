"""Be one process that a person is signed in to: make one auth object, and do what it is told.

The first line of input says what the object is made of, each other one what to do; the answer to
each is a line too. Both are JSON; `fleet.persons` writes and reads them.
"""

import hashlib
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import requests

import clients
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraRefreshToken,
    DtzAuthorizationCode,
    DtzBearer,
    MemoryTokenStore,
    SharedTokenStore,
    TokenStore,
)
from dtz_dastra_auth._token import Instant
from fleet.caches import CACHES, Cache, Servers
from fleet.plans import URL

DTZ_URL = "https://api.dtz.rocks/v1/me"
# Seconds between two calls of one caller, where it goes on calling.
PAUSE = 0.1


class AheadClock:
    """The machine's clocks, and as much on top as a test says."""

    seconds = 0.0

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(time.monotonic() + self.seconds, time.time() + self.seconds)


class DeadlyCache:
    """A cache that ends the process when it is to keep something for long."""

    def __init__(self, cache: Cache) -> None:
        self.get, self.add, self.delete = cache.get, cache.add, cache.delete

    def set(self, key: str, value: str, timeout: Any = None) -> None:
        os._exit(9)


class Process:
    """This process."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._lock = threading.Lock()
        self._clock = AheadClock()
        self._told: list[str] = []
        self._store = self._made_store()
        self._auth = self._made_auth()
        self._client = clients.make(plan["client"], self._auth, timeout=30.0)

    def _made_store(self) -> TokenStore:
        plan = self._plan
        if plan["cache"] is None:
            return MemoryTokenStore(clock=self._clock)
        cache = CACHES[plan["cache"]].make(Servers(**plan["servers"]))
        if plan["dies"] == "keeping":
            cache = DeadlyCache(cache)
        return SharedTokenStore(cache, clock=self._clock)

    def _made_auth(self) -> Any:
        plan, options = self._plan, {"store": self._store, "timeout": self._plan["timeout"]}
        if plan["service"] == "dtz":
            code = DtzAuthorizationCode(
                plan["code"], plan["context_id"], plan["redirect_uri"], **options
            )
            return DtzBearer(code)
        keys = os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"]
        if plan["tells"]:
            options["on_refresh_token"] = self._tell
        if plan["code"] is not None:
            return DastraAuthorizationCode(plan["code"], plan["redirect_uri"], *keys, **options)
        return DastraRefreshToken(plan["refresh_token"], *keys, **options)

    def _tell(self, new: str) -> None:
        if self._plan["dies"] == "telling":
            os._exit(9)
        with self._lock:
            self._told.append(new)
        if self._plan["marks"]:
            # Noted by the stand-in between the calls that it was told before or after.
            name = hashlib.sha256(new.encode()).hexdigest()
            requests.get(f"https://api.dastra.eu/v1/told/{name}", timeout=30)

    def call(self, callers: int, at: float = 0.0) -> list[Any]:
        """Make so many calls at once; give the status of each, or what it met."""
        time.sleep(max(at - time.time(), 0))
        url = DTZ_URL if self._plan["service"] == "dtz" else URL
        return [_outcome(answer) for answer in self._client.together(callers, url)]

    def go_on(self, callers: int, seconds: float, at: float) -> list[Any]:
        """Call again and again, from so many threads or in as many tasks at once."""
        outcomes: list[Any] = []
        while time.time() < at + seconds:
            outcomes += self.call(callers, at)
            time.sleep(PAUSE)
        return outcomes

    def fork(self) -> Any:
        """Make a call in a forked child; give what came of it."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            client = clients.make(self._plan["client"], self._auth, timeout=30.0)
            url = DTZ_URL if self._plan["service"] == "dtz" else URL
            [answer] = _calls(client, url)
            os.write(writing, json.dumps(_outcome(answer)).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            outcome = json.loads(pipe.read())
        os.waitpid(child, 0)
        return [outcome]

    def forward(self, seconds: float) -> None:
        """Have the clock of the store go ahead."""
        self._clock.seconds += seconds

    def close(self) -> None:
        """End the client."""
        self._client.close()

    def told(self) -> list[str]:
        """Give the refresh tokens that this process was told of."""
        return list(self._told)


def _calls(client: clients.Client, url: str) -> list[Any]:
    try:
        return [client.get(url)]
    except Exception as error:
        return [error]


def _outcome(answer: Any) -> Any:
    if isinstance(answer, Exception):
        return [type(answer).__name__, getattr(answer, "error", None), str(answer)]
    return answer.status_code


def main() -> None:
    process = Process(json.loads(sys.stdin.readline()))
    try:
        obey(process)
    finally:
        # Else its event loop would keep this process alive.
        process.close()


def obey(process: Process) -> None:
    """Do what each line of input says."""
    print(json.dumps({"ready": True}), flush=True)
    # A thread of its own for each thing: httpx's clients remember the loop of the last one.
    with ThreadPoolExecutor(1) as pool:
        for line in sys.stdin:
            told = json.loads(line)
            do = partial(getattr(process, told.pop("do")), **told)
            print(json.dumps({"done": pool.submit(do).result()}), flush=True)


if __name__ == "__main__":
    main()
