"""The server side of `soak`: stand-ins in a process of their own, with faults at fixed rates.

Prints one line of JSON when it is ready, and another, with what it has counted, when its input
ends. On its own process it shares neither interpreter nor event loop with what is measured.
"""

import json
import sys
import time
from collections import Counter
from typing import Any

from dtz_dastra_auth.testing import DastraStandIn, Recorded, serve

LIFETIME = 2
# One in so many: token requests refused, calls answered with a 401, connections dropped.
REFUSED, UNAUTHORIZED, DROPPED = 5, 50, 200
# The first token request that is dropped, early enough for a short soak.
FIRST_DROPPED = 7
# Seconds. A token younger than one is not renewed for a 401; its age is known here only from the
# first call that came with it.
YOUNG = 0.5


class Faults:
    """Which requests meet a fault, and what has been counted of them.

    Each caller numbers its calls, so that a replay is known by its number: a call that met one
    401 of ours does not meet another, as a single caller's would not. And no dropped token
    request is next to a refused one: with both of its tries failed, a single caller fails too.

    The stand-in asks with its lock held, so nothing here needs one.
    """

    def __init__(self, dastra: DastraStandIn) -> None:
        self.counts: Counter[str] = Counter()
        self.first_seen: dict[str, float] = {}
        self.rejected: set[str] = set()
        self._numbers: set[str] = set()
        self._dastra = dastra
        dastra.lifetime = LIFETIME
        dastra.fail(503, on=self._refuses, times=None)
        dastra.fail(401, on=self._rejects, times=None)
        dastra.drop(on=self._drops, times=None)

    def _refuses(self, request: Recorded) -> bool:
        # The first command sees every request, and so it is here that they are counted.
        if not request.is_token_request:
            self.counts["calls"] += 1
            self.first_seen.setdefault(bearer(request), time.monotonic())
            return False
        self.counts["token requests"] += 1
        refused = self.counts["token requests"] % REFUSED == 0
        self.counts["refused"] += refused
        return refused

    def _rejects(self, request: Recorded) -> bool:
        if request.is_token_request or self._is_replay(request):
            return False
        self.counts["first sendings"] += 1
        if self.counts["first sendings"] % UNAUTHORIZED:
            return False
        self.counts["401"] += 1
        token = bearer(request)
        if time.monotonic() - self.first_seen[token] > YOUNG:
            self.rejected.add(token)
        return True

    def _drops(self, request: Recorded) -> bool:
        if request.is_token_request:
            dropped = self.counts["token requests"] % DROPPED == FIRST_DROPPED
            self.counts["token requests dropped"] += dropped
            return dropped
        dropped = self.counts["calls"] % DROPPED == 0
        self.counts["calls dropped"] += dropped
        return dropped

    def _is_replay(self, request: Recorded) -> bool:
        number = request.header("X-Call") or ""
        if number in self._numbers:
            return True
        self._numbers.add(number)
        return False


def bearer(request: Recorded) -> str:
    """Give the token that a call carries."""
    return (request.header("Authorization") or "").partition(" ")[2]


def main() -> None:
    """Serve until the input ends."""
    with serve(set_environment=False) as services:
        faults = Faults(services.dastra)
        ready: dict[str, Any] = {
            "environment": {
                **services.environment,
                "DASTRA_PUBLIC_KEY": services.dastra.public_key,
                "DASTRA_PRIVATE_KEY": services.dastra.private_key,
            },
            "url": f"{services.dastra.url}/v1/workspaces",
        }
        print(json.dumps(ready), flush=True)
        for line in sys.stdin:
            # A nudge from the soak, now and then: nobody needs this log.
            assert line
            services.dastra.clear_log()
        print(json.dumps({**faults.counts, "rejected": len(faults.rejected)}), flush=True)


if __name__ == "__main__":
    main()
