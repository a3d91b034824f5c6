"""Request bodies, and what becomes of each when it meets a 401.

Rule 8: a body that can be sent again, byte for byte, is; every other one leaves the 401 to the
caller. Cells that are `CANNOT` are those that the client cannot send without any auth at all: an
async client takes no blocking stream, a blocking one no async stream, and httpx (not httpx2)
announces the whole length of a file that was read to its middle, and then sends the rest of it.
"""

import io
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIZE = 10 * 2**20
PIECE = 2**16
# No two pieces of it are alike, so that one sent twice or not at all shows.
CONTENT = b"".join(
    number.to_bytes(4, "big") * (PIECE // 4) for number in range(1, SIZE // PIECE + 1)
)
HALF = SIZE // 2

CANNOT = "cannot be sent"
REPLAYED = "replayed"
HANDED_OVER = "the 401 is the caller's"


class Unseekable(io.RawIOBase):
    """A stream that goes one way, as a pipe or a socket does."""

    def __init__(self) -> None:
        self._content = io.BytesIO(CONTENT)

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        return self._content.readinto(target)


def generator() -> Iterator[bytes]:
    for start in range(0, SIZE, PIECE):
        yield CONTENT[start : start + PIECE]


async def async_generator() -> AsyncIterator[bytes]:
    for piece in generator():
        yield piece


def file_at(place: int) -> Any:
    descriptor, name = tempfile.mkstemp()
    file = os.fdopen(descriptor, "w+b")
    Path(name).unlink()
    file.write(CONTENT)
    file.seek(place)
    return file


def memory_at(place: int) -> Any:
    file = io.BytesIO(CONTENT)
    file.seek(place)
    return file


@dataclass(frozen=True)
class Body:
    """One row.

    Attributes:
        name: What is sent.
        options: Makes what a client is given; new for each call.
        content: What the server has to store, or what it has to have in it where it is a form.
        requests: What becomes of it in requests.
        httpx: What becomes of it in the blocking client of httpx.
        httpx2: What becomes of it in the blocking client of httpx2.
        async_: What becomes of it in the async clients of both.
        form: Whether it goes out inside a multipart form.
    """

    name: str
    options: Callable[[], dict[str, Any]]
    content: bytes
    requests: str
    httpx: str
    httpx2: str
    async_: str
    form: bool = False

    def then(self, kind: str) -> str:
        """Tell what becomes of it in a client."""
        if kind.startswith("requests"):
            return self.requests
        if "Async" in kind:
            return self.async_
        return self.httpx2 if kind.startswith("httpx2") else self.httpx


def length(count: int) -> dict[str, str]:
    return {"Content-Length": str(count)}


BODIES = (
    # The columns: requests, httpx, httpx2, the async clients of both.
    Body(
        "a generator",
        lambda: {"content": generator()},
        CONTENT,
        *(HANDED_OVER, HANDED_OVER, HANDED_OVER, CANNOT),
    ),
    Body(
        "an async generator",
        lambda: {"content": async_generator()},
        CONTENT,
        *(CANNOT, CANNOT, CANNOT, HANDED_OVER),
    ),
    Body(
        "an unseekable stream",
        lambda: {"content": Unseekable()},
        CONTENT,
        *(HANDED_OVER, HANDED_OVER, HANDED_OVER, CANNOT),
    ),
    Body(
        "a file from its beginning",
        lambda: {"content": file_at(0)},
        CONTENT,
        *(REPLAYED, HANDED_OVER, HANDED_OVER, CANNOT),
    ),
    Body(
        "a file read to its middle",
        lambda: {"content": file_at(HALF)},
        CONTENT[HALF:],
        *(REPLAYED, CANNOT, HANDED_OVER, CANNOT),
    ),
    Body(
        "a file in memory read to its middle",
        lambda: {"content": memory_at(HALF)},
        CONTENT[HALF:],
        *(REPLAYED, CANNOT, HANDED_OVER, CANNOT),
    ),
    Body(
        "a file read to its middle, its length written out",
        lambda: {"content": file_at(HALF), "headers": length(HALF)},
        CONTENT[HALF:],
        *(REPLAYED, HANDED_OVER, HANDED_OVER, CANNOT),
    ),
    Body(
        "a multipart form with bytes",
        lambda: {"files": {"file": ("name", CONTENT)}},
        CONTENT,
        *(REPLAYED, REPLAYED, REPLAYED, REPLAYED),
        form=True,
    ),
    Body(
        "a multipart form with a file",
        lambda: {"files": {"file": ("name", file_at(0))}, "data": {"field": "value"}},
        CONTENT,
        *(REPLAYED, REPLAYED, REPLAYED, REPLAYED),
        form=True,
    ),
    # requests takes what is left of the file, httpx winds it back before it sends it at all.
    Body(
        "a multipart form with a file read to its middle",
        lambda: {"files": {"file": ("name", file_at(HALF))}},
        CONTENT[HALF:],
        *(REPLAYED, REPLAYED, REPLAYED, REPLAYED),
        form=True,
    ),
    Body(
        "a multipart form with an unseekable stream",
        lambda: {"files": {"file": ("name", Unseekable())}},
        CONTENT,
        *(REPLAYED, HANDED_OVER, HANDED_OVER, HANDED_OVER),
        form=True,
    ),
    Body("bytes", lambda: {"content": CONTENT}, CONTENT, *(REPLAYED, REPLAYED, REPLAYED, REPLAYED)),
)
