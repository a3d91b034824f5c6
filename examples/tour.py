"""Run every method in every installed client, and print what went over the wire.

    python examples/tour.py             against stand-ins for both services, on this machine
    python examples/tour.py --live      against the real services, with your credentials
    python examples/tour.py --json      for machines

A row is one method in one client: three calls with one auth object. --live runs the methods whose
variables (below) are set; it reads and changes nothing there. Methods for which a person signs in
are left out there: a code is good for one row, and a refresh token would be spent. The exit status
is 0 when every call was answered with a 200.
"""

import argparse
import importlib
import importlib.util
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

import anyio
import requests
from wire import PERSON, REDIRECT_URI, Person, Wire, real_services, shown, stand_in_services

from dtz_dastra_auth import (
    AuthError,
    DastraApiKey,
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKey,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    MemoryTokenStore,
)

DASTRA = "https://api.dastra.eu/v1/workspaces"
DTZ = "https://identity.dtz.rocks/api/2021-02-21/me"
CALLS = 3
TIMEOUT = 10.0

# --- Methods: the variables that each needs, and the auth object that is made of their values ----

PAIR = ("DASTRA_PUBLIC_KEY", "DASTRA_PRIVATE_KEY")
KEY = ("DTZ_API_KEY",)
TOKEN = ("DTZ_ACCESS_TOKEN",)
LOGIN = ("DTZ_USERNAME", "DTZ_PASSWORD")
CONTEXT = ("DTZ_CONTEXT_ID",)


# Equal objects share a token: without stores of their own, only the first client of a method
# would be seen to ask for one.
def key_pair(public: str, private: str) -> DastraClientCredentials:
    """Make an object that shares its token with no other."""
    return DastraClientCredentials(public, private, store=MemoryTokenStore())


def login(username: str, password: str, context_id: str | None = None) -> DtzBearer:
    """Make an object that shares its token with no other."""
    return DtzBearer(DtzLogin(username, password, context_id=context_id, store=MemoryTokenStore()))


def exchange(api_key: str, context_id: str | None = None) -> DtzBearer:
    """Make an object that shares its token with no other."""
    source = DtzApiKeyExchange(api_key, context_id=context_id, store=MemoryTokenStore())
    return DtzBearer(source)


def code(public: str, private: str, person: Person) -> DastraAuthorizationCode:
    """Make an object of a person who has just signed in."""
    return DastraAuthorizationCode(
        person.dastra_code(), REDIRECT_URI, public, private, store=MemoryTokenStore()
    )


def refresh_token(public: str, private: str, person: Person) -> DastraRefreshToken:
    """Make an object of a person who has signed in before."""
    token = person.dastra_refresh_token()
    return DastraRefreshToken(token, public, private, store=MemoryTokenStore())


def dtz_code(context_id: str, person: Person) -> DtzBearer:
    """Make an object of a person who has just signed in."""
    source = DtzAuthorizationCode(
        person.dtz_code(), context_id, REDIRECT_URI, store=MemoryTokenStore()
    )
    return DtzBearer(source)


class Method(NamedTuple):
    """A way to authenticate: `make` takes the values of `variables`."""

    name: str
    url: str
    variables: tuple[str, ...]
    make: Callable[..., Any]


METHODS = (
    Method("DastraClientCredentials", DASTRA, PAIR, key_pair),
    Method("DastraAuthorizationCode", DASTRA, (*PAIR, PERSON), code),
    Method("DastraRefreshToken", DASTRA, (*PAIR, PERSON), refresh_token),
    Method("DastraApiKey", DASTRA, PAIR[1:], DastraApiKey),
    Method("DtzApiKey", DTZ, KEY, DtzApiKey),
    Method("DtzApiKey+context", DTZ, KEY + CONTEXT, lambda k, c: DtzApiKey(k, context_id=c)),
    Method("DtzBearer string", DTZ, TOKEN, DtzBearer),
    Method("DtzBearer callable", DTZ, TOKEN, lambda token: DtzBearer(lambda: token)),
    Method("DtzBearer login", DTZ, LOGIN, login),
    Method("DtzBearer login+context", DTZ, LOGIN + CONTEXT, login),
    Method("DtzBearer key", DTZ, KEY, exchange),
    Method("DtzBearer key+context", DTZ, KEY + CONTEXT, exchange),
    Method("DtzBearer code", DTZ, (*CONTEXT, PERSON), dtz_code),
    Method("DtzBasic key", DTZ, KEY, partial(DtzBasic, "apikey")),
    Method("DtzBasic bearer", DTZ, TOKEN, partial(DtzBasic, "bearer")),
    Method("DtzCookie", DTZ, TOKEN, DtzCookie),
    Method("DtzQueryKey", DTZ, KEY, DtzQueryKey),
    Method("DtzQueryKey+context", DTZ, KEY + CONTEXT, lambda k, c: DtzQueryKey(k, context_id=c)),
)

# --- Clients: each calls as its users do, and hands every response on ----------------------------

Answered = Callable[[Any], None]


def requests_session(auth: Any, url: str, answered: Answered) -> None:
    """Call with one session, whose ``auth`` is set."""
    with requests.Session() as session:
        session.auth = auth
        for _ in range(CALLS):
            answered(session.get(url, timeout=TIMEOUT))


def requests_get(auth: Any, url: str, answered: Answered) -> None:
    """Call without a session."""
    for _ in range(CALLS):
        answered(requests.get(url, auth=auth, timeout=TIMEOUT))


def httpx_client(library: Any, auth: Any, url: str, answered: Answered) -> None:
    """Call with the blocking client of httpx or httpx2."""
    with library.Client(auth=auth, timeout=TIMEOUT) as client:
        for _ in range(CALLS):
            answered(client.get(url))


async def httpx_async_client(library: Any, auth: Any, url: str, answered: Answered) -> None:
    """Call with the async client of httpx or httpx2."""
    async with library.AsyncClient(auth=auth, timeout=TIMEOUT) as client:
        for _ in range(CALLS):
            answered(await client.get(url))


Client = Callable[[Any, str, Answered], None]


def installed(*names: str) -> list[str]:
    """Pick the modules that can be imported."""
    return [name for name in names if importlib.util.find_spec(name)]


def installed_clients() -> dict[str, Client]:
    """Name every client that can be had here."""
    clients: dict[str, Client] = {
        "requests.Session": requests_session,
        "requests.get": requests_get,
    }
    for name in installed("httpx", "httpx2"):
        library = importlib.import_module(name)
        clients[f"{name}.Client"] = partial(httpx_client, library)
        calls = partial(httpx_async_client, library)
        for backend in ("asyncio", *installed("trio")):
            clients[f"{name}.AsyncClient {backend}"] = partial(anyio.run, calls, backend=backend)
    return clients


# --- The tour ------------------------------------------------------------------------------------


@dataclass
class Row:
    """One method in one client; `round_trips` are those of the first call."""

    method: str
    client: str
    wire: str = ""
    status: int | None = None
    round_trips: int = 0
    token_requests: int = 0
    error: str | None = None


def visit(row: Row, auth: Callable[[], Any], url: str, client: Client, wire: Wire) -> Row:
    """Make the calls of one row, and fill it in."""
    before = len(wire())
    statuses: list[int] = []

    def answered(response: Any) -> None:
        # A service may send whoever is not signed in to a login page, which is a 200 too.
        statuses.append([*response.history, response][0].status_code)
        row.round_trips = row.round_trips or len(wire()) - before

    try:
        client(auth(), url, answered)
        row.status = next((status for status in statuses if status != 200), 200)
    except Exception as error:
        # An HTTP library's own text may hold the URL, and with it a key.
        said = f": {error}" if isinstance(error, AuthError) else ""
        row.error = f"{type(error).__name__}{said}"
    sent = wire()[before:]
    calls = [request for request in sent if not request.is_token_request]
    row.token_requests = len(sent) - len(calls)
    row.wire = shown(calls[0]) if calls else ""
    return row


def tour(credentials: Mapping[str, Any], wire: Wire, left_out: list[str]) -> Iterator[Row]:
    """Visit every method in every client, and note what had to be left out."""
    clients = installed_clients()
    left_out += [f"{name}: not installed" for name in ("httpx2", "trio") if not installed(name)]
    for method in METHODS:
        missing = [name for name in method.variables if name not in credentials]
        if PERSON in missing:
            left_out.append(f"{method.name}: {PERSON} has to sign in")
            continue
        if missing:
            left_out.append(f"{method.name}: {', '.join(missing)} not set")
            continue
        make = partial(method.make, *(credentials[name] for name in method.variables))
        for name, client in clients.items():
            yield visit(Row(method.name, name), make, method.url, client, wire)


def printed(rows: Iterable[Row]) -> Iterator[Row]:
    """Print each row as it comes, and hand it on."""
    line = "{:23}  {:26}  {:45}  {:>6} {:>5} {:>6}".format
    print("trips: round trips of the first call; tokens: token requests of all three calls\n")
    print(line("method", "client", "on the wire", "status", "trips", "tokens"))
    for row in rows:
        numbers = (row.status or "error", row.round_trips, row.token_requests)
        print(line(row.method, row.client, row.wire, *numbers), flush=True)
        if row.error:
            print(f"error: {row.method} in {row.client}: {row.error}", file=sys.stderr)
        yield row


def main() -> int:
    """Run the program and give its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--live", action="store_true", help="call the real services")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    # What it would say of a failure stands in the table already.
    logging.getLogger("dtz_dastra_auth").setLevel(logging.CRITICAL)
    left_out: list[str] = []
    with real_services() if options.live else stand_in_services() as (credentials, wire):
        visits = tour(credentials, wire, left_out)
        rows = list(visits if options.json else printed(visits))
    good = sum(row.status == 200 for row in rows)
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "left_out": left_out}, indent=1))
    else:
        against = "the real services" if options.live else "the stand-ins"
        print(f"\n{good} of {len(rows)} rows got nothing but 200 from {against}")
        for reason in left_out:
            print(f"left out: {reason}")
    return 0 if rows and good == len(rows) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit("interrupted")
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is missing: pip install 'dtz-dastra-auth[testing]'")
