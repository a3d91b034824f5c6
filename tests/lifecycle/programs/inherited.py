"""Call, fork, and call in the child; prints the status of each, or its error.

The second argument says whether the child first forgets the token, as if it had ended.
"""

import os
import sys

import requests

from conformance.methods import DASTRA_URL
from dtz_dastra_auth._stores import clear_default_store
from lifecycle.children import FROM_ENV, told

auth = FROM_ENV[sys.argv[1]]()


def call() -> None:
    print(told(lambda: requests.get(DASTRA_URL, auth=auth, timeout=60)), flush=True)


if __name__ == "__main__":
    call()
    child = os.fork()
    if child == 0:
        if sys.argv[2] == "forgets":
            clear_default_store()
        call()
        os._exit(0)
    os.waitpid(child, 0)
