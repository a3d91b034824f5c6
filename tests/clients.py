"""Every HTTP client, behind one small interface, so that a behaviour is tested once.

The responses are the libraries' own: all of them have `status_code`, `headers`, `content`,
`json()`, `history` and `url`.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import ModuleType
from typing import Any, Protocol

import anyio
import anyio.from_thread
import httpx
import httpx2
import requests
from requests.adapters import HTTPAdapter

KINDS = (
    "requests.Session",
    "requests.get",
    "httpx.Client",
    "httpx.AsyncClient-asyncio",
    "httpx.AsyncClient-trio",
    "httpx2.Client",
    "httpx2.AsyncClient-asyncio",
    "httpx2.AsyncClient-trio",
)


class Client(Protocol):
    """What a test does with any client.

    Attributes:
        errors: The base of all errors the library raises for a request.
        native: The library's own client object.
    """

    errors: type[Exception]
    native: Any

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Make one call; options are those that all three libraries know."""

    def get(self, url: str, **options: Any) -> Any:
        """Make one call by GET."""

    def together(self, count: int, url: str) -> list[Any]:
        """Make this many calls at the same time, in threads or tasks; errors come as results."""
        ...

    def close(self) -> None:
        """Close the client."""


class _Calls:
    """What follows from `request`."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        raise NotImplementedError

    def get(self, url: str, **options: Any) -> Any:
        return self.request("GET", url, **options)

    def together(self, count: int, url: str) -> list[Any]:
        def one(_: int) -> Any:
            try:
                return self.get(url)
            except Exception as error:
                return error

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(one, range(count)))


class RequestsClient(_Calls):
    """``requests.Session``, or a new session for every call as ``requests.get`` makes one."""

    errors: type[Exception] = requests.RequestException

    def __init__(
        self,
        auth: Any,
        *,
        one_session: bool,
        max_connections: int = 100,
        follow_redirects: bool = False,
        timeout: float = 10.0,
    ) -> None:
        self._auth = auth
        self._options = {"allow_redirects": follow_redirects, "timeout": timeout}
        self.native = requests.Session()
        self.native.auth = auth
        adapter = HTTPAdapter(pool_maxsize=max_connections, pool_block=True)
        self.native.mount("https://", adapter)
        self._send: Callable[..., Any] = self.native.request if one_session else self._once

    def _once(self, method: str, url: str, **options: Any) -> Any:
        return requests.request(method, url, **{"auth": self._auth, **options})

    def request(self, method: str, url: str, **options: Any) -> Any:
        if "content" in options:
            options["data"] = options.pop("content")
        return self._send(method, url, **{**self._options, **options})

    def close(self) -> None:
        self.native.close()


class HttpxClient(_Calls):
    """``httpx.Client`` or ``httpx2.Client``."""

    def __init__(
        self, auth: Any, library: ModuleType, *, max_connections: int = 100, **options: Any
    ) -> None:
        self.errors: type[Exception] = library.HTTPError
        limits = library.Limits(max_connections=max_connections)
        self.native = library.Client(auth=auth, limits=limits, **{"timeout": 10.0, **options})

    def request(self, method: str, url: str, **options: Any) -> Any:
        return self.native.request(method, url, **options)

    def close(self) -> None:
        self.native.close()


class AsyncHttpxClient(_Calls):
    """``httpx.AsyncClient`` or ``httpx2.AsyncClient``, on an event loop that lives as long."""

    def __init__(
        self,
        auth: Any,
        library: ModuleType,
        backend: str,
        *,
        max_connections: int = 100,
        **options: Any,
    ) -> None:
        self.errors: type[Exception] = library.HTTPError
        self._stack = ExitStack()
        self.portal = self._stack.enter_context(anyio.from_thread.start_blocking_portal(backend))
        limits = library.Limits(max_connections=max_connections)
        options = {"timeout": 10.0, **options}
        self.native = library.AsyncClient(auth=auth, limits=limits, **options)

    def request(self, method: str, url: str, **options: Any) -> Any:
        async def call() -> Any:
            return await self.native.request(method, url, **options)

        return self.portal.call(call)

    def together(self, count: int, url: str) -> list[Any]:
        results: list[Any] = []

        async def one() -> None:
            try:
                results.append(await self.native.get(url))
            except Exception as error:
                results.append(error)

        async def all_of_them() -> None:
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(one)

        self.portal.call(all_of_them)
        return results

    def close(self) -> None:
        self.portal.call(self.native.aclose)
        self._stack.close()


def make(kind: str, auth: Any = None, **options: Any) -> Client:
    """Make a client of one of `KINDS`.

    Args:
        kind: Which one.
        auth: Its auth object.
        **options: ``max_connections``, ``follow_redirects``, ``timeout`` (seconds) for all.
    """
    name, _, backend = kind.partition("-")
    library, _, what = name.partition(".")
    if library == "requests":
        return RequestsClient(auth, one_session=what == "Session", **options)
    module = {"httpx": httpx, "httpx2": httpx2}[library]
    if backend:
        return AsyncHttpxClient(auth, module, backend, **options)
    return HttpxClient(auth, module, **options)
