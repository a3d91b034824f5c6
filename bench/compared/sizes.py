"""How much memory something takes, measured in the process that this runs in.

`memory` runs it as a process of its own, with what is to be measured as arguments, and reads the
numbers from its output: what other measures have left behind would be in the way.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
from compared.clients import ON_CLIENT, clients
from compared.contenders import METHODS, Contender, ours
from compared.quiet import Note
from compared.series import BY_HAND, OURS
from compared.turns import Case, Repeated

import dtz_dastra_auth as package

ORIGIN, TOKEN = "https://api.dastra.eu", "token-of-the-service"

# Two texts of each object's own and its options; what the object is made of.
Make = Callable[..., Any]

CLASSES: dict[str, Make] = {
    "DastraClientCredentials": package.DastraClientCredentials,
    "DastraAuthorizationCode": lambda name, key, **more: package.DastraAuthorizationCode(
        f"code of {name}", "https://shop.example/callback", name, key, **more
    ),
    "DastraRefreshToken": lambda name, key, **more: package.DastraRefreshToken(
        f"refresh token of {name}", name, key, **more
    ),
    "DastraApiKey": lambda name, key, **more: package.DastraApiKey(key, **more),
    "DtzApiKey": lambda name, key, **more: package.DtzApiKey(key, **more),
    "DtzApiKey with a context": lambda name, key, **more: package.DtzApiKey(
        key, context_id=name, **more
    ),
    "DtzBearer": lambda name, key, **more: package.DtzBearer(key, **more),
    "DtzBasic": lambda name, key, **more: package.DtzBasic("apikey", key, **more),
    "DtzCookie": lambda name, key, **more: package.DtzCookie(key, **more),
    "DtzQueryKey": lambda name, key, **more: package.DtzQueryKey(key, **more),
    "DtzBearer of a DtzLogin": lambda name, key, **more: package.DtzBearer(
        package.DtzLogin(name, key), **more
    ),
}
_WITH_DTZ_KEY = ("DtzApiKey", "DtzApiKey with a context", "DtzBasic", "DtzQueryKey")
STATES = ("default origins", "origins of its own", "after its first call")

_WARM_UP = 10


def resident(client: str, method: str, contender: str, warm_up: int, times: int) -> list[float]:
    """Tell how many bytes more the process has after so many calls, as the system sees it."""
    with calls(client, method, contender) as call:
        call(warm_up)
        gc.collect()
        before = _resident_bytes()
        call(times)
        gc.collect()
        return [_resident_bytes() - before]


def counted(client: str, method: str, contender: str, warm_up: int, times: int) -> list[float]:
    """Tell how many bytes more Python has handed out after so many calls, and objects."""
    with calls(client, method, contender) as call:
        tracemalloc.start()
        try:
            call(warm_up)
            # What is asked for the first time takes some memory itself.
            _counted()
            before, objects = _counted()
            call(times)
            after, more = _counted()
        finally:
            tracemalloc.stop()
    return [after - before, more - objects]


def each(name: str, state: str, objects: int) -> list[float]:
    """Tell how many bytes each of so many auth objects takes.

    The texts that a caller hands in are the caller's; copies of them are counted. A token's text is
    the service's, and is short here.

    Args:
        name: One of `CLASSES`.
        state: One of `STATES`.
        objects: How many.
    """
    make = CLASSES[name]
    given = [_arguments(name, number, state) for number in range(objects + _WARM_UP)]
    found: list[Any] = [None] * len(given)
    transport = httpx.MockTransport(_token_endpoint)
    with httpx.Client(transport=transport) as client:

        def use(numbers: range) -> None:
            for number in numbers:
                texts, more = given[number]
                found[number] = make(*texts, **more)
                if state == "after its first call":
                    client.get(ORIGIN, auth=found[number])

        use(range(objects, len(given)))
        tracemalloc.start()
        try:
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            use(range(objects))
            gc.collect()
            return [(tracemalloc.get_traced_memory()[0] - before) / objects]
        finally:
            tracemalloc.stop()


def made(name: str, number: int, state: str) -> Any:
    """Make one object of a class.

    Args:
        name: One of `CLASSES`.
        number: Which; another has other secrets.
        state: One of `STATES`.
    """
    texts, more = _arguments(name, number, state)
    return CLASSES[name](*texts, **more)


def elsewhere(what: str, *arguments: object) -> list[float]:
    """Run one of these functions in a process of its own.

    Args:
        what: The function's name.
        *arguments: Its arguments.
    """
    # Given by name: a script's own directory would hide libraries behind files beside this one.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-P", "-m", "compared.sizes", json.dumps([what, *arguments])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return list(map(float, json.loads(done.stdout)))


def here(what: str, *arguments: object) -> list[float]:
    """Run one of these functions in this process."""
    measures: dict[str, Callable[..., list[float]]]
    measures = {"resident": resident, "counted": counted, "each": each}
    return measures[what](*arguments)


def _arguments(name: str, number: int, state: str) -> tuple[Sequence[str], dict[str, object]]:
    key = "apikey" if name in _WITH_DTZ_KEY else "secret"
    texts = (f"name-{number:036}", f"{key}-{number:036}")
    if state == "origins of its own":
        return texts, {"origins": [f"https://tenant-{number}.example"]}
    return texts, {}


@contextmanager
def calls(
    client: str, method: str, contender: str, note: Note | None = None
) -> Iterator[Callable[[int], object]]:
    """Give what makes so many calls with a client that has the credential.

    Args:
        client: The name of a client.
        method: The name of a method.
        contender: This package, or by hand.
        note: Told of each request; None to measure.
    """
    kind = next(each for each in METHODS if each.name == method)
    who = (
        Contender(OURS, ours(kind, ORIGIN))
        if contender == OURS
        else Contender(BY_HAND, headers=kind.headers, params=kind.params)
    )
    with asyncio.Runner() as runner:
        every = clients(f"{ORIGIN}/v1/me", runner, note)
        found = next(each for each in every if each.name == client)
        case = found.ways()[ON_CLIENT](who)
        yield lambda times: repeated(case, times)


def repeated(case: Case, times: int) -> None:
    """Make so many calls of a case."""
    if isinstance(case, Repeated):
        case.seconds(times)
        return
    for _ in repeat(None, times):
        case()


def _token_endpoint(request: httpx.Request) -> httpx.Response:
    if request.method == "GET":
        return httpx.Response(200)
    token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86_400}
    return httpx.Response(200, json=token)


def _counted() -> tuple[int, int]:
    gc.collect()
    return tracemalloc.get_traced_memory()[0], len(gc.get_objects())


def _resident_bytes() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except FileNotFoundError:
        command = ["ps", "-o", "rss=", "-p", str(os.getpid())]
        return int(subprocess.run(command, check=True, capture_output=True).stdout) * 1024
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(here(*json.loads(sys.argv[1]))))
