"""Cookies of a client, and what became of them."""

import itertools
from typing import Any

from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL
from dtz_dastra_auth.testing import Recorded, StandIns
from security.scenes_wire import SIBLING

# Name, value and host of what a client has picked up before: for both services, in two places.
PICKED_UP = (
    ("first", "1", "api.dtz.rocks"),
    ("second", "2", "api.dtz.rocks"),
    ("sibling", "3", "containers.dtz.rocks"),
    ("dastra", "4", "api.dastra.eu"),
    ("account", "5", "account.dastra.eu"),
)
# What the services set in a chain of redirects: on the way, elsewhere, and at the end.
SET_ON_THE_WAY = "on-the-way=1; Path=/; Secure"
SET_AT_THE_END = "at-the-end=1; Path=/; Secure; HttpOnly"


def fill(client: Client) -> None:
    """Put what was picked up before into a client's jar."""
    for name, value, host in PICKED_UP:
        client.native.cookies.set(name, value, domain=host)


def contents(client: Client) -> list[tuple[str, str, str | None, str]]:
    """Give the contents of a client's jar, in order."""
    cookies: Any = client.native.cookies
    jar = getattr(cookies, "jar", cookies)
    return sorted((each.domain, each.name, each.value, each.path) for each in jar)


def chain(services: StandIns, urls: list[str], status: int = 302) -> None:
    """Have the first of some URLs redirect to the second and so on, with cookies set.

    Each service answers its own part, in order; at the last URL whoever asks is answered.
    """
    for here, there in itertools.pairwise(urls):
        headers = {"Location": there, "Set-Cookie": SET_ON_THE_WAY}
        service_of(services, here).fail(status, headers=headers)
    service_of(services, urls[-1]).answer({}, headers={"Set-Cookie": SET_AT_THE_END})


def service_of(services: StandIns, url: str) -> Any:
    """Give the service that a URL leads to."""
    return services.dtz if ".dtz.rocks/" in url else services.dastra


def cookies_in(calls: list[Recorded]) -> list[str | None]:
    """Give the Cookie headers that arrived."""
    return [call.header("Cookie") for call in calls]


# From a URL of DTZ: inside the origin, to another allowed one, away, and away and back.
CHAINS = {
    "no redirect": [DTZ_URL],
    "same origin": [DTZ_URL, "https://api.dtz.rocks/v1/echo"],
    "allowed origin": [DTZ_URL, SIBLING],
    "allowed origin and back": [DTZ_URL, SIBLING, DTZ_URL],
    "foreign origin": [DTZ_URL, DASTRA_URL],
    "foreign origin and back": [DTZ_URL, DASTRA_URL, DTZ_URL],
}
