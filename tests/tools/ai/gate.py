"""A server on loopback, behind a gate that opens to the tokens of the stand-in for Dastra."""

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import uvicorn

from dtz_dastra_auth.testing import DastraStandIn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

T = TypeVar("T")

SECONDS = 20


@dataclass(frozen=True)
class Passage:
    """A request that came to the gate, the token that it bore, and whether it was let through."""

    method: str
    path: str
    token: str | None = field(repr=False)
    opened: bool


class Gate:
    """Answer 401 to what bears no token in force; hand everything else to an application."""

    def __init__(self, application: Application, dastra: DastraStandIn, origin: str) -> None:
        self.origin = origin
        self.passages: list[Passage] = []
        self._application = application
        self._dastra = dastra

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._opens(scope):
            # What RFC 6750 section 3 has a server say, and what MCP clients look for.
            challenge = (b"www-authenticate", b'Bearer error="invalid_token"')
            await send({"type": "http.response.start", "status": 401, "headers": [challenge]})
            await send({"type": "http.response.body"})
            return
        await self._application(scope, receive, send)

    def _opens(self, scope: Message) -> bool:
        fields = [value.decode() for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, token = fields[0].partition(" ") if len(fields) == 1 else ("", "", "")
        opened = scheme == "Bearer" and token in self._dastra.tokens_in_force
        self.passages.append(Passage(scope["method"], scope["path"], token or None, opened))
        return opened

    @property
    def methods(self) -> list[str]:
        """The methods of what came, in order of arrival."""
        return [passage.method for passage in self.passages]

    @property
    def tokens(self) -> list[str | None]:
        """The different tokens that what came has borne, in order of arrival."""
        return list(dict.fromkeys(passage.token for passage in self.passages))


def make_tool(dastra: DastraStandIn) -> Callable[[str], int]:
    """Make a tool for a server; asked about ``"revoked"`` it takes all tokens out of force."""

    def count_items(register: str) -> int:
        if register == "revoked":
            dastra.expire_tokens()
        return len(register)

    return count_items


def run(function: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """Run an async function, for as long as a test may take."""

    async def bounded() -> T:
        with anyio.fail_after(SECONDS):
            return await function(*arguments)

    return anyio.run(bounded)


@contextmanager
def serve(application: Application, dastra: DastraStandIn) -> Iterator[Gate]:
    """Serve an application behind a gate, in a thread, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    gate = Gate(application, dastra, f"http://127.0.0.1:{listener.getsockname()[1]}")
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    # A stream that a client has left open must not keep the thread.
    config = uvicorn.Config(gate, log_config=None, timeout_graceful_shutdown=1)
    server = Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="gate")
    thread.start()
    try:
        assert started.wait(SECONDS), "the server has not started"
        yield gate
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        listener.close()
        assert not thread.is_alive(), "the server has not ended"
