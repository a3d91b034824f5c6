"""Every way in which a URL gets to be dialled, in every library."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

import httpx
import httpx2
import requests
from requests.adapters import HTTPAdapter

START = "https://start.example/a/b?c=d#e"

# What the auth object is asked about, and what then sends the request.
Way = Callable[[str], tuple[Any, Callable[[], object]]]

# Nobody answers, so there is no certificate to look at; and this context takes no time to make.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


class QuickAdapter(HTTPAdapter):
    """The adapter of requests, with one TLS context for all connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=TLS)


def as_location(url: str) -> bytes:
    """Write a URL as the value of a ``Location`` header."""
    return url.encode(errors="replace")


@contextmanager
def ways() -> Iterator[dict[str, Way]]:
    """Open clients, and give every way by its name."""
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        session.trust_env = False
        session.mount("https://", QuickAdapter())
        found = {
            "requests: prepared": _in_requests(session, _prepared),
            "requests: to be prepared": _in_requests(session, _unprepared),
            "requests: set on what is prepared": _in_requests(session, _set),
            "requests: redirected": _in_requests(session, _redirected),
        }
        for library in (httpx, httpx2):
            options: dict[str, Any] = {"verify": TLS, "trust_env": False}
            client = stack.enter_context(library.Client(**options))
            based = stack.enter_context(library.Client(base_url=START, **options))
            name = library.__name__
            found[f"{name}: built"] = _in_httpx(client, _built)
            found[f"{name}: built on a base"] = _in_httpx(based, _built)
            found[f"{name}: redirected"] = _in_httpx(client, _following(library))
        yield found


WAYS = (
    *("requests: prepared", "requests: to be prepared", "requests: set on what is prepared"),
    *("requests: redirected", "httpx: built", "httpx: built on a base", "httpx: redirected"),
    *("httpx2: built", "httpx2: built on a base", "httpx2: redirected"),
)


def _in_requests(
    session: requests.Session, make: Callable[[requests.Session, str], tuple[Any, Any]]
) -> Way:
    def way(url: str) -> tuple[Any, Callable[[], object]]:
        asked, prepared = make(session, url)
        return asked, lambda: session.send(prepared, allow_redirects=False, verify=False)

    return way


def _prepared(session: requests.Session, url: str) -> tuple[Any, Any]:
    prepared = session.prepare_request(requests.Request("GET", url))
    return prepared.url, prepared


def _unprepared(session: requests.Session, url: str) -> tuple[Any, Any]:
    # Some tools call the auth object on what they prepare later.
    return url, session.prepare_request(requests.Request("GET", url))


def _set(session: requests.Session, url: str) -> tuple[Any, Any]:
    _, prepared = _prepared(session, START)
    prepared.url = url
    return url, prepared


def _redirected(session: requests.Session, url: str) -> tuple[Any, Any]:
    response = requests.Response()
    response.status_code = 307
    response.url = START
    response.headers["Location"] = as_location(url).decode("latin-1")
    response.raw = _Bodiless()
    _, response.request = _prepared(session, START)
    redirected: Any = next(
        session.resolve_redirects(response, response.request, yield_requests=True)
    )
    return redirected.url, redirected


class _Bodiless:
    """A response of urllib3 with nothing in it."""

    def stream(self, *args: object, **kwargs: object) -> Iterator[bytes]:
        return iter(())

    def close(self) -> None:
        pass


def _in_httpx(client: Any, make: Callable[[Any, str], Any]) -> Way:
    def way(url: str) -> tuple[Any, Callable[[], object]]:
        request = make(client, url)
        return request.url, lambda: client.send(request)

    return way


def _built(client: Any, url: str) -> Any:
    return client.build_request("GET", url)


def _following(library: ModuleType) -> Callable[[Any, str], Any]:
    def redirected(client: Any, url: str) -> Any:
        answer = library.Response(307, headers=[(b"Location", as_location(url))])
        transport = library.MockTransport(lambda _: answer)
        with library.Client(transport=transport, trust_env=False) as redirecting:
            return redirecting.get(START).next_request

    return redirected
