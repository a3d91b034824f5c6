"""Calls worth recording, and a search for what their cassettes may not hold."""

import asyncio
import base64
import html
import json
import os
import re
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import httpx2
import requests
import yaml

from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    MemoryTokenStore,
)
from dtz_dastra_auth.testing import StandIns

DASTRA = "https://api.dastra.eu/v1/workspaces"
DTZ = "https://api.dtz.rocks/v1/me"
CLIENTS = ("requests", "httpx", "httpx-async", "httpx2", "httpx2-async")


def call(
    client: str, url: str, auth: Any, method: str = "GET", **options: Any
) -> tuple[int, bytes]:
    """Make one call in a client, following redirects."""
    if client == "requests":
        with requests.Session() as session:
            answer = session.request(method, url, auth=auth, **options)
            return answer.status_code, answer.content
    library: Any = {"httpx": httpx, "httpx2": httpx2}[client.partition("-")[0]]
    given = {"follow_redirects": True, "verify": _trust(os.environ["SSL_CERT_FILE"])}
    if not client.endswith("async"):
        with library.Client(**given) as blocking:
            answer = blocking.request(method, url, auth=auth, **options)
            return answer.status_code, answer.content

    async def run() -> tuple[int, bytes]:
        async with library.AsyncClient(**given) as session:
            answer = await session.request(method, url, auth=auth, **options)
            return answer.status_code, answer.content

    return asyncio.run(run())


@cache
def _trust(ca_file: str) -> ssl.SSLContext:
    # A client of its own per call is what the cassettes are to be about; reading hundreds of
    # certificates for each of them is not.
    return ssl.create_default_context(cafile=ca_file)


def _pair(services: StandIns | None) -> Any:
    keys = (services.dastra.public_key, services.dastra.private_key) if services else ("x", "y")
    return DastraClientCredentials(*keys, store=MemoryTokenStore())


def _private(services: StandIns | None) -> str:
    return services.dastra.private_key if services else "another"


def _key(services: StandIns | None) -> str:
    return services.dtz.api_key if services else "apikey-another"


def _token(services: StandIns | None) -> str:
    return services.dtz.make_token() if services else "another"


def _login(services: StandIns | None, context: bool = False) -> DtzLogin:
    if services is None:
        return DtzLogin("x", "y", context_id="z" if context else None, store=MemoryTokenStore())
    dtz = services.dtz
    context_id = dtz.context_id if context else None
    return DtzLogin(dtz.username, dtz.password, context_id=context_id, store=MemoryTokenStore())


# For None, credentials that no service would take.
METHODS: dict[str, tuple[str, Callable[[StandIns | None], Any]]] = {
    "dastra pair": (DASTRA, _pair),
    "dastra key": (DASTRA, lambda services: DastraApiKey(_private(services))),
    "dtz key": (DTZ, lambda services: DtzApiKey(_key(services))),
    "dtz bearer": (DTZ, lambda services: DtzBearer(_token(services))),
    "dtz login": (DTZ, lambda services: DtzBearer(_login(services, context=True))),
    "dtz basic": (DTZ, lambda services: DtzBasic("apikey", _key(services))),
    "dtz basic login": (DTZ, lambda services: DtzBasic("bearer", _login(services))),
    "dtz cookie": (DTZ, lambda services: DtzCookie(_login(services))),
    "dtz query": (DTZ + "?page=2&sort=", lambda services: DtzQueryKey(_key(services))),
}


def secrets_in(cassette: Path, serializer: str, secrets: set[str]) -> list[str]:
    """Give the forms of secrets that a cassette holds, in any coding that is read back easily."""
    text = cassette.read_text(encoding="utf-8")
    loaded = yaml.safe_load(text) if serializer == "yaml" else json.loads(text)
    shown = [text, *_texts(loaded)]
    for part in list(shown):
        raw = part.encode("utf-8", "surrogatepass")
        shown += [unquote(unquote(part)), html.unescape(part)]
        shown += [piece.decode("latin-1") for piece in (*_unpacked(raw), *_from_base64(part))]
        with suppress(UnicodeEncodeError):
            shown += [piece.decode("latin-1") for piece in _unpacked(part.encode("latin-1"))]
    lowered = [part.lower() for part in shown]
    return sorted(secret for secret in secrets if any(secret.lower() in part for part in lowered))


def secrets_of(services: StandIns) -> set[str]:
    """Give all that may not be in a cassette, tokens that are still good among it."""
    dastra, dtz = services.dastra, services.dtz
    pair = base64.b64encode(f"{dastra.public_key}:{dastra.private_key}".encode()).decode()
    secrets = {pair, dastra.private_key, dtz.api_key, dtz.password}
    secrets |= dastra.tokens_in_force | dtz.tokens_in_force
    return secrets | {dtz.api_key[7:]} | {secret.encode().hex() for secret in secrets}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    else:
        yield str(value)


def _unpacked(raw: bytes) -> Iterator[bytes]:
    start = raw.find(b"\x1f\x8b")
    if start >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(raw[start:])


def _from_base64(text: str) -> Iterator[bytes]:
    for word in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        plain = word.translate(str.maketrans("-_", "+/"))
        for start in range(4):
            whole = plain[start : start + (len(plain) - start) // 4 * 4]
            yield base64.b64decode(whole)
