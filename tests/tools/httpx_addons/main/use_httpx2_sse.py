"""httpx2 reads server-sent events by itself, with the client's `auth`."""

import httpx2

from dtz_dastra_auth import DtzApiKey


def first_events(url: str, count: int) -> list[str]:
    """Read a stream that need not end."""
    with httpx2.Client(auth=DtzApiKey.from_env()) as client, client.sse(url) as source:
        return [event.data for event, _ in zip(source, range(count), strict=False)]


async def all_events(url: str) -> list[str]:
    """Read a stream to its end, in an async client."""
    async with (
        httpx2.AsyncClient(auth=DtzApiKey.from_env()) as client,
        client.sse(url) as source,
    ):
        return [event.data async for event in source]
