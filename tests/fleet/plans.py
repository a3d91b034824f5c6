"""What a process of a fleet is to do, and what it has to tell; both can be sent as JSON."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

# What every caller calls.
URL = "https://api.dastra.eu/v1/workspaces"


@dataclass(frozen=True)
class Plan:
    """What one process does.

    Attributes:
        client: One of `clients.KINDS`, but for ``requests.get``. Each thread has a client of its
            own; tasks share one, on one event loop.
        callers: How many threads, or tasks, call.
        seconds: How long.
        pause: Seconds a caller lets pass between two calls, on average. All the stand-ins and
            clients of a machine with two processors manage a few hundred calls a second.
        cache: The name of the cache in `CACHES`; None for no sharing.
        timeout: Each client's timeout, in seconds.
    """

    client: str = "requests.Session"
    callers: int = 4
    seconds: float = 3.0
    pause: float = 0.1
    cache: str | None = "plain-redis"
    timeout: float = 30.0


@dataclass(frozen=True)
class Report:
    """What one process, or a fleet of them, has to tell.

    Attributes:
        milliseconds: How long each call took.
        failures: Type and message of each error of a call, or the status that was not 200.
        asked: How often each method of the cache was called.
        cache_errors: How often the cache raised what.
        on_loop: How many questions to the cache were asked on an event loop.
        warnings: What the package has warned of.
    """

    milliseconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    cache_errors: dict[str, int] = field(default_factory=dict)
    on_loop: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many calls were made."""
        return len(self.milliseconds)

    def percentile(self, percent: float) -> float:
        """Give the milliseconds that so many of the calls did not take longer than."""
        times = sorted(self.milliseconds)
        return times[max(math.ceil(len(times) * percent / 100) - 1, 0)] if times else 0.0

    def __str__(self) -> str:
        """Tell it in a line, for the output of a test."""
        shown = ", ".join(f"p{p} {self.percentile(p):.0f}" for p in (50, 95, 99))
        failed = dict(Counter(self.failures).most_common(5))
        return (
            f"{self.calls} calls, {len(self.failures)} failed {failed or ''}; "
            f"{shown}, at most {self.percentile(100):.0f} ms; "
            f"cache asked {self.asked}, errors {self.cache_errors}; "
            f"{len(self.warnings)} warnings {sorted(set(self.warnings))[:5]}"
        )


def together(reports: Iterable[Report]) -> Report:
    """Make one report of several."""
    all_of_them = list(reports)
    asked, errors = Counter[str](), Counter[str]()
    for each in all_of_them:
        asked.update(each.asked)
        errors.update(each.cache_errors)
    return Report(
        [time for each in all_of_them for time in each.milliseconds],
        [failure for each in all_of_them for failure in each.failures],
        dict(asked),
        dict(errors),
        sum(each.on_loop for each in all_of_them),
        [warning for each in all_of_them for warning in each.warnings],
    )
