"""Requests and responses of httpx and httpx2: built, read up to a bound, and left whole.

Bodies are read from `Response.stream` itself. `Response.read` knows no bound, and what it has read
stays in `Response.history`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ._bodies import Once, Rest
from ._clients import HTTPX_LIBRARIES
from ._drivers import CAP, LARGE, LATE, LEAST_TIMEOUT, REDIRECTS, is_large, refuse_compressed
from ._errors import TokenError
from ._flow import Answer, Exchange, Peek
from ._hidden import CredentialBuffer, CredentialBytes
from ._kept_headers import Keeper
from ._stay_httpx import AsyncNoRedirect, NoRedirect

_BYTE_STREAMS = tuple(library.ByteStream for library in HTTPX_LIBRARIES)
_PHASES = ("connect", "read", "write", "pool")


def timeout_of(request: Any) -> float | None:
    """Tell the longest a caller lets one phase of its request take.

    Args:
        request: The caller's request.

    Returns:
        Seconds, or None where the caller set no limit.
    """
    phases = request.extensions.get("timeout") or {}
    limits = [phases.get(phase) for phase in _PHASES]
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(_PHASES) else None


def token_request(request: Any, step: Exchange, *, blocks: bool) -> Any:
    """Build a token request in the library, and with the timeouts, of the caller's request.

    Args:
        request: The caller's request.
        step: What is to be sent.
        blocks: Whether the client is a blocking one.
    """
    left = max(step.deadline.left(), LEAST_TIMEOUT)
    phases = request.extensions.get("timeout") or {}
    limits = {phase: _shorter(phases.get(phase), left) for phase in _PHASES}
    if step.is_patient:
        # Before it is connected nothing is sent, and nothing lost.
        limits["read"] = limits["write"] = left
    headers = {**step.headers, "Accept-Encoding": "identity"}
    if "User-Agent" in request.headers:
        headers["User-Agent"] = request.headers["User-Agent"]
    built = type(request)(
        "POST", step.url, headers=headers, content=step.content, extensions={"timeout": limits}
    )
    guard = NoRedirect if blocks else AsyncNoRedirect
    built.extensions["trace"] = guard(built)
    built.stream = once = Once(step.content)
    # Where no transport calls a trace callback, a redirect goes without the secret and the body.
    _Spender(once).keep(built)
    return built


class _Spender(Keeper):
    """Keeps the secret of a token request where it is, and its body too."""

    def __init__(self, body: Once) -> None:
        super().__init__(None)
        self._body = body

    def on_redirect(self, request: Any) -> None:
        self._body.spend()


def forget(request: Any) -> None:
    """Make a token request forget its secrets: the error that it met keeps the object.

    Args:
        request: A token request that has failed.
    """
    method, url = request.method, request.url
    vars(request).clear()
    type(request).__init__(request, method, url)


def read_answer(response: Any, sent: Any, step: Exchange) -> Answer:
    """Read a token endpoint's answer in a blocking client.

    Args:
        response: What came back, its body still unread.
        sent: The token request.
        step: What was asked for.

    Raises:
        TokenError: It was redirected, or its body is compressed, larger than 64 kB or too late.
    """
    stream, body = response.stream, CredentialBuffer()
    try:
        _refuse(response, sent)
        if response.is_closed:
            return _read_by_a_hook(response)
        # httpx looks at this when it begins to read a body.
        sent.extensions["timeout"]["read"] = max(step.deadline.left(), LEAST_TIMEOUT)
        for chunk in stream:
            body += chunk
            # Tools that report errors show the variables of each frame.
            del chunk
            _check(body, response, step)
    finally:
        response.stream = Rest(b"")
        stream.close()
    return Answer(response.status_code, response.headers, CredentialBytes(body))


async def read_answer_async(response: Any, sent: Any, step: Exchange) -> Answer:
    """Read a token endpoint's answer in an async client.

    Args:
        response: What came back, its body still unread.
        sent: The token request.
        step: What was asked for.

    Raises:
        TokenError: It was redirected, or its body is compressed, larger than 64 kB or too late.
    """
    import anyio

    stream, body = response.stream, CredentialBuffer()
    chunks = aiter(stream)
    try:
        _refuse(response, sent)
        if response.is_closed:
            return _read_by_a_hook(response)
        with anyio.fail_after(max(step.read_by.left(), 0)):
            async for chunk in chunks:
                body += chunk
                del chunk
                _check(body, response, step)
    except TimeoutError:
        raise TokenError(LATE, status_code=response.status_code) from None
    finally:
        response.stream = Rest(b"")
        with anyio.CancelScope(shield=True):
            await stream.aclose()
            # Below it are generators in generators: an abandoned one is a warning under trio,
            # and a closed stream ends them all at once.
            with suppress(Exception):
                async for _ in chunks:
                    pass
    return Answer(response.status_code, response.headers, CredentialBytes(body))


def peek(step: Peek) -> bool:
    """Take a body off its connection, and leave the response whole; see `Peek`.

    Args:
        step: Which response of a blocking client.
    """
    response = step.response
    if response.is_closed or is_large(response):
        return bool(response.is_closed)
    stream, taken, failed = response.stream, bytearray(), None
    chunks = iter(stream)
    try:
        with _patience(step):
            for chunk in chunks:
                taken += chunk
                if len(taken) > CAP or step.deadline.left() < 0:
                    response.stream = Rest(bytes(taken), stream, chunks)
                    return False
    except Exception as error:
        failed = error
    stream.close()
    response.stream = Rest(bytes(taken), stream, failed=failed)
    return failed is None


async def peek_async(step: Peek) -> bool:
    """Take a body off its connection, and leave the response whole; see `Peek`.

    Args:
        step: Which response of an async client.
    """
    response = step.response
    if response.is_closed or is_large(response):
        return bool(response.is_closed)
    stream, taken, failed = response.stream, bytearray(), None
    chunks = aiter(stream)
    try:
        with _patience(step):
            async for chunk in chunks:
                taken += chunk
                if len(taken) > CAP or step.deadline.left() < 0:
                    response.stream = Rest(bytes(taken), stream, chunks)
                    return False
    except Exception as error:
        failed = error
    await stream.aclose()
    response.stream = Rest(bytes(taken), stream, failed=failed)
    return failed is None


@contextmanager
def _patience(step: Peek) -> Iterator[None]:
    # A caller without a timeout, that streams perhaps, is not to wait for what it never asked for.
    timeouts = step.response.request.extensions.setdefault("timeout", {})
    limit = timeouts.get("read")
    if limit is None:
        timeouts["read"] = max(step.deadline.left(), LEAST_TIMEOUT)
    try:
        yield
    finally:
        timeouts["read"] = limit


def is_replayable(request: Any) -> bool:
    """Tell whether a request's body can be sent once more, byte for byte.

    Args:
        request: The request that was sent.
    """
    # RequestNotRead is a RuntimeError in both libraries: the body came from an iterator.
    with suppress(RuntimeError):
        return request.content is not None
    # A request that a redirect has made has a stream and no content.
    if isinstance(request.stream, _BYTE_STREAMS):
        return True
    # A multipart body is rendered anew each time; its files are wound back to their beginning.
    fields = getattr(request.stream, "fields", None)
    return isinstance(fields, list) and all(_is_rewindable(field) for field in fields)


def _is_rewindable(field: Any) -> bool:
    file = getattr(field, "file", b"")
    return isinstance(file, str | bytes) or (hasattr(file, "seekable") and bool(file.seekable()))


def _shorter(limit: float | None, left: float) -> float:
    return left if limit is None else min(limit, left)


def _refuse(response: Any, sent: Any) -> None:
    # A client that follows redirects has done so by now, without the body: `Once` sees to it.
    if response.request is not sent or response.has_redirect_location:
        raise TokenError(REDIRECTS, status_code=response.status_code)
    refuse_compressed(response)


def _check(body: bytearray, response: Any, step: Exchange) -> None:
    if len(body) > CAP:
        raise TokenError(LARGE, status_code=response.status_code)
    if step.read_by.left() < 0:
        raise TokenError(LATE, status_code=response.status_code)


def _read_by_a_hook(response: Any) -> Answer:
    # An event hook that reads a body, as loggers do, closes the stream below it.
    body: bytes | None = None
    with suppress(RuntimeError):
        body = response.content
    if body is None:
        raise TokenError("an event hook has used up the token answer")
    if len(body) > CAP:
        raise TokenError(LARGE, status_code=response.status_code)
    return Answer(response.status_code, response.headers, body)
