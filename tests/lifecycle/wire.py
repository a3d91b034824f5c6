"""The stand-ins without sockets: the same rules, log, commands and holds, inside the client.

A thousand tasks on one client with the default pool take most of a minute in the pool itself, and
a thousand TLS handshakes as long. What a thousand callers do with one token has nothing to do with
either, so the largest crowds meet the stand-in here; smaller ones meet it over sockets.
"""

import io
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import anyio
import anyio.lowlevel
import requests
import urllib3.util
from requests.adapters import BaseAdapter

from dtz_dastra_auth.testing import Hold
from dtz_dastra_auth.testing._commands import Delay
from dtz_dastra_auth.testing._messages import Reply
from lifecycle.accounts import Service
from lifecycle.crowds import HANGS

# Seconds between two looks at a hold's gate.
_LOOK = 0.005


def asynchronous(service: Service, library: ModuleType) -> Any:
    """Make a transport for ``library.AsyncClient``."""

    async def handle(request: Any) -> Any:
        exchange = service.exchange(_arrived(service, request))
        while True:
            # Every call lets all others run, as one over a socket does.
            await anyio.lowlevel.checkpoint()
            try:
                pause = next(exchange)
            except StopIteration as end:
                return _response(library, end.value)
            if isinstance(pause, Delay):
                await anyio.sleep(pause.seconds)
            # The gate is a future that a thread completes, and no loop's own.
            while isinstance(pause, Hold) and not pause.gate.done():  # noqa: ASYNC110
                await anyio.sleep(_LOOK)

    return library.MockTransport(handle)


def blocking(service: Service, library: ModuleType) -> Any:
    """Make a transport for ``library.Client``."""

    def handle(request: Any) -> Any:
        return _response(library, _blocking_outcome(service, _arrived(service, request)))

    return library.MockTransport(handle)


def pooled(service: Service, library: ModuleType, connections: int) -> Any:
    """Make a transport for ``library.Client`` that has this many connections.

    One is taken by a request, and free again once its answer is read or closed: for whoever has
    waited longest, as in httpcore's pool.
    """
    pool = _Pool(connections)

    class Body(library.SyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, content: bytes) -> None:
            self._content = content
            self._closed = False

        def __iter__(self) -> Iterator[bytes]:
            yield self._content

        def close(self) -> None:
            if not self._closed:
                self._closed = True
                pool.release()

    def handle(request: Any) -> Any:
        if not pool.acquire(request.extensions["timeout"]["pool"]):
            raise library.PoolTimeout("no connection is free")
        # Lets other threads run, as a socket does.
        time.sleep(0.001)
        reply = _blocking_outcome(service, _arrived(service, request))
        return library.Response(reply.status, headers=reply.headers, stream=Body(reply.body))

    return library.MockTransport(handle)


class _Pool:
    """Permits that are given in the order in which they were asked for."""

    def __init__(self, permits: int) -> None:
        self._permits = permits
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, timeout: float) -> bool:
        with self._lock:
            if self._permits:
                self._permits -= 1
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        # Whoever waits in vain has failed its test: nobody needs its place in the queue.
        return turn.wait(timeout)

    def release(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._permits += 1


class Adapter(BaseAdapter):
    """The same for a ``requests.Session``.

    Attributes:
        before: Called with every request before it is answered.
    """

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service
        self.before: Callable[[requests.PreparedRequest], None] = lambda request: None

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        self.before(request)
        parts = urllib3.util.parse_url(str(request.url))
        sent = ((name, str(value)) for name, value in request.headers.items())
        headers = (("Host", str(parts.host)), *sent)
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert isinstance(content, bytes)
        target = parts.request_uri
        arrived = self._service.arrived(str(request.method), target, headers, content, 0)
        return self._response(request, _blocking_outcome(self._service, arrived))

    def close(self) -> None:
        """Have nothing to close."""

    def _response(self, request: requests.PreparedRequest, reply: Reply) -> requests.Response:
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(dict(reply.headers))
        response.raw = urllib3.HTTPResponse(io.BytesIO(reply.body), preload_content=False)
        response.url, response.request = str(request.url), request
        response.connection = self  # type: ignore[assignment]  # the hook sends again over it
        return response


def session(service: Service) -> requests.Session:
    """Make a session whose requests are all answered without a socket."""
    made = requests.Session()
    made.mount("https://", Adapter(service))
    return made


def _arrived(service: Service, request: Any) -> Any:
    headers = tuple((name.decode(), value.decode()) for name, value in request.headers.raw)
    target = request.url.raw_path.decode()
    return service.arrived(request.method, target, headers, request.content, 0)


def _blocking_outcome(service: Service, arrived: Any) -> Any:
    exchange = service.exchange(arrived)
    while True:
        try:
            pause = next(exchange)
        except StopIteration as end:
            return end.value
        if isinstance(pause, Delay):
            time.sleep(pause.seconds)
        else:
            pause.gate.result(HANGS)


def _response(library: ModuleType, reply: Any) -> Any:
    assert isinstance(reply, Reply), "only whole answers come without a socket"
    return library.Response(reply.status, headers=list(reply.headers), content=reply.body)
