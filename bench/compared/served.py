"""The process behind `services`: an API and a token endpoint, as fast and as even as can be.

Reads one line of JSON, which says what it is to accept, prints its port, and serves until its input
ends.
"""

import asyncio
import base64
import contextlib
import json
import secrets
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

import uvicorn

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

BACKLOG = 4096
# Longer than any run: a connection that is closed between two rounds would be opened in one.
KEEP_ALIVE = 86_400
# As long as access tokens are that say who they are for.
TOKEN_BYTES = 576
SENT = b'{"items":[],"total":0}'


class Served:
    """What is served, as an ASGI application."""

    def __init__(self, accepted: dict[str, str], pair: list[str]) -> None:
        self._accepted = {
            (name.lower().encode(), value.encode()) for name, value in accepted.items()
        }
        self._pair = pair
        self._ends: dict[bytes, float] = {}
        self._counts: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        _, place, *rest = scope["path"].split("/")
        if place == "token":
            await _answer(send, *await self._token(scope, receive, *rest))
        elif place == "counted":
            await _answer(send, 200, json.dumps(self._counts[rest[0]]).encode())
        elif place == "open" or self._is_known(scope["headers"]):
            await _answer(send, 200, SENT)
        else:
            await _answer(send, 401, b"{}")

    def _is_known(self, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if (name, value) in self._accepted:
                return True
            if name == b"authorization":
                return self._ends.get(value, 0.0) > time.monotonic()
        return False

    async def _token(
        self, scope: Message, receive: Receive, number: str, delay: str, lifetime: str
    ) -> tuple[int, bytes]:
        self._counts[number] += 1
        arrived = time.monotonic()
        form = parse_qs(await _body(receive))
        if form.get("grant_type") != ["client_credentials"]:
            return 400, b'{"error":"unsupported_grant_type"}'
        if self._pair not in (_from_header(scope["headers"]), _from(form)):
            return 400, b'{"error":"invalid_client"}'
        await asyncio.sleep(float(delay) - (time.monotonic() - arrived))
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._ends[f"Bearer {token}".encode()] = time.monotonic() + int(lifetime)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime)}
        return 200, json.dumps(answer).encode()


def _from_header(headers: list[tuple[bytes, bytes]]) -> list[str]:
    basic = dict(headers).get(b"authorization", b"").removeprefix(b"Basic ")
    return base64.b64decode(basic).decode().split(":")


def _from(form: dict[str, list[str]]) -> list[str]:
    return form.get("client_id", []) + form.get("client_secret", [])


async def _body(receive: Receive) -> str:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body.decode()


async def _answer(send: Send, status: int, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def allow_connections() -> None:
    """Let this process have as many connections as it may, on systems that count them."""
    with contextlib.suppress(ImportError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Serve until the input ends."""
    told = json.loads(sys.stdin.readline())
    allow_connections()
    config = uvicorn.Config(
        Served(told["accepted"], told["pair"]),
        access_log=False,
        date_header=False,
        lifespan="off",
        log_level="warning",
        server_header=False,
        ssl_certfile=told["certificate"],
        ssl_keyfile=told["key"],
        timeout_graceful_shutdown=1,
        timeout_keep_alive=KEEP_ALIVE,
    )
    server = uvicorn.Server(config)

    def end() -> None:
        sys.stdin.read()
        server.should_exit = True

    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
        print(listening.getsockname()[1], flush=True)
        threading.Thread(target=end, daemon=True).start()
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
