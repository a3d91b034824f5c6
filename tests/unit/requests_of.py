"""One request in every library, and what of it would go over the wire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
import requests

from dtz_dastra_auth._auth import Auth


@dataclass(frozen=True)
class Kind:
    """A type of request.

    Attributes:
        make: Builds one from method, URL and headers.
        put: Has an auth object put its credential on.
        wire: Gives the URL and the headers that would be sent.
    """

    name: str
    make: Callable[..., Any]
    put: Callable[[Auth, Any], Any]
    wire: Callable[[Any], tuple[str, Mapping[str, str]]]


def real_url(url: Any) -> str:
    """Give all of a URL, also what its text leaves out."""
    if isinstance(url, str):
        return str.__str__(url)
    fragment = f"#{url.fragment}" if url.fragment else ""
    return f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}{fragment}"


def _prepared(method: str, url: str, **options: Any) -> requests.PreparedRequest:
    return requests.Request(method, url, **options).prepare()


def _call(auth: Auth, request: Any) -> Any:
    return auth(request)


def _first_of_flow(auth: Auth, request: Any) -> Any:
    # The flow's first request is the caller's own: none of the sources used here asks for more.
    flow = auth.sync_auth_flow(request)
    first = next(flow)
    # At the end of a call its request forgets a key in the query: a copy is what has gone out.
    sent = type(first)(
        first.method, real_url(first.url), headers=first.headers, stream=first.stream
    )
    flow.close()
    return sent


def _as_it_is(request: Any) -> tuple[str, Mapping[str, str]]:
    return real_url(request.url), request.headers


def _once_prepared(request: requests.Request) -> tuple[str, Mapping[str, str]]:
    return _as_it_is(request.prepare())


KINDS = (
    Kind("requests.PreparedRequest", _prepared, _call, _as_it_is),
    Kind("requests.Request", requests.Request, _call, _once_prepared),
    Kind("httpx.Request", httpx.Request, _first_of_flow, _as_it_is),
    Kind("httpx2.Request", httpx2.Request, _first_of_flow, _as_it_is),
)
