"""Clients whose connections are open already, so that no TLS handshake is measured."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

import httpx
import httpx2
import requests
from compared.services import Services
from requests.adapters import HTTPAdapter

# What tasks share. Each call of httpx looks at every idle connection when it begins and when it
# ends: with a hundred of them it takes 40 ms on its own, and what is measured would not be seen.
SHARED = 10
# Nobody who waits for one of them is to give up.
TIMEOUT = 120.0
LIBRARIES: dict[str, ModuleType] = {"httpx": httpx, "httpx2": httpx2}


class Pool:
    """Open connections that any number of sessions of requests use together."""

    def __init__(
        self, services: Services, count: int, note: Callable[[str], None] | None = None
    ) -> None:
        """Open them.

        Args:
            services: Where they lead.
            count: How many there are.
            note: Told the URL of each request, on the thread that makes it.
        """
        self.note = note
        self._ca_file = services.ca_file
        self.adapter = HTTPAdapter(pool_maxsize=count)
        session = self.session()
        # Each holds its connection until it is read.
        for response in [session.get(services.open_url, stream=True) for _ in range(count)]:
            assert response.content

    def session(self) -> requests.Session:
        """Make a session that uses them."""
        session = requests.Session()
        self.set_up(session)
        return session

    def set_up(self, session: requests.Session) -> None:
        """Have a session use them."""
        session.trust_env = False
        session.verify = self._ca_file
        session.mount("https://", self.adapter)
        if (note := self.note) is not None:
            session.hooks["response"].append(lambda response, **_: note(response.url))


@contextmanager
def sessions(services: Services, count: int) -> Iterator[list[requests.Session]]:
    """Open sessions with a connection each."""
    pools = [Pool(services, 1) for _ in range(count)]
    yield [pool.session() for pool in pools]
    for pool in pools:
        pool.adapter.close()


@contextmanager
def clients(library: ModuleType, services: Services, count: int) -> Iterator[list[Any]]:
    """Open blocking clients of httpx or httpx2, with a connection each.

    Threads do not share one: httpcore's blocking pool can come to a stop where they do.
    """
    with ExitStack() as stack:
        made = [
            stack.enter_context(
                library.Client(verify=services.trust, trust_env=False, timeout=TIMEOUT)
            )
            for _ in range(count)
        ]
        for client in made:
            client.get(services.open_url).raise_for_status()
        yield made


@contextmanager
def async_client(
    library: ModuleType, services: Services, count: int
) -> Iterator[tuple[asyncio.Runner, Any]]:
    """Open an async client of httpx or httpx2 with so many connections, and its event loop."""
    # None of them is closed for having been idle.
    limits = library.Limits(
        max_connections=count, max_keepalive_connections=count, keepalive_expiry=None
    )
    with asyncio.Runner() as runner:
        client = library.AsyncClient(
            verify=services.trust, trust_env=False, timeout=TIMEOUT, limits=limits
        )
        runner.run(_open(client, services.open_url, count))
        yield runner, client
        runner.run(client.aclose())


@contextmanager
def async_clients(
    library: ModuleType, services: Services, count: int
) -> Iterator[tuple[asyncio.Runner, list[Any]]]:
    """Open so many async clients with a connection each, and their event loop.

    httpx's pool lets single calls of tasks that share it wait for up to a second, by hand too.
    """
    with asyncio.Runner() as runner:
        made = [
            library.AsyncClient(verify=services.trust, trust_env=False, timeout=TIMEOUT)
            for _ in range(count)
        ]
        for client in made:
            runner.run(_open(client, services.open_url, 1))
        yield runner, made
        for client in made:
            runner.run(client.aclose())


async def _open(client: Any, url: str, count: int) -> None:
    held = [await client.send(client.build_request("GET", url), stream=True) for _ in range(count)]
    for response in held:
        await response.aread()


def checked(response: Any) -> None:
    """See that a call was let in: nobody is to win by not authenticating.

    Raises:
        RuntimeError: It was not.
    """
    if response.status_code != 200:
        raise RuntimeError(f"a call was answered with {response.status_code}")
