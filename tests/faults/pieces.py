"""Reading a response piece by piece, in any client."""

from dataclasses import dataclass
from typing import Any

import clients
from clients import Client


@dataclass
class Pieces:
    """What a caller who streams has seen.

    Attributes:
        response: The library's own response.
        content: What was read of its body.
    """

    response: Any
    content: bytes = b""

    def enough(self, piece: bytes, at_least: int | None) -> bool:
        """Take a piece, and tell whether the caller leaves now."""
        self.content += piece
        return at_least is not None and len(self.content) >= at_least


def stream(client: Client, url: str, at_least: int | None = None) -> Pieces:
    """Make a call whose body is not read before the caller asks for it.

    Args:
        client: One of `clients.KINDS`.
        url: What is called.
        at_least: How many bytes to read before leaving; None reads to the end.
    """
    if isinstance(client, clients.AsyncHttpxClient):
        return _stream_async(client, url, at_least)
    if isinstance(client, clients.HttpxClient):
        with client.native.stream("GET", url) as response:
            pieces = Pieces(response)
            for piece in response.iter_raw():
                if pieces.enough(piece, at_least):
                    break
        return pieces
    with client.get(url, stream=True) as response:
        pieces = Pieces(response)
        for piece in response.iter_content(4096):
            if pieces.enough(piece, at_least):
                break
    return pieces


def _stream_async(client: clients.AsyncHttpxClient, url: str, at_least: int | None) -> Pieces:
    async def call() -> Pieces:
        async with client.native.stream("GET", url) as response:
            pieces = Pieces(response)
            # Left before its end, an async generator is closed by whoever has it.
            chunks = response.aiter_raw()
            try:
                async for piece in chunks:
                    if pieces.enough(piece, at_least):
                        break
            finally:
                await chunks.aclose()
        return pieces

    made: Pieces = client.portal.call(call)
    return made
