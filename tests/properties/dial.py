"""Who a library really dials: names are looked up and sockets are connected here, at nobody's."""

import importlib
import socket
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

import pytest

_TLS_HANDSHAKE = b"\x16"


class Origin(NamedTuple):
    """Scheme, host in the form that is dialled (no brackets), and port."""

    scheme: str
    host: str
    port: int | None


class Switchboard:
    """Stand in for the network below requests, httpx and httpx2.

    Whatever is dialled is connected to a socket of ours that hangs up at once. The first byte that
    comes out of it tells whether TLS was spoken.
    """

    def __init__(self) -> None:
        """Listen; nothing is redirected before the ``with`` block."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._patched = pytest.MonkeyPatch()
        self._dialled: list[tuple[str, int]] = []
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        """Take the place of the network."""
        # urllib3 has a copy of its own of the one in the standard library.
        for owner in ("socket", "urllib3.util.connection"):
            name = f"{owner}.create_connection"
            self._patched.setattr(name, self._hang_up_after(_found(name)))
        self._patched.setattr("socket.getaddrinfo", self._look_up)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the network back."""
        self._patched.undo()
        self._listener.close()

    def dialled(self, send: Callable[[], object]) -> list[Origin]:
        """Tell who is dialled while something is sent.

        Args:
            send: Sends one request; that it fails is no news, as nobody answers.
        """
        self._dialled, self._ends = [], []
        with suppress(Exception):
            send()
        return [
            Origin(_scheme_spoken(end), host, port)
            for (host, port), end in zip(self._dialled, self._ends, strict=True)
        ]

    def _look_up(self, host: str | bytes, port: int, *args: Any, **kwargs: Any) -> Any:
        # As the C function does, which also makes ASCII of letters that look alike.
        name = host.decode() if isinstance(host, bytes) else host.encode("idna").decode()
        self._dialled.append((name.lower().strip("[]"), port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", self._listener.getsockname())]

    def _hang_up_after(self, connect: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
        def connect_and_hang_up(*args: Any, **kwargs: Any) -> socket.socket:
            connected = connect(*args, **kwargs)
            end, _ = self._listener.accept()
            end.shutdown(socket.SHUT_WR)
            self._ends.append(end)
            return connected

        return connect_and_hang_up


def _found(name: str) -> Any:
    owner, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(owner), attribute)


def _scheme_spoken(end: socket.socket) -> str:
    with end:
        first = end.recv(1)
    return "https" if first == _TLS_HANDSHAKE else "http"
