"""Several processes over one cache, whose callers are run by hand, step by step."""

from collections.abc import Callable
from typing import Any

from dtz_dastra_auth import SharedTokenStore, TokenError
from dtz_dastra_auth._drivers import perform_blocking
from dtz_dastra_auth._flow import Ask, Await, Caller, Exchange, Pause, Step, Steps
from dtz_dastra_auth._need import Granted
from dtz_dastra_auth._renewing_source import RenewingSource
from dtz_dastra_auth._stores import Identity
from dtz_dastra_auth._token import Deadline, Instant, Token
from unit.caches import HOUR, IDENTITY, DictCache
from unit.callers import TOKEN_URL, Running
from unit.clock import FakeClock

LABEL = "Dastra public key 'shop'"


class MachineClock:
    """One machine's clocks: the monotonic one began some time, the wall clock may be wrong."""

    def __init__(self, world: FakeClock, origin: float, skew: float) -> None:
        self._world = world
        self._origin = origin
        self._skew = skew

    def now(self) -> Instant:
        """Read both clocks."""
        return Instant(self._world.monotonic + self._origin, self._world.wall + self._skew)


class Errand:
    """One caller on its way to a token.

    Attributes:
        step: What it has to do next; None before it has begun and when it is over.
        token: What it got.
        error: What it met instead.
    """

    def __init__(self, world: FakeClock, steps: Steps[Token | None]) -> None:
        self._world = world
        self._running = Running(steps)
        self._has_begun = False
        self.step: Step | None = None
        self.token: Token | None = None
        self.error: Exception | None = None

    @property
    def requests(self) -> bool:
        """Tell whether its token request is under way."""
        return isinstance(self.step, Exchange)

    @property
    def waits(self) -> float:
        """Tell how long it pauses, in seconds; 0 when it does not."""
        return self.step.seconds if isinstance(self.step, Pause) else 0.0

    @property
    def is_over(self) -> bool:
        return self.token is not None or self.error is not None

    def go(self, questions: int = 200) -> "Errand":
        """Go on to the next thing that is no question to the cache, or ask a few of them."""
        if not self._has_begun:
            self._has_begun = True
            self._take(self._running.next)
        for _ in range(questions):
            if not isinstance(self.step, Ask):
                return self
            self._ask(self.step)
        assert questions < 200, "it asks for ever"
        return self

    def wait(self) -> "Errand":
        """Let its pause pass, for all processes."""
        assert isinstance(self.step, Pause), self.step
        self._world.pass_(self.step.seconds)
        return self.wake()

    def wait_out(self) -> float:
        """Let all its pauses pass, at most a minute of them; give the seconds that they took."""
        took = 0.0
        while self.waits and took < 60:
            took += self.waits
            self.wait()
        return took

    def wake(self, questions: int = 200) -> "Errand":
        """Go on after its pause."""
        assert isinstance(self.step, Pause), self.step
        self._take(lambda: self._running.send(None))
        return self.go(questions)

    def rejoin(self) -> "Errand":
        """Go on when the caller that it waits for, in its own process, has ended."""
        assert isinstance(self.step, Await), self.step
        landing = self.step.flight.join(0)
        self._take(lambda: self._running.send(landing))
        return self.go()

    def answer(self, value: str = "new", lifetime: float = HOUR, questions: int = 200) -> "Errand":
        """Have its token request answered."""
        assert self.requests, self.step
        self._take(lambda: self._running.send((value, lifetime)))
        return self.go(questions)

    def fail(self, error: Exception, questions: int = 200) -> "Errand":
        """Have its token request meet an error, and the second try as well, if there is one."""
        self.meet(error)
        if isinstance(self.step, Pause):
            self.wait().meet(error)
        return self.go(questions)

    def meet(self, error: Exception) -> "Errand":
        """Have its token request meet an error, and do nothing about it yet."""
        assert self.requests, self.step
        self._take(lambda: self._running.throw(error))
        return self

    def cancel(self) -> None:
        """Give it up, as the cancellation of its task does."""
        self._running.close()

    def got(self) -> str:
        """Give the value of its token, which it has by now."""
        assert self.token is not None, self.error or self.step
        return self.token.value

    def met(self) -> TokenError:
        """Give the error that it was refused with."""
        assert isinstance(self.error, TokenError), self.error or self.token or self.step
        return self.error

    def _ask(self, step: Ask) -> None:
        try:
            outcome = perform_blocking(step)
        except Exception as error:
            met = error
            self._take(lambda: self._running.throw(met))
        else:
            self._take(lambda: self._running.send(outcome))

    def _take(self, move: Callable[[], Step]) -> None:
        self.step = None
        try:
            self.step = move()
        except StopIteration as end:
            self.token = end.value
        except Exception as error:
            self.error = error


class Grant(RenewingSource):
    """A grant whose token requests are counted, and answered by the test."""

    requests = 0

    @property
    def _label(self) -> str:
        return LABEL

    def _obtain(
        self, rejected: Token | None, deadline: Deadline, previous: Token | None
    ) -> Steps[Granted]:
        self.requests += 1
        answer: tuple[str, float] = yield Exchange(TOKEN_URL, {}, b"", deadline)
        return Granted(*answer)


class Process:
    """One process, with a store of its own over the cache that all share."""

    def __init__(
        self,
        world: FakeClock,
        cache: Any,
        *,
        identity: Identity = IDENTITY,
        origin: float = 0.0,
        skew: float = 0.0,
        jitter: float = 0.5,
        **options: Any,
    ) -> None:
        self._world = world
        self.clock = MachineClock(world, origin, skew)
        self.store = SharedTokenStore(cache, clock=self.clock, jitter=lambda: jitter, **options)
        self.grant = self.granted(identity)
        # A caller that nobody holds is garbage, and its steps are closed; one of a process that
        # was killed is never closed.
        self._callers: list[Errand] = []

    @property
    def requests(self) -> int:
        return self.grant.requests

    def granted(self, identity: Identity) -> Grant:
        return Grant(identity, session=None, store=self.store, timeout=60.0)

    def caller(
        self,
        rejected: Token | None = None,
        *,
        timeout: float | None = None,
        survives: bool = True,
        grant: Grant | None = None,
    ) -> Errand:
        """Add a caller; by default one of requests, with a minute's time."""
        # One that blocks would ask on its own where another one of its thread is asking.
        caller = Caller(timeout, blocks=False, survives=survives)
        self._callers.append(Errand(self._world, (grant or self.grant).token(caller, rejected)))
        return self._callers[-1]

    def call(self, rejected: Token | None = None, **options: Any) -> Errand:
        """Add a caller, and have it go on to what is no question to the cache."""
        return self.caller(rejected, **options).go()

    def obtain(
        self,
        value: str = "unexpected",
        lifetime: float = HOUR,
        *,
        rejected: Token | None = None,
        grant: Grant | None = None,
    ) -> Token:
        """Have a caller get a token; a token request is answered with this one."""
        caller = self.call(rejected, grant=grant)
        if caller.requests:
            caller.answer(value, lifetime)
        caller.got()
        assert caller.token is not None
        return caller.token

    def left(self, token: Token | None) -> float:
        """Tell the seconds that a token lives, by this machine's clocks."""
        assert token is not None
        return token.left(self.clock.now())


class Fleet:
    """Processes on machines of their own, over one cache."""

    def __init__(self, cache: Any = None, **options: Any) -> None:
        self.world = FakeClock()
        self.cache: DictCache = DictCache(self.world) if cache is None else cache
        self._options = options
        self.processes: list[Process] = []

    @property
    def requests(self) -> int:
        """Tell how many token requests were made by all processes."""
        return sum(process.requests for process in self.processes)

    def process(self, **options: Any) -> Process:
        """Start a process; no two have monotonic clocks that agree."""
        origin = 12_345.0 * len(self.processes)
        options = {"origin": origin, **self._options, **options}
        self.processes.append(Process(self.world, self.cache, **options))
        return self.processes[-1]

    def some(self, count: int, **options: Any) -> list[Process]:
        """Start processes, none of which has a token."""
        return [self.process(**options) for _ in range(count)]

    def sharing(self, count: int, lifetime: float = HOUR, **options: Any) -> list[Process]:
        """Start processes, all of which have the token "old"."""
        processes = self.some(count, **options)
        assert {each.obtain("old", lifetime).value for each in processes} == {"old"}
        self.cache.questions.clear()
        return processes

    def renewing(self, count: int, left: float = 40.0, **options: Any) -> list[Process]:
        """Start processes, all of which have the token "old", and are to renew it now."""
        processes = self.sharing(count, **options)
        self.pass_(HOUR - left)
        return processes

    def pass_(self, seconds: float) -> None:
        self.world.pass_(seconds)

    def asked(self, do: Callable[[], object]) -> list[str]:
        """Tell what the cache is asked while something is done."""
        before = len(self.cache.questions)
        do()
        return self.cache.questions[before:]
