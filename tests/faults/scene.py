"""What a fault happens in: one client, one auth object, and the stand-ins they call."""

import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

import pytest

from clients import Client
from clock import FakeClock
from conformance.methods import DTZ_URL
from dtz_dastra_auth import MemoryTokenStore
from dtz_dastra_auth._token import Instant
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from faults.gate import Gate
from faults.grants import Grant
from faults.impostors import Impostors
from faults.secrets_of import forms_of, secrets_of, texts_of

T = TypeVar("T")

URL = "https://api.dastra.eu/v1/workspaces"
ECHO = "https://api.dastra.eu/v1/echo"

# Seconds. What ends after this has not ended by itself; how long anything takes is not tested.
HUNG = 60.0
# Seconds that the token requests of faulty endpoints may take.
TIMEOUT = 1.0

PROXY_USER, PROXY_PASSWORD = "proxy-user", "dQ93nXw72kPz51aBv8"


class PassingClock(FakeClock):
    """A clock on which time passes, and which a test can still move on by hand."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def now(self) -> Instant:
        passed = time.monotonic() - self._began
        return Instant(self.monotonic + passed, self.wall + passed)


def bounded(call: Callable[[], T]) -> T:
    """Make a call that has to end, however it does.

    Raises:
        TimeoutError: It hangs.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    return outcome.result(HUNG)


class Scene:
    """One client that is to meet a fault.

    Attributes:
        stand_ins: What it calls.
        service: Which of them.
        grant: How it gets tokens there.
        asking: What it asks for them with.
        url: What it calls there.
        monkeypatch: The test's own.
        impostors: Servers with certificates that are no good.
        gate: A way to the token endpoint that faults can bar.
        clock: The time of the token store.
        token_url: The token endpoint as the auth object knows it.
        client: The client, once `start` was called.
        further_secrets: What may not show, beyond what is always secret.
        repeated: What has to stand in an error in place of the secrets that a server repeats.
        sent: How many bytes of a huge answer went out so far.
    """

    client: Client

    def __init__(
        self,
        stand_ins: StandIns,
        monkeypatch: pytest.MonkeyPatch,
        impostors: Impostors,
        connect: Callable[..., Client],
        kind: str,
        grant: Grant,
    ) -> None:
        self.stand_ins = stand_ins
        self.dastra = stand_ins.dastra
        self.service: DastraStandIn | DtzStandIn = (
            stand_ins.dtz if grant.is_at_dtz else stand_ins.dastra
        )
        self.grant = grant
        self.asking = grant.begin(stand_ins)
        self.url = DTZ_URL if grant.is_at_dtz else URL
        self.monkeypatch = monkeypatch
        self.impostors = impostors
        self.clock = FakeClock()
        self.token_url = self.dastra.token_url
        self.gate = Gate(int(self.dastra.origin.rpartition(":")[2]))
        self.further_secrets = [*self.asking.secrets]
        self.repeated = ""
        self.sent = 0
        self.knows_the_name = True
        self._connect = connect
        self._kind = kind

    @property
    def is_direct(self) -> bool:
        """Tell whether the token endpoint is called without the proxy."""
        return self.token_url != self.dastra.token_url

    def bypass_the_proxy(self) -> None:
        """Lead the client to the token endpoint through the gate, without a proxy."""
        resolve = socket.getaddrinfo

        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in ("account.dastra.eu", b"account.dastra.eu"):
                return resolve(host, *args, **kwargs)
            if not self.knows_the_name:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return resolve("127.0.0.1", *args, **kwargs)

        self.monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        self.monkeypatch.setenv("NO_PROXY", "account.dastra.eu")
        self.gate.open()
        self.token_url = f"https://account.dastra.eu:{self.gate.port}/connect/token"

    def start(self, timeout: float = TIMEOUT, **options: Any) -> None:
        """Make the client and its auth object, after all that they find is in place."""
        # requests takes a plain session for each token request where it is given none.
        given = self._connect().native if self._kind == "requests.Session" else None
        auth = self.asking.make(
            self.token_url,
            session=given,
            store=MemoryTokenStore(clock=self.clock, jitter=lambda: 0.0),
            timeout=timeout,
        )
        self.client = self._connect(auth, **options)

    def call(self, url: str | None = None, **options: Any) -> Any:
        """Make a call, and give its response or its error."""
        try:
            return bounded(lambda: self.client.get(url or self.url, **options))
        except self.client.errors as error:
            return error

    def come_near_the_end_of_a_token(self) -> None:
        """Make a first call, and let time pass until its token is due for an early renewal."""
        token = {"access_token": self.dastra.make_token(), "expires_in": 3600}
        # The connection ends with it, so that the renewal meets the way there anew. (The gate
        # ends those that lead through it by itself.)
        ends = {} if self.is_direct else {"Connection": "close"}
        self.dastra.answer(token, headers=ends, on="token")
        assert self.call().status_code == 200
        self.clock.advance(3600 - 20)
        self.dastra.clear_log()

    def mend(self) -> None:
        """End every fault; the stand-ins forget their tokens with it, so all are renewed.

        What a person has signed in for is none of that.
        """
        kept = self.dastra._refresh_tokens, self.dastra._codes, self.stand_ins.dtz._codes
        self.knows_the_name = True
        if self.is_direct:
            self.gate.open()
        self.stand_ins.reset()
        self.dastra._refresh_tokens, self.dastra._codes, self.stand_ins.dtz._codes = kept

    def shows_nothing(self, error: BaseException, logged: Iterable[str]) -> None:
        """Check that no secret is in an error or in what was logged."""
        secret = [
            *secrets_of(self.dastra),
            *self.dastra.refresh_tokens_in_force,
            *self.stand_ins.dtz.tokens_in_force,
            *forms_of(PROXY_USER, PROXY_PASSWORD),
            *self.further_secrets,
        ]
        for text in (*texts_of(error), *logged):
            for each in secret:
                assert each not in text

    def close(self) -> None:
        """Let go of what hangs, and give the port back."""
        with suppress(OSError):
            self.gate.close()
