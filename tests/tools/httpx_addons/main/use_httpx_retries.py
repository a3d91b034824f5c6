"""A `RetryTransport` sends calls again that met a 503 and the like, each time with the credential.

Token requests pass through it too, once: the package repeats those itself.
"""

import httpx
from httpx_retries import Retry, RetryTransport

from dtz_dastra_auth import DastraClientCredentials


def workspaces(below: httpx.BaseTransport | None = None) -> int:
    """Call, over a transport of your own where there is one: with a proxy, say."""
    transport = RetryTransport(below, retry=Retry(total=3))
    with httpx.Client(transport=transport, auth=DastraClientCredentials.from_env()) as client:
        answer = client.get("https://api.dastra.eu/v1/workspaces")
        return answer.status_code
