"""How a contender is put into each client, on transports that do nothing."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any, Protocol

import httpx
import httpx2
import requests
from compared.contenders import Contender
from compared.quiet import Adapter, Note, Transport, plain, wire_url
from compared.turns import Case, on_loop

PER_REQUEST, ON_CLIENT, WHOLE_CALL, BARE = "per request", "on the client", "whole call", "bare"


class Client(Protocol):
    """A client that contenders are measured in.

    Attributes:
        name: What tables call it.
    """

    name: str

    def ways(self) -> Mapping[str, Callable[[Contender], Case]]:
        """Give how a contender can be put in: a name, and what makes its case."""
        ...

    def case(self, call: Callable[[], Any]) -> Case:
        """Make a case of a call that a peer's own client makes."""
        ...


def clients(url: str, runner: asyncio.Runner, note: Note | None = None) -> list[Client]:
    """List the clients.

    Args:
        url: Where the requests go.
        runner: Has the event loop of those that need one.
        note: Told of each request; None to measure.
    """
    return [
        _Requests(url, note),
        *(_Httpx(library, url, note) for library in (httpx, httpx2)),
        *(_AsyncHttpx(library, url, runner, note) for library in (httpx, httpx2)),
    ]


class _Requests:
    name = "requests"

    def __init__(self, url: str, note: Note | None) -> None:
        self._url = url
        self._note = note

    def ways(self) -> Mapping[str, Callable[[Contender], Case]]:
        ways = (PER_REQUEST, ON_CLIENT, WHOLE_CALL, BARE)
        return dict(
            zip(ways, (self._per_request, self._on_client, self._whole, self._bare), strict=True)
        )

    def case(self, call: Callable[[], Any]) -> Case:
        return call

    def _per_request(self, contender: Contender) -> Case:
        session, url, given = self._session(), self._url, contender.given
        return self._noted(lambda: session.prepare_request(requests.Request("GET", url, **given)))

    def _on_client(self, contender: Contender) -> Case:
        session, url = self._session(contender), self._url
        return self._noted(lambda: session.prepare_request(requests.Request("GET", url)))

    def _whole(self, contender: Contender) -> Case:
        session, url = self._session(contender), self._url
        return lambda: session.get(url)

    def _bare(self, contender: Contender) -> Case:
        prepared = self._session().prepare_request(requests.Request("GET", self._url))
        auth: Any = contender.auth
        if auth is None:
            written = contender.headers
            return self._noted(lambda: _with_headers(prepared.copy(), written))
        return self._noted(lambda: auth(prepared.copy()))

    def _session(self, contender: Contender | None = None) -> requests.Session:
        session = requests.Session()
        # Neither proxies nor netrc, which are looked for anew for each request.
        session.trust_env = False
        session.mount("https://", Adapter(self._note))
        if contender is not None:
            session.headers.update(contender.headers)
            session.params = dict(contender.params)
            session.auth = contender.auth  # type: ignore[assignment]  # None is what it starts with
        return session

    def _noted(self, call: Callable[[], requests.PreparedRequest]) -> Case:
        note = self._note
        if note is None:
            return call

        def noted() -> None:
            prepared = call()
            note(plain(prepared.url), prepared.headers)

        return noted


class _Httpx:
    kind = "Client"

    def __init__(self, library: Any, url: str, note: Note | None) -> None:
        self.name = f"{library.__name__}.{self.kind}"
        self._library = library
        self._url = url
        self._note = note

    def ways(self) -> Mapping[str, Callable[[Contender], Case]]:
        return {
            PER_REQUEST: self._per_request,
            ON_CLIENT: self._on_client,
            WHOLE_CALL: self._whole,
            BARE: self._bare,
        }

    def case(self, call: Callable[[], Any]) -> Case:
        return call

    def _per_request(self, contender: Contender) -> Case:
        client, url = self._client(), self._url
        written, passed = contender.written, contender.passed
        return self.case(lambda: client.send(client.build_request("GET", url, **written), **passed))

    def _on_client(self, contender: Contender) -> Case:
        client, url = self._client(contender), self._url
        return self.case(lambda: client.send(client.build_request("GET", url)))

    def _whole(self, contender: Contender) -> Case:
        client, url = self._client(contender), self._url
        return self.case(lambda: client.get(url))

    def _bare(self, contender: Contender) -> Case:
        make_request, make_response = self._library.Request, self._library.Response
        auth: Any = contender.auth
        url, note, written = self._url, self._note, contender.headers

        def bare() -> None:
            request = make_request("GET", url)
            flow = _written(request, written) if auth is None else auth.sync_auth_flow(request)
            request = next(flow)
            response = make_response(200, request=request)
            if note is not None:
                note(wire_url(request.url), request.headers)
            _finish(flow, response)

        return bare

    def _client(self, contender: Contender | None = None) -> Any:
        transport = Transport(self._library, self._note)
        given = {} if contender is None else contender.given
        return getattr(self._library, self.kind)(transport=transport, trust_env=False, **given)


class _AsyncHttpx(_Httpx):
    kind = "AsyncClient"

    def __init__(self, library: Any, url: str, runner: asyncio.Runner, note: Note | None) -> None:
        super().__init__(library, url, note)
        self._runner = runner

    def ways(self) -> Mapping[str, Callable[[Contender], Case]]:
        # The bare flow is that of the blocking client, near enough.
        return {name: make for name, make in super().ways().items() if name != BARE}

    def case(self, call: Callable[[], Coroutine[Any, Any, object]]) -> Case:
        return on_loop(self._runner, call)


def _with_headers(request: Any, headers: Mapping[str, str]) -> Any:
    for name, value in headers.items():
        request.headers[name] = value
    return request


def _written(request: Any, headers: Mapping[str, str]) -> Generator[Any, Any, None]:
    yield _with_headers(request, headers)


def _finish(flow: Any, response: Any) -> None:
    try:
        flow.send(response)
    except StopIteration:
        return
