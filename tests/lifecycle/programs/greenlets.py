"""Call from ten greenlets of gevent, with one auth object: on first use, and after a line of input.

Prints the statuses of each round.
"""

# Before anything else is imported, as gevent demands.
from gevent import monkey  # type: ignore[import-untyped]  # it has none

monkey.patch_all()

import sys  # noqa: E402

import gevent  # noqa: E402
import requests  # noqa: E402

from conformance.methods import DASTRA_URL  # noqa: E402
from lifecycle.children import FROM_ENV  # noqa: E402

auth = FROM_ENV[sys.argv[1]]()


def call() -> int:
    return requests.get(DASTRA_URL, auth=auth, timeout=60).status_code


if __name__ == "__main__":
    for _ in range(2):
        greenlets = [gevent.spawn(call) for _ in range(10)]
        gevent.joinall(greenlets, timeout=60, raise_error=True)
        print(*[greenlet.value for greenlet in greenlets], flush=True)
        sys.stdin.readline()
