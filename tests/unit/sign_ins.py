"""Several processes that share a person's sign-in, run by hand, against a server that rotates."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dtz_dastra_auth import DastraAuthorizationCode, DastraRefreshToken, SharedTokenStore
from dtz_dastra_auth import _rotation as rotation
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._flow import Await, Caller, Exchange, Pause, Step, Steps
from dtz_dastra_auth._rotation import Chain, identity_of
from dtz_dastra_auth._seal import Seal
from dtz_dastra_auth._sign_in import SignedInSource
from dtz_dastra_auth._stores import Identity, TokenStore
from dtz_dastra_auth._token import Token
from unit.caches import PREFIX, DictCache, sealed
from unit.callers import TOKEN_URL
from unit.clock import FakeClock
from unit.fleet import Errand as PlainErrand
from unit.fleet import MachineClock
from unit.rotating_server import Server, refresh_token
from unit.timers import FakeTimer

PUBLIC_KEY, PRIVATE_KEY = "shop-id-of-anna", "hunter2-of-the-shop"
REDIRECT_URI = "https://shop.example/callback"
CLIENT = Identity(("refresh_token", TOKEN_URL, PUBLIC_KEY), PRIVATE_KEY)
PURPOSES = ("token", "lease", "root", "told")
# So many refresh tokens of a sign-in are known to the cache by name.
_NAMED = 16


class SignInCache(DictCache):
    """A cache that knows the keys of Anna's sign-in by name, from whatever it was begun with."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self._purposes = {}
        for number in range(_NAMED):
            self.name(identity_of(CLIENT, refresh_token(number)), f" {number}")
        # What the sign-in was begun with has no number.
        self.name(identity_of(CLIENT, refresh_token(0)))

    def name(self, identity: Identity, suffix: str = "") -> None:
        """Know the keys of a sign-in that was begun with this."""
        seal = Seal(identity, encrypt=True)
        for purpose in PURPOSES:
            self._purposes[PREFIX + seal.name(purpose)] = purpose + suffix

    def key(self, name: str) -> str:
        """Give the key with this name."""
        [key] = [key for key, known in self._purposes.items() if known == name]
        return key

    def names(self) -> list[str]:
        """Tell what is held now."""
        return [self._purposes[key] for key in self.held if self._now(key) is not None]

    def value(self, name: str) -> Any:
        """Give what is held under a name now, or None."""
        return self._now(self.key(name))

    def lease_of_another(self) -> str:
        """Give the lease of a process that has just taken it."""
        return sealed("lease", "asking", identity=identity_of(CLIENT, refresh_token(0)))

    def lose(self, name: str = "") -> None:
        """Forget what is held under a name, or everything."""
        if name:
            self.held.pop(self.key(name), None)
        else:
            self.held.clear()


class Errand(PlainErrand):
    """One caller of a process on its way to a token.

    Attributes:
        process: Its process.
        told_before: What any process had been told of when this caller got its token.
    """

    def __init__(self, process: "Process", steps: Steps[Token | None]) -> None:
        super().__init__(process.world.clock, steps)
        self.process = process
        self.told_before: list[str] = []

    def served(self, questions: int = 199) -> "Errand":
        """Have the server answer its token request."""
        assert isinstance(self.step, Exchange), self.step
        answer = self.process.world.server.answer(self.step)
        self._take(lambda: self._running.send(answer))
        self.go(questions)
        return self

    def finish(self) -> "Errand":
        """Go on to the end, through pauses and token requests."""
        self.go()
        for _ in range(1_000):
            if self.is_over:
                return self
            if isinstance(self.step, Exchange):
                self.served()
            elif isinstance(self.step, Pause):
                self.wait()
            else:
                self.rejoin()
        raise AssertionError(f"it never ends: {self.step}")

    @property
    def waits_for_another(self) -> bool:
        """Tell whether it waits for another caller of its process."""
        return isinstance(self.step, Await)

    def rejoin(self, questions: int = 199) -> "Errand":
        """Go on when the caller that it waits for, in its own process, has ended."""
        assert isinstance(self.step, Await), self.step
        landing = self.step.flight.join(0)
        self._take(lambda: self._running.send(landing))
        self.go(questions)
        return self

    def can_go_on(self) -> bool:
        """Tell whether what it waits for in its process has come."""
        return not isinstance(self.step, Await) or self.step.flight._future.done()

    def _ask(self, step: Any) -> None:
        with self.process.running():
            super()._ask(step)

    def _take(self, move: Callable[[], Step]) -> None:
        with self.process.running():
            super()._take(move)
        if self.is_over:
            self.told_before = list(self.process.world.told)


class Process:
    """One process: a store and a registry of sign-ins of its own.

    Attributes:
        world: What it shares with the others.
        store: Its store.
        told: The refresh tokens that it was told of.
        source: What continues Anna's sign-in.
    """

    def __init__(
        self,
        world: "World",
        origin: float,
        begun_with: str,
        *,
        skew: float = 0.0,
        **options: Any,
    ) -> None:
        self.world = world
        self.told: list[str] = []
        self._known = type(rotation._known)()
        clock = MachineClock(world.clock, origin, skew)
        self.store: TokenStore = SharedTokenStore(world.cache, clock=clock, jitter=lambda: 0.5)
        # One that nobody holds is garbage, and its steps are closed; a killed process closes none.
        self._errands: list[Errand] = []
        self.source = self.signed_in(begun_with, **options)

    @property
    def chain(self) -> Chain:
        return self.source._chain

    @contextmanager
    def running(self) -> Iterator[None]:
        """Be this process, and no other one."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(rotation, "_known", self._known)
            yield

    def signed_in(
        self, begun_with: str, *, tells: bool = True, timeout: float = 30.0, **options: Any
    ) -> SignedInSource:
        """Make an object of a code or refresh token."""
        defaults = {"token_url": TOKEN_URL, "store": self.store, "timeout": timeout}
        told = {"on_refresh_token": self.tell} if tells else {}
        options = {**defaults, **told, **options}
        keys = PUBLIC_KEY, PRIVATE_KEY
        made: Auth
        with self.running():
            if begun_with.startswith("code"):
                made = DastraAuthorizationCode(begun_with, REDIRECT_URI, *keys, **options)
            else:
                made = DastraRefreshToken(begun_with, *keys, **options)
        source = made._source
        assert isinstance(source, SignedInSource)
        return source

    def tell(self, new: str) -> None:
        self.told.append(new)
        self.world.told.append(new)

    def caller(
        self,
        rejected: Token | None = None,
        *,
        timeout: float | None = None,
        survives: bool = True,
        source: SignedInSource | None = None,
    ) -> Errand:
        """Add a caller, who has not begun."""
        caller = Caller(timeout, blocks=False, survives=survives)
        self._errands.append(Errand(self, (source or self.source).token(caller, rejected)))
        return self._errands[-1]

    def call(self, rejected: Token | None = None, **options: Any) -> Errand:
        """Add a caller, and have it go on to what is no question to the cache."""
        errand = self.caller(rejected, **options)
        errand.go()
        return errand

    def got(self, rejected: Token | None = None, **options: Any) -> str:
        """Have a caller get a token, whatever it takes, and give its value."""
        return self.caller(rejected, **options).finish().got()

    def token(self, **options: Any) -> Token:
        """Have a caller get a token, whatever it takes."""
        errand = self.caller(**options).finish()
        errand.got()
        assert errand.token is not None
        return errand.token


class World:
    """A server, a cache, and the processes that share a sign-in.

    Attributes:
        clock: The time, which all processes' clocks follow.
        cache: What they share.
        server: Who gives out tokens.
        told: The refresh tokens that any process was told of, in order.
        processes: The processes.
    """

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.cache = SignInCache(self.clock)
        self.server = Server()
        self.told: list[str] = []
        self.processes: list[Process] = []

    def process(self, number: int = 0, **options: Any) -> Process:
        """Start a process that is signed in by the refresh token of this number."""
        return self.process_with(refresh_token(number), **options)

    def process_with(self, begun_with: str, **options: Any) -> Process:
        """Start a process that is signed in by a code or refresh token."""
        origin = 12_345.0 * len(self.processes)
        self.processes.append(Process(self, origin, begun_with, **options))
        return self.processes[-1]

    def some(self, count: int, **options: Any) -> list[Process]:
        """Start processes, all from the first refresh token."""
        return [self.process(**options) for _ in range(count)]

    def pass_(self, seconds: float) -> None:
        self.clock.pass_(seconds)

    def end_timers(self) -> None:
        """Let the time of every timer pass."""
        for timer in list(FakeTimer.started):
            timer.end()
