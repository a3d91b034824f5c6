"""The sessions of requests-toolbelt are sessions of requests, in its thread pool too.

Its `dump_all` shows what went over the wire, the credential included: cut that out.
"""

import re
from collections.abc import Iterable

import requests
from requests_toolbelt.sessions import BaseUrlSession
from requests_toolbelt.threaded.pool import Pool
from requests_toolbelt.utils.dump import dump_all

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey


def statuses(urls: Iterable[str]) -> list[int]:
    """Call for many URLs at once, with a session in each thread."""

    def prepared(session: requests.Session) -> requests.Session:
        session.auth = DastraClientCredentials.from_env()
        return session

    pool = Pool.from_urls(urls, auth_generator=prepared, num_processes=8)
    pool.join_all()
    return [response.status_code for response in pool.responses()]


def dumped_call() -> str:
    """Call below a base URL, and show the call without the credential."""
    with BaseUrlSession("https://api.dtz.rocks/v1/") as session:
        session.auth = DtzApiKey.from_env()
        text = dump_all(session.get("me")).decode()
    return re.sub(r"(?im)^(< (?:authorization|x-api-key|cookie): ).*$", r"\1***", text)
