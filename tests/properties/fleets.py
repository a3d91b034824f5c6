"""A fleet that does things in any order, and what has to hold whatever it does."""

from dataclasses import dataclass, field
from typing import Any

import requests
from hypothesis import strategies as st

from dtz_dastra_auth import TokenError
from dtz_dastra_auth._flow import Exchange
from unit.fleet import Errand, Fleet, Process

PROCESSES = 3
# The bound of who waits, and the longest pause, in which it passes.
BOUND, PAUSE = 15.0, 1.25

_LIFETIMES = (0.5, 3.0, 10.0, 10.0, 20.0, 20.0)
_ERRORS = ((500, None), (503, 2.0), (400, None), (429, 40.0), (None, None))
_who = st.integers(0, PROCESSES - 1)


def _several(kinds: list[str], amounts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(kinds), _who, amounts)


# What happens often stands here often.
actions = st.lists(
    st.one_of(
        *[_several(["go"], st.integers(1, 4))] * 5,
        *[_several(["call"], st.sampled_from([None, None, 3.0, 12.0]))] * 3,
        *[_several(["answer"], st.sampled_from(_LIFETIMES))] * 2,
        *[_several(["pass"], st.sampled_from([0.05, 0.3, 1.0, 1.5, 3.0, 8.0, 11.0]))] * 3,
        _several(["call for a rejected token"], st.none()),
        _several(["fail"], st.sampled_from(_ERRORS)),
        _several(["die", "cancel"], st.none()),
    ),
    min_size=60,
    max_size=150,
)


def error_of(status: int | None, retry_after: float | None) -> Exception:
    if status is None:
        return requests.ConnectionError()
    return TokenError("refused", status_code=status, retry_after=retry_after)


@dataclass
class Walk:
    """One caller, and what is known of its way.

    Attributes:
        errand: The caller.
        process: Whose it is.
        began: When it came.
        bound: How long it has to wait before it may ask on its own.
        wakes: When its pause is over.
        questions: How many it has asked.
        had_lease: Whether its process has had the lease since.
        may_ask: Whether it may make token requests.
    """

    errand: Errand
    process: Process
    began: float
    bound: float
    wakes: float = 0.0
    questions: int = 0
    had_lease: bool = False
    may_ask: bool = False


@dataclass
class Play:
    """A fleet, and what its processes are doing."""

    fleet: Fleet = field(default_factory=Fleet)
    walks: list[Walk | None] = field(default_factory=lambda: [None] * PROCESSES)
    running: list[Process] = field(default_factory=list)
    issued: int = 0

    def __post_init__(self) -> None:
        """Start the processes."""
        self.running = self.fleet.some(PROCESSES)

    def do(self, kind: str, number: int, amount: Any) -> None:
        """Do one thing, if it can be done now."""
        walk = self.walks[number]
        if kind == "pass":
            self.pass_(amount)
        elif kind.startswith("call") and walk is None:
            self.call(number, amount, is_rejected=kind != "call")
        elif walk is None:
            return
        elif kind == "go":
            for _ in range(amount):
                self.go(walk)
        elif kind == "answer" and walk.errand.requests:
            self.issued += 1
            walk.errand.answer(f"token-{self.issued}", amount, questions=0)
        elif kind == "fail" and walk.errand.requests:
            walk.errand.meet(error_of(*amount))
        elif kind == "die":
            # Nothing of it goes on, and nothing is given up.
            self.running[number] = self.fleet.process()
            self.walks[number] = None
        elif kind == "cancel":
            walk.errand.cancel()
            self.walks[number] = None
        self.look(self.walks[number])

    def call(self, number: int, timeout: float | None, *, is_rejected: bool) -> None:
        process = self.running[number]
        token = process.store.slot(process.grant._identity)._token if is_rejected else None
        errand = process.caller(token, timeout=timeout)
        now, bound = self.fleet.world.monotonic, min(BOUND, (timeout or 60.0) / 2)
        walk = self.walks[number] = Walk(errand, process, now, bound)
        errand.go(questions=0)
        walk.wakes = now + errand.waits

    def go(self, walk: Walk) -> None:
        now = self.fleet.world.monotonic
        if walk.errand.waits:
            if now < walk.wakes:
                return
            walk.errand.wake(questions=0)
        else:
            before = len(self.fleet.cache.questions)
            walk.errand.go(questions=1)
            walk.questions += len(self.fleet.cache.questions) - before
        walk.wakes = now + walk.errand.waits

    def pass_(self, seconds: float) -> None:
        self.fleet.pass_(seconds)
        for walk in self.walks:
            step = walk.errand.step if walk is not None else None
            if walk is not None and isinstance(step, Exchange) and step.deadline.left() <= 0:
                walk.errand.meet(requests.ReadTimeout())
                self.look(walk)

    def look(self, walk: Walk | None) -> None:
        """Look whether all is as it has to be."""
        assert sum(map(holds, self.fleet.processes)) <= 1, "two have the lease"
        assert not any(each.store._health.rests() for each in self.fleet.processes)
        if walk is None:
            return
        now = self.fleet.world.monotonic
        walk.wakes = walk.wakes if now < walk.wakes else now + walk.errand.waits
        walk.had_lease |= holds(walk.process)
        if walk.errand.requests and not walk.may_ask:
            waited = now - walk.began
            assert walk.had_lease or waited >= walk.bound - PAUSE, "it asks out of its turn"
            walk.may_ask = True
        # Three a look, and no more looks than there are pauses in the longest wait.
        assert walk.questions <= 120
        if walk.errand.is_over:
            self.end(walk)

    def end(self, walk: Walk) -> None:
        error, token = walk.errand.error, walk.errand.token
        assert isinstance(error, TokenError | requests.RequestException) or token is not None
        if token is not None:
            assert token.value in {f"token-{number + 1}" for number in range(self.issued)}
            assert walk.process.left(token) <= token.lifetime
        self.walks[self.walks.index(walk)] = None

    def come_to_rest(self) -> None:
        """Have all get what they want: a token endpoint that answers, and time."""
        for _ in range(600):
            for number, walk in enumerate(self.walks):
                if walk is not None:
                    is_asking = walk.errand.requests
                    self.do(*(("answer", number, 300.0) if is_asking else ("go", number, 1)))
            if not any(self.walks):
                return
            self.pass_(0.05)
        raise AssertionError("it never ends")


def holds(process: Process) -> bool:
    return any(share._shelf.holds() for share in process.store._shares.values())
