"""Call, fork, and call in the child; prints the status of each."""

import os

import requests

from conformance.methods import DASTRA_URL
from dtz_dastra_auth import DastraClientCredentials

auth = DastraClientCredentials.from_env()


def call() -> None:
    print(requests.get(DASTRA_URL, auth=auth, timeout=60).status_code, flush=True)


if __name__ == "__main__":
    call()
    child = os.fork()
    if child == 0:
        call()
        os._exit(0)
    os.waitpid(child, 0)
