"""A `RetryTransport` repeats calls that got a 503 and the like, each time with the credential.

Token requests pass through it too, once: the package repeats those itself.
"""

import os

import httpx
from httpx_retries import Retry, RetryTransport

from dtz_dastra_auth import DastraClientCredentials


def workspaces() -> int:
    """Call, and repeat the call where that may help."""
    # A transport of your own does not look for a proxy in the environment.
    below = httpx.HTTPTransport(proxy=os.environ.get("HTTPS_PROXY"))
    transport = RetryTransport(below, retry=Retry(total=3))
    with httpx.Client(transport=transport, auth=DastraClientCredentials.from_env()) as client:
        answer = client.get("https://api.dastra.eu/v1/workspaces")
        return answer.status_code
