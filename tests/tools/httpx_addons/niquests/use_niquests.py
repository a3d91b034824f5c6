"""`niquests.Session` takes the object as requests does.

`niquests.AsyncSession` takes the classes whose secret is a fixed one; where a token is renewed, use
`niquests.Session` or `httpx.AsyncClient`.
"""

import asyncio

import niquests

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey


def workspaces(pages: int) -> list[int | None]:
    """Call for all pages at once, over one connection where the service speaks HTTP/2."""
    with niquests.Session(multiplexed=True, auth=DastraClientCredentials.from_env()) as session:
        url = "https://api.dastra.eu/v1/workspaces"
        calls = [session.get(url, params={"page": str(page + 1)}) for page in range(pages)]
        session.gather()
        return [call.status_code for call in calls]


async def me(times: int) -> list[int | None]:
    """Call on an event loop."""
    async with niquests.AsyncSession(auth=DtzApiKey.from_env()) as session:
        calls = [session.get("https://api.dtz.rocks/v1/me") for _ in range(times)]
        return [answer.status_code for answer in await asyncio.gather(*calls)]
