"""Transports that httpx does not bring along, or that stand around its own; all of them send.

Whatever calls them, what goes out is what they were handed: `forward` puts it on a real connection
to the stand-ins, and knows nothing of HTTP clients.
"""

import http.client
import ssl
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
import httpx
import httpx2
import httpx_aiohttp
import httpx_aiohttp.httpx2
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from dtz_dastra_auth.testing import StandIns

Answer = tuple[int, list[tuple[str, str]], bytes]
# What belongs to one connection, and not to what it carries.
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "accept-encoding"}


def forward(
    services: StandIns, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes
) -> Answer:
    """Send a request to the stand-ins with `http.client`."""
    proxy, target = urlsplit(services.proxy_url), urlsplit(url)
    context = ssl.create_default_context(cafile=services.ca_file)
    connection = http.client.HTTPSConnection(str(proxy.hostname), proxy.port, context=context)
    connection.set_tunnel(str(target.hostname), target.port or 443)
    try:
        path = target.path + (f"?{target.query}" if target.query else "")
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in _HOP_BY_HOP]
        return answer.status, kept, answer.read()
    finally:
        connection.close()


def _parts(request: Any, body: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    # Built of what goes over the wire, not of the texts that are shown.
    url = request.url
    whole = f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}"
    return request.method, whole, list(request.headers.multi_items()), body


def _response(library: Any, request: Any, answer: Answer) -> Any:
    status, headers, body = answer
    return library.Response(status, headers=headers, content=body, request=request)


def mock(library: Any, services: StandIns) -> Any:
    """Give the library's own mock for blocking clients."""

    def handle(request: Any) -> Any:
        return _response(library, request, forward(services, *_parts(request, request.read())))

    return library.MockTransport(handle)


def mock_async(library: Any, services: StandIns) -> Any:
    """Give the library's own mock for async clients."""

    async def handle(request: Any) -> Any:
        parts = _parts(request, await request.aread())
        return _response(
            library, request, await anyio.to_thread.run_sync(forward, services, *parts)
        )

    return library.MockTransport(handle)


def asgi(library: Any, services: StandIns) -> Any:
    """Give the library's transport into an ASGI application, here one that passes all on."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        host = next(value for name, value in headers if name.lower() == "host")
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        url = f"{scope['scheme']}://{host}{path}?{query}"
        status, got, content = await anyio.to_thread.run_sync(
            forward, services, scope["method"], url, headers, body
        )
        pairs = [(name.encode(), value.encode()) for name, value in got]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    return library.ASGITransport(app=app)


def _real(library: Any, services: StandIns, name: str) -> Any:
    context = ssl.create_default_context(cafile=services.ca_file)
    return getattr(library, name)(verify=context, proxy=library.Proxy(services.proxy_url))


def retrying(library: Any, services: StandIns) -> Any:
    """Give a wrapper that sends a request again after a 503, on the library's own transport."""

    class Retrying(library.BaseTransport):  # type: ignore[misc]  # of either library
        inner = _real(library, services, "HTTPTransport")

        def handle_request(self, request: Any) -> Any:
            response = self.inner.handle_request(request)
            if response.status_code != 503:
                return response
            response.close()
            return self.inner.handle_request(request)

        def close(self) -> None:
            self.inner.close()

    return Retrying()


def retrying_async(library: Any, services: StandIns) -> Any:
    """Give the same for async clients."""

    class Retrying(library.AsyncBaseTransport):  # type: ignore[misc]  # of either library
        inner = _real(library, services, "AsyncHTTPTransport")

        async def handle_async_request(self, request: Any) -> Any:
            response = await self.inner.handle_async_request(request)
            if response.status_code != 503:
                return response
            await response.aclose()
            return await self.inner.handle_async_request(request)

        async def aclose(self) -> None:
            await self.inner.aclose()

    return Retrying()


def _copied(library: Any, request: Any) -> None:
    # As instrumentation does that adds a header of its own: the headers become plain ones.
    request.headers = library.Headers(request.headers)
    request.headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def telemetry(library: Any, services: StandIns) -> Any:
    """Give a wrapper that puts other headers on a request, around the library's own transport."""

    class Telemetry(library.BaseTransport):  # type: ignore[misc]  # of either library
        inner = _real(library, services, "HTTPTransport")

        def handle_request(self, request: Any) -> Any:
            _copied(library, request)
            return self.inner.handle_request(request)

        def close(self) -> None:
            self.inner.close()

    return Telemetry()


def telemetry_async(library: Any, services: StandIns) -> Any:
    """Give the same for async clients."""

    class Telemetry(library.AsyncBaseTransport):  # type: ignore[misc]  # of either library
        inner = _real(library, services, "AsyncHTTPTransport")

        async def handle_async_request(self, request: Any) -> Any:
            _copied(library, request)
            return await self.inner.handle_async_request(request)

        async def aclose(self) -> None:
            await self.inner.aclose()

    return Telemetry()


def aiohttp(library: Any, services: StandIns) -> Any:
    """Give another's transport, on top of aiohttp."""
    module: Any = httpx_aiohttp if library is httpx else httpx_aiohttp.httpx2
    context = ssl.create_default_context(cafile=services.ca_file)
    return module.AiohttpTransport(verify=context, proxy=library.Proxy(services.proxy_url))


Make = Callable[[Any, StandIns], Any]
BLOCKING: dict[str, Make] = {"mock": mock, "retrying": retrying, "telemetry": telemetry}
ASYNC: dict[str, Make] = {
    "mock": mock_async,
    "asgi": asgi,
    "retrying": retrying_async,
    "telemetry": telemetry_async,
}


def library_of(kind: str) -> Any:
    """Give the library of a kind of client."""
    return httpx2 if kind.startswith("httpx2") else httpx


class ForwardingAdapter(BaseAdapter):
    """An adapter for requests that is not made of urllib3."""

    def __init__(self, services: StandIns) -> None:
        """Take what to forward to."""
        super().__init__()
        self._services = services

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        pairs = [("Host", urlsplit(request.url).netloc), *request.headers.items()]
        status, headers, content = forward(self._services, request.method, request.url, pairs, body)
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url, request
        response.headers.update(headers)
        response._content = content
        response._content_consumed = True
        # As requests' own adapter does.
        answered: Any = response
        answered.connection = self
        return response

    def close(self) -> None:
        """Have nothing to close."""


class RetryingAdapter(HTTPAdapter):
    """requests' own adapter, sending again after a 503 by itself."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().send(request, *args, **kwargs)
        if response.status_code == 503:
            response.close()
            response = super().send(request, *args, **kwargs)
        return response


ADAPTERS: dict[str, Callable[[StandIns], BaseAdapter]] = {
    "forwarding": ForwardingAdapter,
    "retrying": lambda services: RetryingAdapter(),
}
