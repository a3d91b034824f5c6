"""One call that is redirected from server to server, in every library, without a network."""

from collections.abc import Callable, Iterable
from email.message import Message as EmailMessage
from io import BytesIO
from types import ModuleType
from typing import Any, cast

import httpx
import httpx2
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from properties.messages import Message, Sent, sent

# What answers: given the number of the request and the request itself, a status and headers.
Server = Callable[[int, Any], tuple[int, list[tuple[str, bytes]]]]


# Names and domains of what the client has in its cookie jar.
Cookies = tuple[tuple[str, str], ...]


class Hops:
    """What was sent in one call, and what the client's cookie jar holds after it."""

    def __init__(self, server: Server) -> None:
        """Answer as this server does."""
        self._server = server
        self.sent: list[Sent] = []
        self.jar: list[tuple[str, str | None, str]] = []

    def answer(self, request: Any) -> tuple[int, list[tuple[str, bytes]]]:
        """Note a request, and answer it."""
        self.sent.append(sent(request))
        return self._server(len(self.sent) - 1, request)

    def keep(self, jar: Iterable[Any]) -> None:
        """Note what a cookie jar holds."""
        self.jar = sorted((cookie.name, cookie.value, cookie.domain) for cookie in jar)


class _Adapter(HTTPAdapter):
    """An adapter of requests that answers by itself."""

    def __init__(self, hops: Hops) -> None:
        super().__init__()
        self._hops = hops

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        status, headers = self._hops.answer(request)
        named = [(name, value.decode("latin-1")) for name, value in headers]
        raw = HTTPResponse(
            BytesIO(),
            HTTPHeaderDict(named),
            status,
            preload_content=False,
            original_response=cast("Any", _Original(named)),
        )
        return self.build_response(request, raw)


class _Original:
    """What requests takes the cookies from: a response of http.client."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self.msg = EmailMessage()
        for name, value in headers:
            self.msg[name] = value

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _in_requests(server: Server, auth: Any, url: str, message: Message, cookies: Cookies) -> Hops:
    hops = Hops(server)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _Adapter(hops))
        session.mount("http://", _Adapter(hops))
        for name, domain in cookies:
            session.cookies.set(name, "theirs", domain=domain)
        session.request(
            message.method, url, headers=dict(message.headers), data=message.body, auth=auth
        )
        hops.keep(session.cookies)
    return hops


def _in_httpx(library: ModuleType) -> Callable[..., Hops]:
    def call(server: Server, auth: Any, url: str, message: Message, cookies: Cookies) -> Hops:
        hops = Hops(server)

        def answer(request: Any) -> Any:
            status, headers = hops.answer(request)
            return library.Response(status, headers=[(k.encode(), v) for k, v in headers])

        jar = library.Cookies()
        for name, domain in cookies:
            jar.set(name, "theirs", domain=domain)
        transport = library.MockTransport(answer)
        with library.Client(transport=transport, trust_env=False, cookies=jar) as client:
            raw = [(name.encode(), value.encode("latin-1")) for name, value in message.headers]
            client.request(
                *(message.method, url),
                headers=raw,
                content=message.body,
                auth=auth,
                follow_redirects=True,
            )
            hops.keep(client.cookies.jar)
        return hops

    return call


CALLS: dict[str, Callable[[Server, Any, str, Message, Cookies], Hops]] = {
    "requests": _in_requests,
    "httpx": _in_httpx(httpx),
    "httpx2": _in_httpx(httpx2),
}
