"""A task of Prefect calls with httpx, or requests, which take the object as everywhere.

Each task run makes an object of its own: they share a token, and Prefect stores no parameter that
has a credential.
"""

import httpx
from prefect import flow, task

from dtz_dastra_auth import DastraClientCredentials


@task(retries=2)
def page(number: int) -> int:
    with httpx.Client(auth=DastraClientCredentials.from_env()) as client:
        response = client.get("https://api.dastra.eu/v1/workspaces", params={"page": number})
        return int(response.raise_for_status().json()["total"])


@flow
def workspaces(pages: int) -> list[int]:
    """Call for all pages at once, each in a task run."""
    return page.map(range(1, pages + 1)).result()
