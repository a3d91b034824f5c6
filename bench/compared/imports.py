"""What importing this package takes beside importing the clients alone, and beside each peer.

Whole processes, the start of Python included, in an order that is shuffled in each round.
"""

import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from compared.series import OURS, WITHOUT, Options, Series, Verdict, of_setting, ratio

WALL, PROCESSOR = "import", "import, processor time"
BOUND = 1.10
ROUNDS = 40

# As where it is not installed. Beside one client alone too, since authlib's part for httpx takes
# httpx2 where there is one.
_NO_HTTPX2 = "import sys; sys.modules['httpx2'] = None; "
CLIENTS = {
    "requests and httpx": f"{_NO_HTTPX2}import requests, httpx",
    "requests, httpx and httpx2": "import requests, httpx, httpx2",
}
# The package's name alone imports nothing; what its users write does.
NAMES = {
    "import dtz_dastra_auth": "import dtz_dastra_auth",
    "its names": "from dtz_dastra_auth import DastraClientCredentials, DtzApiKey",
}
# By the client they are for: the distribution, and what its users write.
PEERS = {
    "requests": {
        "requests_auth": "from requests_auth import OAuth2ClientCredentials",
        "authlib": "from authlib.integrations.requests_client import OAuth2Session",
        "requests_oauth2client": "from requests_oauth2client import OAuth2ClientCredentialsAuth",
        "google-auth": "from google.auth.transport.requests import AuthorizedSession",
        "azure-core": "from azure.core.pipeline.policies import BearerTokenCredentialPolicy; "
        "from azure.core.pipeline.transport import RequestsTransport",
    },
    "httpx": {
        "httpx_auth": "from httpx_auth import OAuth2ClientCredentials",
        "authlib": "from authlib.integrations.httpx_client import OAuth2Client",
    },
}
# Some peers warn each time that they are imported, whatever Python is told.
_QUIET = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)


@dataclass(frozen=True, slots=True)
class Case:
    """One process.

    Attributes:
        setting: What is imported by all contenders of the setting.
        contender: Who is imported after it.
        code: What the process runs.
    """

    setting: str
    contender: str
    code: str


def cases() -> list[Case]:
    """Give everything that is run in a round; peers that are not installed are left out."""
    found = []
    for clients, code in CLIENTS.items():
        for what, ours in NAMES.items():
            setting = f"{clients}; {what}"
            found.append(Case(setting, WITHOUT, code))
            found.append(Case(setting, OURS, f"{code}; {ours}"))
    for client, peers in PEERS.items():
        setting, code = f"{client} alone", f"{_NO_HTTPX2}import {client}"
        found.append(Case(setting, WITHOUT, code))
        # It brings the other client with it, which its peers have no need of.
        found.append(Case(setting, OURS, f"{code}; {NAMES['its names']}"))
        for peer, theirs in peers.items():
            name = _with_version(peer)
            if name is not None:
                found.append(Case(setting, name, f"{code}; {theirs}"))
    return found


def measure(options: Options) -> list[Series]:
    """Start all processes in each round, and take their wall and their processor time.

    Args:
        options: How thoroughly.
    """
    every = cases()[: 2 if options.quick else None]
    took: dict[Case, list[tuple[float, float]]] = {case: [] for case in every}
    if not options.quick:
        for case in every:
            # As where pip has installed it: these runs compile everything.
            seconds(case.code)
    orders = random.Random(1)
    for _ in range(1 if options.quick else ROUNDS):
        for case in orders.sample(every, len(every)):
            took[case].append(seconds(case.code))
    return [
        Series(what, case.setting, case.contender, tuple(pair[column] for pair in pairs))
        for column, what in enumerate((WALL, PROCESSOR))
        for case, pairs in took.items()
    ]


def verdicts(series: Sequence[Series]) -> list[Verdict]:
    """Judge by wall time what it adds to importing its clients.

    Args:
        series: What `measure` gave.
    """
    found = []
    for setting in (f"{clients}; {what}" for clients in CLIENTS for what in NAMES):
        of_all = of_setting((each for each in series if each.measure == WALL), setting)
        if OURS in of_all and WITHOUT in of_all:
            added = ratio(of_all[OURS], of_all[WITHOUT]).median
            asked = f"at most {BOUND:.2f} × the clients alone"
            found.append(Verdict(WALL, setting, asked, f"{added:.3f} ×", added <= BOUND))
    return found


def seconds(code: str) -> tuple[float, float]:
    """Run a process, and give its wall and its processor time.

    Args:
        code: What it runs.

    Raises:
        RuntimeError: It failed.
    """
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONWARNINGS"] = "ignore"
    command = [sys.executable, "-P", "-c", code]
    began = time.perf_counter()
    child = os.posix_spawn(sys.executable, command, environment, file_actions=[_QUIET])
    _, status, used = os.wait4(child, 0)
    took = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{code!r} failed with {os.waitstatus_to_exitcode(status)}")
    return took, used.ru_utime + used.ru_stime


def _with_version(distribution: str) -> str | None:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return None
