"""Reading the answers of requests below `Response.content`, which knows no bound."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from inspect import signature
from typing import Any

import requests

from ._drivers import CAP, LARGE, LATE, LEAST_TIMEOUT, is_large, refuse_compressed
from ._errors import TokenError
from ._flow import Peek
from ._hidden import CredentialBuffer, CredentialBytes
from ._token import Deadline


def read_answer(response: requests.Response, deadline: Deadline) -> bytes:
    """Read the body of a token endpoint's answer.

    Args:
        response: The answer, of which only the head was read.
        deadline: When all of it has to be there.

    Raises:
        TokenError: The body is larger than 64 kB, compressed, or too late.
        requests.ConnectionError: The connection broke.
    """
    status = response.status_code
    refuse_compressed(response)
    body = CredentialBuffer()
    broke_off = ""
    try:
        # Byte by byte out of the connection's buffer: a larger amount is waited for, however
        # slowly it drips, and the deadline would not be looked at.
        for chunk in _stream(response.raw, 1):
            body += chunk
            # Tools that report errors show the variables of each frame.
            del chunk
            if len(body) > CAP or deadline.left() < 0:
                break
    except Exception as error:
        broke_off = type(error).__name__
    if broke_off:
        # What urllib3 raises is no error of requests, which callers expect, and has in its text
        # what a server made of it: ours is raised after the handler, without it as a context.
        raise requests.ConnectionError(f"the token answer broke off: {broke_off}")
    if len(body) > CAP:
        raise TokenError(LARGE, status_code=status)
    if deadline.left() < 0:
        raise TokenError(LATE, status_code=status)
    return CredentialBytes(body)


def peek(step: Peek) -> bool:
    """Take a body off its connection, and leave the response whole; see `Peek`.

    Args:
        step: Which response, streamed or not.
    """
    response = step.response
    if getattr(response, "_content_consumed", False):
        return True
    if is_large(response):
        return False
    raw = response.raw
    if not hasattr(raw, "stream"):
        # An adapter of somebody's own, whose responses have nothing below `content`.
        return response.content is not None
    is_urllib3 = _is_urllib3(raw)
    chunks = _stream(raw, 1, decode=not is_urllib3)
    taken = bytearray()
    failed: Exception | None = None
    whole = False
    try:
        with _patience(raw, step.deadline):
            for chunk in chunks:
                taken += chunk
                if len(taken) > CAP or step.deadline.left() < 0:
                    break
            else:
                whole = True
    except Exception as error:
        failed = error
    body = io.BufferedReader(_Rest(bytes(taken), chunks, failed, raw))
    response.raw = _again(raw, body) if is_urllib3 else body
    return whole


def _is_urllib3(raw: Any) -> bool:
    # By how it is made: niquests has the class of a urllib3 of its own, and vcrpy's is another.
    parameters = signature(type(raw)).parameters.values()
    return any(
        each.name == "preload_content" or each.kind is each.VAR_KEYWORD for each in parameters
    )


def _again(raw: Any, body: "io.BufferedReader[_Rest]") -> Any:
    return type(raw)(
        body=body,
        headers=raw.headers,
        status=raw.status,
        version=raw.version,
        reason=raw.reason,
        preload_content=False,
        original_response=getattr(raw, "_original_response", None),
    )


@contextmanager
def _patience(raw: Any, deadline: Deadline) -> Iterator[None]:
    # A caller without a timeout, that streams perhaps, is not to wait for what it never asked for.
    socket = getattr(getattr(raw, "connection", None), "sock", None)
    if socket is None or socket.gettimeout() is not None:
        yield
        return
    socket.settimeout(max(deadline.left(), LEAST_TIMEOUT))
    try:
        yield
    finally:
        with suppress(OSError):
            socket.settimeout(None)


def _stream(raw: Any, amount: int, *, decode: bool = False) -> Iterator[bytes]:
    return raw.stream(amount, decode_content=decode)  # type: ignore[no-any-return]  # urllib3's


class _Rest(io.RawIOBase):
    """A body of which a part was taken: that part, then what is left, then how it ended."""

    def __init__(
        self, taken: bytes, chunks: Iterator[bytes], failed: Exception | None, raw: Any
    ) -> None:
        self._buffer = memoryview(taken)
        self._chunks = chunks
        self._failed = failed
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self._buffer:
            if self._failed is not None:
                raise self._failed
            self._buffer = memoryview(next(self._chunks, b""))
        count = min(len(target), len(self._buffer))
        target[:count] = self._buffer[:count]
        self._buffer = self._buffer[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            for name in ("close", "release_conn"):
                # What is not urllib3's may have neither.
                getattr(self._raw, name, lambda: None)()
        super().close()
