"""Bodies for httpx and httpx2: one that goes out once, and one that is put together again."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from ._clients import HTTPX_LIBRARIES
from ._errors import TokenError

_TWICE = "the token request was to be sent twice: the endpoint redirects, or a transport retries"

# Instances satisfy either library's checks, whichever is calling.
_STREAMS: Any = type(
    "_Streams",
    tuple(
        base
        for library in HTTPX_LIBRARIES
        for base in (library.SyncByteStream, library.AsyncByteStream)
    ),
    {},
)


class Once(_STREAMS):  # type: ignore[misc]  # bases of both libraries, known at run time only
    """A request body that goes out once: a redirect that is followed cannot carry it on."""

    def __init__(self, content: bytes) -> None:
        """Hold the body."""
        self._content: bytes | None = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._take()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._take()

    def spend(self) -> None:
        """Let it not go out, or not once more: the request is being redirected."""
        self._content = None

    def _take(self) -> bytes:
        content, self._content = self._content, None
        if content is None:
            raise TokenError(_TWICE)
        return content


class Rest(_STREAMS):  # type: ignore[misc]  # bases of both libraries, known at run time only
    """A response body of which a part was taken: that part, then what is left on the stream."""

    def __init__(
        self,
        taken: bytes,
        stream: Any = None,
        chunks: Any = None,
        *,
        failed: Exception | None = None,
    ) -> None:
        """Put a body together again.

        Args:
            taken: What was read already.
            stream: Where it was read from.
            chunks: The iterator that goes on; None when all was read and the stream is closed.
            failed: What the rest of the body is, when reading it broke off.
        """
        self._taken = taken
        self._failed = failed
        self._stream = stream
        self._chunks = chunks

    @property
    def elapsed(self) -> Any:
        """Tell what the stream has measured: httpx2 reads `Response.elapsed` here."""
        return getattr(self._stream, "elapsed", None)

    def __iter__(self) -> Iterator[bytes]:
        yield self._taken
        if self._chunks is not None:
            yield from self._chunks
        if self._failed is not None:
            raise self._failed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._taken
        if self._chunks is not None:
            async for chunk in self._chunks:
                yield chunk
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        """Close what is still open below."""
        if self._chunks is not None:
            self._stream.close()

    async def aclose(self) -> None:
        """Close what is still open below."""
        if self._chunks is not None:
            await self._stream.aclose()
