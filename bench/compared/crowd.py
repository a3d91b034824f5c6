"""A number of identities in one process, and a service that refuses each of their tokens once."""

import random
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import requests
from compared.contenders import TOKEN, client_credentials, holding
from compared.quiet import Adapter, Transport

from dtz_dastra_auth import MemoryTokenStore
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._token import Instant

ORIGIN = "https://api.example.org"
URL = f"{ORIGIN}/v1/things/17"
# From one call to the next: a token of this age is renewed when it is refused.
STEP = 2.0
# Longer than all calls take in the clock's time, so that no token ends by itself.
LIFETIME = 1_000_000_000


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self._at = 1_000_000.0

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(self._at, self._at)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._at += seconds


class Service:
    """What an API and its token endpoint answer: a 401 to every other call of the API.

    Attributes:
        calls: How many calls of the API have come.
        token_requests: How many token requests have come.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.token_requests = 0

    def status(self, request: Any) -> int:
        """Give the status of the answer to a request."""
        if request.method == "POST":
            return 200
        self.calls += 1
        return 401 if self.calls % 2 else 200

    def body(self, request: Any) -> bytes:
        """Give the body of the answer to a request."""
        if request.method != "POST":
            return b""
        self.token_requests += 1
        token = f"{TOKEN}{self.token_requests}"
        return (
            f'{{"access_token":"{token}","token_type":"Bearer","expires_in":{LIFETIME}}}'.encode()
        )


class ServiceAdapter(Service, Adapter):
    """The service, to requests."""

    def __init__(self) -> None:
        Service.__init__(self)
        Adapter.__init__(self)


class ServiceTransport(Service, Transport):
    """The service, to httpx and httpx2."""

    def __init__(self, library: Any) -> None:
        Service.__init__(self)
        Transport.__init__(self, library)


class Crowd:
    """A number of identities in one store, with a token each."""

    def __init__(self, size: int, session: requests.Session) -> None:
        """Make them.

        Args:
            size: How many.
            session: What requests sends token requests over.
        """
        self.clock = Clock()
        store = MemoryTokenStore(clock=self.clock)
        self._auths = [
            holding(
                client_credentials(ORIGIN, f"public-key-{n}", store=store, session=session),
                f"{TOKEN}-{n}",
                LIFETIME,
            )
            for n in range(size)
        ]
        # In memory they lie in the order in which they were made, which is not that of calls.
        random.Random(1).shuffle(self._auths)
        self._headers = [{"Authorization": f"Bearer {TOKEN}-{n}"} for n in range(size)]

    def auths(self) -> Iterator[Auth]:
        """Give the auth objects, round by round."""
        return cycle(self._auths)

    def headers(self) -> Iterator[dict[str, str]]:
        """Give what a caller would write by hand, round by round."""
        return cycle(self._headers)
