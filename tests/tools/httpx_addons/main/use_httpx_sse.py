"""`connect_sse` and `aconnect_sse` take a client, and that the object."""

import httpx
from httpx_sse import aconnect_sse, connect_sse

from dtz_dastra_auth import DtzApiKey


def first_events(url: str, count: int) -> list[str]:
    """Read a stream that need not end."""
    with (
        httpx.Client(auth=DtzApiKey.from_env()) as client,
        connect_sse(client, "GET", url) as source,
    ):
        source.response.raise_for_status()
        return [event.data for event, _ in zip(source.iter_sse(), range(count), strict=False)]


async def all_events(url: str) -> list[str]:
    """Read a stream to its end, in an async client."""
    async with (
        httpx.AsyncClient(auth=DtzApiKey.from_env()) as client,
        aconnect_sse(client, "GET", url) as source,
    ):
        source.response.raise_for_status()
        return [event.data async for event in source.aiter_sse()]
