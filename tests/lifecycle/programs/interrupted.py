"""Call until Ctrl-C, which comes while a token is asked for, and then once more.

The first argument names the method, the second the client: `requests`, `httpx`, `asyncio` or
`trio`.
"""

import signal
import sys
from collections.abc import Callable

import httpx
import requests

from conformance.methods import DASTRA_URL
from lifecycle.children import FROM_ENV

auth = FROM_ENV[sys.argv[1]]()


async def asynchronous() -> int:
    async with httpx.AsyncClient(auth=auth, timeout=60) as client:
        return (await client.get(DASTRA_URL)).status_code


def in_asyncio() -> int:
    import asyncio

    return asyncio.run(asynchronous())


def in_trio() -> int:
    import trio

    # Protected, trio raises the interrupt where the call waits. Else trio's handler raises it
    # between any two lines, and now and then in a callback of a weak reference, where Python
    # prints it and goes on (python/cpython#95959): one such callback comes with each timeout.
    return trio.run(trio.lowlevel.enable_ki_protection(asynchronous))


CALLS: dict[str, Callable[[], int]] = {
    "requests": lambda: requests.get(DASTRA_URL, auth=auth, timeout=60).status_code,
    "httpx": lambda: httpx.get(DASTRA_URL, auth=auth, timeout=60).status_code,
    "asyncio": in_asyncio,
    "trio": in_trio,
}

if __name__ == "__main__":
    # What was started in the background ignores Ctrl-C, and so would this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    call = CALLS[sys.argv[2]]
    try:
        call()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    # Goes on when the test says so.
    sys.stdin.readline()
    print(call())
