"""A fleet: processes that call the stand-in API at the same time, and share a cache.

    dastra.lifetime = 2
    with Fleet([Plan(callers=32, seconds=30)] * 8, stand_ins, servers) as fleet:
        fleet.begin()
        report = fleet.report()
    assert report.failures == []
    assert len(dastra.token_requests) <= ...

Nothing of it is timed but the calls: what a process needs to start, to import and to connect is
over when all of them begin.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from types import TracebackType
from typing import Self

from dtz_dastra_auth.testing import StandIns
from fleet.caches import Servers
from fleet.children import Child, at_once, environment
from fleet.plans import Plan, Report, together

# Seconds, beyond what a plan takes anyway, after which a process counts as one that hangs.
HANGS = 60.0
# Seconds between the word to begin and the first call: it has to reach all of them before.
HEAD_START = 0.3


class Fleet:
    """Processes, one for each plan; they are ended with the context.

    Attributes:
        workers: The processes, in the order of their plans.
    """

    def __init__(self, plans: Sequence[Plan], services: StandIns, servers: Servers) -> None:
        self._plans = list(plans)
        self._servers = servers
        self._services = services
        self._stack = ExitStack()
        self._reports: dict[int, Report] = {}
        self._leases: list[Child] = []
        self.workers: list[Child] = []

    def __enter__(self) -> Self:
        """Start the processes, and wait until all of them are ready to begin."""
        with ExitStack() as stack:
            for plan in self._plans:
                worker = stack.enter_context(Child("caller", environment(self._services)))
                worker.send({"plan": asdict(plan), "servers": self._servers.described()})
                self.workers.append(worker)
            for worker in self.workers:
                assert worker.receive(HANGS) == {"ready": True}
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the processes."""
        self._stack.__exit__(kind, error, traceback)

    def begin(self) -> None:
        """Let all of them make their first call, at the same moment.

        Each has opened its connections by calls without a credential; the stand-in forgets these.
        """
        self._services.dastra.clear_log()
        at_once([worker for worker in self.workers if not worker.killed], HEAD_START)

    def next_lease(self, timeout: float = HANGS) -> Child:
        """Wait until a process wins the lease, and give it; each lease is told of once."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for worker in self.workers:
                self._listen(worker, 0.0)
            if self._leases:
                return self._leases.pop(0)
            time.sleep(0.005)
        raise TimeoutError(f"nobody has won the lease in {timeout:.0f} s")

    def report(self) -> Report:
        """Wait until all processes that were not killed are done, and tell what they told."""
        return together(self.reports())

    def reports(self) -> list[Report]:
        """Wait until all processes that were not killed are done, and give the report of each."""
        longest = max(plan.seconds + plan.timeout for plan in self._plans)
        end = time.monotonic() + longest + HANGS
        alive = [worker for worker in self.workers if not worker.killed]
        for worker in alive:
            while worker.pid not in self._reports:
                self._listen(worker, max(end - time.monotonic(), 0.01))
        return [self._reports[worker.pid] for worker in alive]

    def _listen(self, worker: Child, timeout: float) -> None:
        """Take in the next thing that a process says, if there is any."""
        if worker.killed or worker.pid in self._reports:
            return
        try:
            message = worker.receive(timeout)
        except TimeoutError:
            if timeout:
                raise
            return
        if "report" in message:
            self._reports[worker.pid] = Report(**message["report"])
        else:
            self._leases.append(worker)
