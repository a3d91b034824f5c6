"""What the tour's calls look like on the wire, with the secrets masked.

The stand-ins have a log of what arrived. The real services have none that we could read: there it
is what the HTTP libraries handed to their transports.
"""

import base64
import importlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, Protocol
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from requests.adapters import HTTPAdapter

REDIRECT_URI = "https://app.example.org/callback"
# Stands among the credentials for what no variable can hold.
PERSON = "a person"


class Person(Protocol):
    """Somebody who signs in as often as they are asked to."""

    def dastra_code(self) -> str:
        """Sign in to Dastra, and bring back the code."""
        ...

    def dastra_refresh_token(self) -> str:
        """Have signed in to Dastra before."""
        ...

    def dtz_code(self) -> str:
        """Sign in to DTZ, and bring back the code."""
        ...


class Sent(NamedTuple):
    """One request."""

    target: str
    headers: Iterable[tuple[str, str]]
    is_token_request: bool


# Gives all that was sent so far, in order.
Wire = Callable[[], list[Sent]]


@contextmanager
def stand_in_services() -> Iterator[tuple[Mapping[str, Any], Wire]]:
    """Run the stand-ins; give the credentials that they take, and their log."""
    # Imported here, so that the real services can be called without the extra `testing`.
    from dtz_dastra_auth.testing import serve

    with serve() as services:
        dastra, dtz = services.dastra, services.dtz

        def wire() -> list[Sent]:
            arrived = sorted([*dastra.requests, *dtz.requests], key=lambda request: request.time)
            return [Sent(each.target, each.headers, each.is_token_request) for each in arrived]

        class Somebody:
            def dastra_code(self) -> str:
                return dastra.make_code(REDIRECT_URI)

            def dastra_refresh_token(self) -> str:
                return dastra.make_refresh_token()

            def dtz_code(self) -> str:
                return dtz.make_code(REDIRECT_URI)

        credentials = {
            PERSON: Somebody(),
            "DASTRA_PUBLIC_KEY": dastra.public_key,
            "DASTRA_PRIVATE_KEY": dastra.private_key,
            "DTZ_API_KEY": dtz.api_key,
            "DTZ_CONTEXT_ID": dtz.context_id,
            "DTZ_ACCESS_TOKEN": dtz.make_token(),
            "DTZ_USERNAME": dtz.username,
            "DTZ_PASSWORD": dtz.password,
        }
        yield credentials, wire


@contextmanager
def real_services() -> Iterator[tuple[Mapping[str, Any], Wire]]:
    """Give the environment, and a log of what the HTTP libraries send meanwhile."""
    log: list[Sent] = []
    with ExitStack() as patches:
        for transport, name in _senders():
            send = _logged(getattr(transport, name), log)
            patches.enter_context(mock.patch.object(transport, name, send))
        yield {name: value for name, value in os.environ.items() if value}, lambda: list(log)


def _senders() -> Iterator[tuple[type, str]]:
    yield HTTPAdapter, "send"
    for name in ("httpx", "httpx2"):
        if importlib.util.find_spec(name):
            library = importlib.import_module(name)
            yield library.HTTPTransport, "handle_request"
            yield library.AsyncHTTPTransport, "handle_async_request"


def _logged(send: Callable[..., Any], log: list[Sent]) -> Callable[..., Any]:
    def logged(transport: Any, request: Any, *args: Any, **options: Any) -> Any:
        # In httpx only the raw headers have their names as they are sent.
        raw = getattr(request.headers, "raw", ())
        headers = [(name.decode(), value.decode()) for name, value in raw]
        headers = headers or list(request.headers.items())
        # The text of a URL hides a key in its query.
        url = request.url
        url = str.__str__(url) if isinstance(url, str) else url.raw_path.decode()
        # The tour itself sends nothing but GET.
        log.append(Sent(url, headers, is_token_request=request.method == "POST"))
        return send(transport, request, *args, **options)

    return logged


def shown(request: Sent) -> str:
    """Give the parts of a request that authenticate it, masked."""
    ours = ("x-api-key", "x-dtz-context", "authorization", "cookie")
    headers = [pair for pair in request.headers if pair[0].lower() in ours]
    parts = [f"{name}: {_masked_value(name, value)}" for name, value in headers]
    query = parse_qsl(urlsplit(request.target).query)
    if query:
        parts.append("?" + "&".join(f"{name}={_masked(value)}" for name, value in query))
    return ", ".join(parts)


def _masked_value(name: str, value: str) -> str:
    if name.lower() == "cookie":
        pairs = [pair.partition("=") for pair in value.split("; ")]
        return "; ".join(f"{key}={_masked(secret)}" for key, _, secret in pairs)
    scheme, space, secret = value.rpartition(" ")
    if scheme == "Basic":
        username, _, secret = base64.b64decode(secret).decode().partition(":")
        return f"Basic base64({username}:{_masked(secret)})"
    return f"{scheme}{space}{_masked(secret)}"


def _masked(secret: str) -> str:
    # What is left to see is the beginning that all such values share, or nothing but the length.
    for known in ("apikey-", "context-"):
        if secret.startswith(known):
            return f"{known}…"
    return f"{'eyJ' if secret.startswith('eyJ') else ''}…({len(secret)})"
