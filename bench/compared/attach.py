"""What a credential costs on each request: with it, without it, by hand, and by the peers.

Four ways: ``per request``, where the credential is handed over with each request; ``on the
client``, where the session or client has it; ``whole call``, which is the session's own ``get``,
for peers that are sessions themselves; and ``bare``, the auth object's part alone. In requests the
first two are ``session.prepare_request``, in httpx and httpx2 all are sent to a transport that
does nothing.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from compared import peers
from compared.clients import BARE, PER_REQUEST, WHOLE_CALL, Client, clients
from compared.contenders import (
    CACHED_TOKEN,
    METHODS,
    QUERY,
    TOKEN,
    Contender,
    Method,
    contenders,
)
from compared.quiet import Note
from compared.series import AHEAD_OF, BY_HAND, OURS, WITHOUT, Options, Series, Verdict, ratio
from compared.turns import Case, in_turns

MEASURE = "attach"
ORIGIN = "https://api.example.org"
URL = f"{ORIGIN}/v1/things/17"
# Of the same by hand, for each request.
AT_MOST = {"requests": 1.10, "httpx": 1.15, "httpx2": 1.15}
QUERY_AT_MOST = 1.3


def measure(options: Options) -> list[Series]:
    """Measure every setting, one after the other.

    Args:
        options: How thoroughly.
    """
    rounds, seconds = (2, 0.0002) if options.quick else (93, 0.007)
    with asyncio.Runner() as runner:
        return [
            Series(MEASURE, setting, name, values)
            for setting, cases in settings(runner)
            for name, values in in_turns(cases, rounds=rounds, seconds=seconds).items()
        ]


def settings(
    runner: asyncio.Runner, note: Note | None = None
) -> Iterator[tuple[str, dict[str, Case]]]:
    """Give the contenders of each setting.

    Args:
        runner: Has the event loop of those that need one.
        note: Told of each request; None to measure.
    """
    for client in clients(URL, runner, note):
        for method in METHODS:
            compared = contenders(client.name, method, ORIGIN)
            for way, make in client.ways().items():
                cases = {each.name: make(each) for each in compared if _fits(each, method, way)}
                cases |= _more(client, method, way, note)
                if way != WHOLE_CALL or len(cases) > len((WITHOUT, BY_HAND, OURS)):
                    yield f"{client.name}, {method.name}, {way}", cases


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge all settings but those of the bare auth object.

    Args:
        series: What `measure` gave.
    """
    return [
        verdict
        for setting, group in groupby(series, lambda each: each.setting)
        for verdict in _judged(setting, {each.contender: each for each in group})
    ]


def _fits(contender: Contender, method: Method, way: str) -> bool:
    if way == WHOLE_CALL:
        # Peers that are no sessions are in the other settings.
        return contender.name in {WITHOUT, BY_HAND, OURS}
    # Nobody writes a query into a URL by hand, who can have it made from parameters.
    return not (way == BARE and method is QUERY and contender.name == BY_HAND)


def _more(client: Client, method: Method, way: str, note: Note | None) -> dict[str, Case]:
    if method is not CACHED_TOKEN:
        return {}
    if way == WHOLE_CALL:
        calls = peers.sessions(client.name, TOKEN, URL, note)
        return {name: client.case(call) for name, call in calls.items()}
    if way == BARE and client.name == "requests":
        name = f"policy of {peers.named('azure-core')}, on a request of its own"
        return {name: peers.azure_policy(TOKEN, URL, note)}
    return {}


def _judged(setting: str, by: dict[str, Series]) -> Iterable[Verdict]:
    client, method, way = setting.split(", ")
    if way == BARE:
        return
    ours = by[OURS]
    if way == PER_REQUEST:
        bound = QUERY_AT_MOST if method == QUERY.name else AT_MOST[client.partition(".")[0]]
        found = ratio(ours, by[BY_HAND]).median
        asked = f"at most {bound:.2f} × {BY_HAND}"
        yield Verdict(MEASURE, setting, asked, f"{found:.3f} ×", found <= bound)
    theirs = [each for name, each in by.items() if name not in {OURS, BY_HAND, WITHOUT}]
    if theirs:
        # The one that is ahead of ours by most, or behind it by least.
        found, fastest = max((ratio(ours, each).median, each.contender) for each in theirs)
        yield Verdict(MEASURE, setting, f"{AHEAD_OF}{fastest}", f"{found:.3f} ×", found < 1)
