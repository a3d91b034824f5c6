"""Fork while a thread asks for a token, with every lock held; parent and child both call.

Prints a status or an error for each; the child's comes first.
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import clients
from conformance.methods import DASTRA_URL
from dtz_dastra_auth._stores import default_store
from lifecycle.children import FROM_ENV, told


def hold_all_locks(held: threading.Event, forked: threading.Event) -> None:
    """Hold the locks of the store and of its slots until the fork is done."""
    store = default_store()
    with store._lock:
        [slot] = store._slots.values()
        with slot._lock:
            held.set()
            forked.wait(60)


def main(method: str, kind: str) -> None:
    auth = FROM_ENV[method]()
    with ThreadPoolExecutor() as pool:
        # Its token request is held by the test.
        leading = pool.submit(clients.make(kind, auth).get, DASTRA_URL)
        sys.stdin.readline()
        held, forked = threading.Event(), threading.Event()
        holding = pool.submit(hold_all_locks, held, forked)
        held.wait(60)
        child = os.fork()
        if child == 0:
            print(told(lambda: clients.make(kind, auth).get(DASTRA_URL)), flush=True)
            # Threads of the parent, that its pool would join at the end, do not exist here.
            os._exit(0)
        forked.set()
        holding.result(60)
        os.waitpid(child, 0)
        print(leading.result(60).status_code, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
