"""Let 32 threads and 200 tasks call through one auth object for minutes, against faulty services.

    python bench/soak.py [--seconds 120]

Tokens live 2 s; one token request in five is refused, one call in fifty gets a 401, one connection
in two hundred is dropped. The exit status is 1 when a bound is broken. A dropped call is its
caller's own. A dropped token request ends a call of httpx, and those who waited are told: both are
counted, and are no failures.
"""

import argparse
import itertools
import json
import logging
import os
import random
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2
import requests
from requests.adapters import HTTPAdapter

from dtz_dastra_auth import DastraClientCredentials, TokenError
from dtz_dastra_auth._flight import Flight

SERVICES = Path(__file__).with_name("soak_services.py")
THREADS, TASKS = 32, 200
LIFETIME, EARLY = 2.0, 0.4
# Seconds a caller lets pass between two calls, on average.
PAUSE = 1.0
TIMEOUT = 20.0
# What may come and go: files with connections, and memory with whatever is in flight.
MORE_FILES, MORE_MEGABYTES = 24, 24
TOLD = "told of a dropped token request"
TRANSPORT = (requests.ConnectionError, httpx.TransportError, httpx2.TransportError)
DROPPED = ("ReadError", "RemoteProtocolError", "WriteError", "ConnectError", "ConnectionError")


@dataclass
class Soak:
    """What all callers share.

    Attributes:
        auth: The one auth object.
        url: What is called.
        end: When to stop, in monotonic seconds.
        counts: How calls ended.
        failures: The errors that no caller should have met.
        waited: How long calls were held up by somebody else's renewal, in seconds.
        late: How late event loops came back to a task that had slept, in seconds.
    """

    auth: DastraClientCredentials
    url: str
    end: float
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def goes_on(self) -> bool:
        """Tell whether there is time for another call."""
        return time.monotonic() < self.end

    def headers(self) -> dict[str, str]:
        """Give a call a number, by which the services know its replay."""
        return {"X-Call": str(next(self.numbers))}

    def pause(self, chance: random.Random) -> float:
        """Give the seconds until a caller's next call, none of them beyond the end."""
        left = self.end - time.monotonic()
        return max(min(chance.uniform(0, 2 * PAUSE), left), 0)

    def ended(self, response: Any) -> None:
        """Take note of an answer."""
        if response.status_code == 200:
            self.counts["answered"] += 1
        else:
            self.failures.append(f"status {response.status_code}")

    def met(self, error: Exception) -> None:
        """Take note of an error; most of them are nobody's fault."""
        request = getattr(error, "request", None)
        if isinstance(error, TokenError) and str(error).rpartition(".")[2] in DROPPED:
            self.counts[TOLD] += 1
        elif isinstance(error, TokenError) or not isinstance(error, TRANSPORT):
            self.failures.append(f"{type(error).__name__}: {error}")
        elif "account.dastra.eu" in str(getattr(request, "url", "")):
            self.counts["token request dropped"] += 1
        else:
            self.counts["dropped, and made once more"] += 1


def call_from_a_thread(soak: Soak, get: Callable[..., Any], seed: int) -> None:
    """Be one of the threads."""
    chance = random.Random(seed)
    time.sleep(soak.pause(chance))
    while soak.goes_on():
        try:
            soak.ended(get(soak.url, headers=soak.headers()))
        except Exception as error:
            soak.met(error)
        time.sleep(soak.pause(chance))


async def call_from_tasks(soak: Soak, library: ModuleType, count: int) -> None:
    """Be one event loop with its tasks."""
    options = {"timeout": TIMEOUT, "limits": library.Limits(max_connections=10)}
    async with library.AsyncClient(auth=soak.auth, **options) as client:

        async def call(seed: int) -> None:
            chance = random.Random(seed)
            await anyio.sleep(soak.pause(chance))
            while soak.goes_on():
                try:
                    soak.ended(await client.get(soak.url, headers=soak.headers()))
                except Exception as error:
                    soak.met(error)
                await anyio.sleep(soak.pause(chance))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tick, soak)
            for seed in range(count):
                tasks.start_soon(call, seed)


async def tick(soak: Soak) -> None:
    """Measure how late the event loop is."""
    while soak.goes_on():
        before = time.perf_counter()
        await anyio.sleep(0.01)
        soak.late.append(time.perf_counter() - before - 0.01)


@contextmanager
def waits_measured(waited: list[float]) -> Iterator[None]:
    """Measure how long callers wait for flights, in the only place where that can be seen."""
    join, join_async = Flight.join, Flight.join_async

    def timed(self: Flight, seconds: float) -> Any:
        before = time.perf_counter()
        try:
            return join(self, seconds)
        finally:
            waited.append(time.perf_counter() - before)

    async def timed_async(self: Flight, seconds: float) -> Any:
        before = time.perf_counter()
        try:
            return await join_async(self, seconds)
        finally:
            waited.append(time.perf_counter() - before)

    Flight.join, Flight.join_async = timed, timed_async  # type: ignore[method-assign]
    try:
        yield
    finally:
        Flight.join, Flight.join_async = join, join_async  # type: ignore[method-assign]


def clients(soak: Soak) -> Iterator[Any]:
    """Make the blocking clients, one for each thread but those of requests, which share one."""
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=THREADS))
    for _ in range(THREADS - THREADS // 3 * 2):
        yield session, partial(session.get, auth=soak.auth, timeout=TIMEOUT)
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    for library in (httpx, httpx2) * (THREADS // 3):
        # Where threads share a client, httpcore at times closes a connection that one of them has
        # just been given (encode/httpcore#1110).
        client = library.Client(auth=soak.auth, timeout=TIMEOUT, verify=context)
        yield client, client.get


def callers(soak: Soak, made: list[Any]) -> list[threading.Thread]:
    """Make the threads: those that call, and those that run an event loop."""
    threads = [
        threading.Thread(target=call_from_a_thread, args=(soak, get, seed), daemon=True)
        for seed, (_, get) in enumerate(made)
    ]
    for library in (httpx, httpx2):
        for backend in ("asyncio", "trio"):
            run = partial(anyio.run, call_from_tasks, soak, library, TASKS // 4, backend=backend)
            threads.append(threading.Thread(target=run, daemon=True))
    return threads


def usage() -> tuple[int, int, float]:
    """Give how many threads and files there are, and the megabytes of memory in use."""
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), memory / 1e6


def watch(soak: Soak, services: Any) -> list[tuple[int, int, float]]:
    """Look at what the process uses, once a second, until the end."""
    seen = []
    while soak.goes_on():
        time.sleep(1)
        services.stdin.write("\n")
        services.stdin.flush()
        seen.append(usage())
    return seen[:-1]  # the last look was at callers that are leaving


def broken(
    soak: Soak, counted: dict[str, int], used: list[tuple[int, int, float]], seconds: float
) -> list[str]:
    """Compare what was found with what may be, and say what is wrong."""
    half = len(used) // 2
    threads, files, memory = (
        max((late[i] for late in used[half:]), default=0)
        - max((early[i] for early in used[:half]), default=0)
        for i in range(3)
    )
    dropped, ended = counted["token requests dropped"], soak.counts["token request dropped"]
    most = 1 + seconds / (LIFETIME - EARLY) + counted["refused"] + dropped + counted["rejected"]
    print(f"growth          {threads} threads, {files} files, {memory:.1f} MB")
    print(f"token requests  {counted['token requests']}, at most {most:.0f}")
    found = {
        f"{len(soak.failures)} calls failed, such as {soak.failures[:3]}": bool(soak.failures),
        f"{dropped} dropped token requests ended {ended} calls": ended > dropped,
        "a drop that did not happen is told of": soak.counts[TOLD] > 0 == dropped,
        "too many token requests": counted["token requests"] > most,
        "threads grow": threads > 0,
        "files grow": files > MORE_FILES,
        "memory grows": memory > MORE_MEGABYTES,
        "too little to tell": half < 5 or soak.counts["answered"] < 20 * seconds,
    }
    return [what for what, is_so in found.items() if is_so]


def run(seconds: float, services: Any) -> int:
    """Soak, print what was found, and give the exit status."""
    ready = json.loads(services.stdout.readline())
    os.environ.clear()
    os.environ.update(ready["environment"])
    auth = DastraClientCredentials.from_env()
    soak = Soak(auth, ready["url"], time.monotonic() + seconds)
    made = list(clients(soak))
    with waits_measured(soak.waited):
        threads = callers(soak, made)
        for thread in threads:
            thread.start()
        used = watch(soak, services)
        for thread in threads:
            thread.join(2 * TIMEOUT)
    hanging = sum(thread.is_alive() for thread in threads)
    for client, _ in made:
        client.close()
    counted = json.loads(services.communicate(timeout=TIMEOUT)[0])
    print(f"services        {counted}")
    print(f"calls           {dict(soak.counts)}, {len(soak.failures)} failed")
    wrong = broken(soak, counted, used, seconds)
    waited = len(soak.waited)
    print(f"hold-up         {told(soak.waited)} of {waited} calls by a renewal of another's")
    print(f"                {told(soak.late)} of the event loops")
    wrong += [f"{hanging} callers hang"] * bool(hanging)
    print(f"broken          {'; '.join(wrong) or 'nothing'}")
    return 1 if wrong else 0


def told(measured: list[float]) -> str:
    """Give the longest and the middle one of measured times, in milliseconds."""
    times = sorted(1000 * seconds for seconds in measured or [0.0])
    return f"{times[-1]:.0f} ms at most, {times[len(times) // 2]:.0f} ms for half"


def main() -> int:
    """Read the command line, and start the services."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="how long (default: 120)")
    seconds = parser.parse_args().seconds
    # Each refused token request is a warning, and they are counted already.
    logging.getLogger("dtz_dastra_auth").addHandler(logging.NullHandler())
    command, pipe = [sys.executable, str(SERVICES)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as services:
        try:
            return run(seconds, services)
        finally:
            services.kill()


if __name__ == "__main__":
    sys.exit(main())
