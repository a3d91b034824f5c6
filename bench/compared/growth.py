"""What a call costs with 1, 100 and 10,000 identities in one process.

Each identity has a key pair and an auth object of its own, all of them share a store, and calls
go round by round over all: ones that attach a token, and ones whose token is refused, renewed and
replaced. With more identities a processor's caches hold less of each, whoever looks after them:
beside ours is the same by hand, with a header for each identity.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import httpx
import httpx2
import requests
from compared.crowd import STEP, URL, Crowd, ServiceAdapter, ServiceTransport
from compared.quiet import Adapter, Transport
from compared.series import BY_HAND, OURS, Options, Series, Verdict, ratio
from compared.turns import Case, in_turns, on_loop

MEASURE = "growth"
SIZES, QUICK_SIZES = (1, 100, 10_000), (1, 10, 100)
AT_MOST = 1.2
ATTACH, REFUSED = "attach", "401"


def measure(options: Options) -> list[Series]:
    """Measure every setting, one after the other.

    Args:
        options: How thoroughly.
    """
    sizes = QUICK_SIZES if options.quick else SIZES
    rounds, seconds = (2, 0.0002) if options.quick else (31, 0.04)
    with asyncio.Runner() as runner:
        return [
            Series(MEASURE, setting, name, values)
            for setting, cases in settings(sizes, runner)
            for name, values in in_turns(cases, rounds=rounds, seconds=seconds).items()
        ]


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge all settings of this package: the most identities beside one.

    Args:
        series: What `measure` gave.
    """
    judged = []
    for setting, group in groupby(series, lambda each: each.setting):
        if setting.endswith(OURS):
            one, *_, most = group
            found = ratio(most, one).median
            asked = f"{most.contender}: at most {AT_MOST:.2f} × {one.contender}"
            judged.append(Verdict(MEASURE, setting, asked, f"{found:.3f} ×", found <= AT_MOST))
    return judged


def settings(sizes: Sequence[int], runner: asyncio.Runner) -> Iterator[tuple[str, dict[str, Case]]]:
    """Give the contenders of each setting: the same, with more and more identities.

    Args:
        sizes: How many identities there are.
        runner: Has the event loop of those that need one.
    """
    session = requests_session(ServiceAdapter())
    crowds = {named(size): Crowd(size, session) for size in sizes}

    def each(make: Callable[[Crowd], Case]) -> dict[str, Case]:
        return {name: make(crowd) for name, crowd in crowds.items()}

    yield f"requests, {ATTACH}, {BY_HAND}", each(prepare_by_hand)
    yield f"requests, {ATTACH}, {OURS}", each(prepare)
    yield f"requests, {REFUSED}, {OURS}", each(get)
    for library in (httpx, httpx2):
        quiet, refusing = Transport(library), ServiceTransport(library)
        made = partial(made_client, library.Client, quiet)
        yield f"{library.__name__}.Client, {ATTACH}, {BY_HAND}", each(partial(send_by_hand, made))
        for what, transport in ((ATTACH, quiet), (REFUSED, refusing)):
            made = partial(made_client, library.Client, transport)
            yield f"{library.__name__}.Client, {what}, {OURS}", each(partial(send, made))
            made = partial(made_client, library.AsyncClient, transport)
            cases = each(partial(send_async, made, runner))
            yield f"{library.__name__}.AsyncClient, {what}, {OURS}", cases


def named(size: int) -> str:
    """Name a number of identities."""
    return "1 identity" if size == 1 else f"{size:,} identities"


def requests_session(adapter: Adapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", adapter)
    return session


def made_client(make: Any, transport: Transport) -> Any:
    return make(transport=transport, trust_env=False)


def prepare_by_hand(crowd: Crowd) -> Case:
    session, headers = requests_session(Adapter()), crowd.headers()
    return lambda: session.prepare_request(requests.Request("GET", URL, headers=next(headers)))


def prepare(crowd: Crowd) -> Case:
    session, auths = requests_session(Adapter()), crowd.auths()
    return lambda: session.prepare_request(requests.Request("GET", URL, auth=next(auths)))


def get(crowd: Crowd) -> Case:
    session, auths, clock = requests_session(ServiceAdapter()), crowd.auths(), crowd.clock

    def call() -> None:
        clock.move(STEP)
        expect_200(session.get(URL, auth=next(auths)))

    return call


def send_by_hand(make: Callable[[], Any], crowd: Crowd) -> Case:
    client, headers = make(), crowd.headers()
    return lambda: client.send(client.build_request("GET", URL, headers=next(headers)))


def send(make: Callable[[], Any], crowd: Crowd) -> Case:
    client, auths, clock = make(), crowd.auths(), crowd.clock

    def call() -> None:
        clock.move(STEP)
        expect_200(client.send(client.build_request("GET", URL), auth=next(auths)))

    return call


def send_async(make: Callable[[], Any], runner: asyncio.Runner, crowd: Crowd) -> Case:
    client, auths, clock = make(), crowd.auths(), crowd.clock

    async def call() -> None:
        clock.move(STEP)
        expect_200(await client.send(client.build_request("GET", URL), auth=next(auths)))

    return on_loop(runner, call)


def expect_200(response: Any) -> None:
    """Make sure that what is timed is a call that is answered in the end."""
    if response.status_code != 200:
        raise AssertionError(response)
