"""The token endpoint: what is asked of it goes to it alone, and only it is believed.

What its transport does wrong (untrusted, expired and other hosts' certificates among it) is in
`faults/table_transport.py`, where nothing ever arrives at the wrong server.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import anyio
import certifi
import httpx
import httpx2
import pytest
import requests
from requests.adapters import BaseAdapter

import clients
from conformance.methods import DASTRA_URL
from dtz_dastra_auth import (
    ConfigurationError,
    MemoryTokenStore,
    TokenError,
)
from dtz_dastra_auth.testing import StandIns
from security.log_http2 import over_http2
from security.scenes_endpoints import (
    EACH_GRANT,
    FOREIGN_TOKEN,
    GRANTS,
    SESSIONS,
    Grant,
    each_of,
    give_token,
    strays,
    token_text,
)
from security.scenes_wire import OF_HTTPX, Connect, shown_in

PLACES = pytest.mark.parametrize("where", ["same origin", "foreign origin", "the API"])
# The other grants differ in their bodies alone: one status that drops it, and one that keeps it.
REDIRECTED = pytest.mark.parametrize(
    ("grant", "status"),
    [
        pytest.param(grant, status, id=f"{grant.name}-{status}")
        for grant in GRANTS
        for status in (301, 302, 303, 307, 308)
        if grant.name in {"client-credentials", "login"} or status in (302, 307)
    ],
)
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


def lead_away(grant: Grant, where: str, status: int, services: StandIns) -> Any:
    """Redirect a token endpoint to where a token is given for nothing; give who does that."""
    asked, other = grant.services(services)
    asked.redirect(grant.target(where), status=status, on="token")
    generous = other if where == "foreign origin" else asked
    give_token(generous, FOREIGN_TOKEN)
    return generous


@contextmanager
def refused(services: StandIns) -> Iterator[None]:
    """Expect that there is no token, and that nothing about the error has one, or a secret."""
    with pytest.raises(TokenError) as caught:
        yield
    assert FOREIGN_TOKEN not in f"{caught.value} {caught.value!r}"
    # httpx puts the request on what is raised while it sends one.
    holds_nothing(caught.value.request, services)


def body_of(request: Any) -> Any:
    """Give what can still be had of a request's body."""
    if isinstance(request, requests.PreparedRequest):
        return request.body
    if hasattr(request, "_content"):
        return request.content
    try:
        return list(request.stream)
    except (httpx.StreamError, httpx2.StreamError, TokenError):
        return None


def holds_nothing(request: Any, services: StandIns) -> None:
    """Check that a request that an error has, or none, holds no secret any more."""
    if request is None:
        return
    pairs = list(getattr(request.headers, "raw", request.headers.items()))
    assert shown_in("".join(f"{name!s}: {value!s}\n" for name, value in pairs), services) == []
    assert shown_in(str(body_of(request)), services) == []
    assert "Authorization" not in request.headers


@REDIRECTED
@pytest.mark.parametrize("where", ["same origin", "foreign origin"])
@pytest.mark.parametrize("follow", [True, False], ids=["following", "not-following"])
def test_a_redirect_is_an_error_and_is_followed_by_no_client(
    status: int, where: str, grant: Grant, follow: bool, connect: Connect, stand_ins: StandIns
) -> None:
    generous = lead_away(grant, where, status, stand_ins)
    client = connect(grant.make(stand_ins), follow_redirects=follow)
    with refused(stand_ins):
        client.get(grant.url)
    assert strays(generous, stand_ins, grant.target(where)) == []
    assert grant.services(stand_ins)[0].calls == []


@REDIRECTED
@PLACES
@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.__name__)
def test_a_session_that_follows_takes_no_secret_along_and_its_answer_is_not_taken(
    status: int,
    where: str,
    grant: Grant,
    session: type[requests.Session],
    stand_ins: StandIns,
) -> None:
    generous = lead_away(grant, where, status, stand_ins)
    with session() as given, refused(stand_ins):
        requests.get(grant.url, auth=grant.make(stand_ins, session=given))
    for _, carried in strays(generous, stand_ins, grant.target(where)):
        assert carried == []
    assert FOREIGN_TOKEN not in str([call.headers for call in generous.requests])


class Elsewhere(BaseAdapter):
    """An adapter whose answers come from somewhere else than what was asked."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url, response.request = 200, self._url, request
        response._content = token_text(FOREIGN_TOKEN)
        response._content_consumed = True
        return response

    def close(self) -> None:
        """Have nothing to close."""


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/connect/token",
        "https://account.dastra.eu:8443/connect/token",
        "http://account.dastra.eu/connect/token",
    ],
)
@EACH_GRANT
def test_an_answer_from_another_origin_is_not_taken(
    url: str, grant: Grant, stand_ins: StandIns
) -> None:
    with requests.Session() as given:
        given.mount("https://", Elsewhere(url))
        with refused(stand_ins):
            requests.get(grant.url, auth=grant.make(stand_ins, session=given))
    assert grant.services(stand_ins)[0].calls == []


@LIBRARIES
@REDIRECTED
@PLACES
def test_a_transport_of_others_sees_no_secret_after_a_redirect(
    library: Any, status: int, where: str, grant: Grant, stand_ins: StandIns
) -> None:
    seen: list[Any] = []

    def handle(request: Any) -> Any:
        seen.append((request.method, str(request.url), request.headers.raw, request.read()))
        if str(request.url) == grant.endpoint:
            return library.Response(status, headers={"Location": grant.target(where)})
        return library.Response(200, content=token_text(FOREIGN_TOKEN))

    async def handle_async(request: Any) -> Any:
        await request.aread()
        return handle(request)

    def auth() -> Any:
        # Nobody is to be told of the failure that the call before has met.
        return grant.make(stand_ins, store=MemoryTokenStore())

    async def call() -> None:
        transport = library.MockTransport(handle_async)
        async with library.AsyncClient(transport=transport, follow_redirects=True) as client:
            await client.get(grant.url, auth=auth())

    client = library.Client(transport=library.MockTransport(handle), follow_redirects=True)
    with client, refused(stand_ins):
        client.get(grant.url, auth=auth())
    with refused(stand_ins):
        anyio.run(call)
    asked = [each for each in seen if each[1] == grant.endpoint]
    assert len(asked) == 2
    for _, _, headers, body in [each for each in seen if each not in asked]:
        plain = b"".join(name + b": " + value + b"\n" for name, value in headers) + body
        assert shown_in(plain.decode("latin-1"), stand_ins) == []


@pytest.mark.parametrize("fault", ["reset", "no tunnel"])
@EACH_GRANT
def test_the_request_in_a_network_error_holds_no_secret(
    fault: str, grant: Grant, connect: Connect, stand_ins: StandIns
) -> None:
    asked, _ = grant.services(stand_ins)
    if fault == "reset":
        asked.drop(times=None, on="token")
    else:
        stand_ins.proxy.refuse(502, times=None)
    client = connect(grant.make(stand_ins), follow_redirects=True)
    with pytest.raises(client.errors) as caught:
        client.get(grant.url)
    errors: list[Any] = [caught.value]
    while errors[-1].__context__ is not None:
        errors.append(errors[-1].__context__)
    found = [error.request for error in errors if getattr(error, "request", None) is not None]
    for request in found:
        holds_nothing(request, stand_ins)
    assert all(getattr(error, "response", None) is None for error in errors)


@pytest.mark.parametrize(
    "url", ["http://account.dastra.eu/connect/token", "http://127.0.0.1.example/token"]
)
@EACH_GRANT
def test_plain_http_is_refused_at_construction(url: str, grant: Grant, stand_ins: StandIns) -> None:
    name = "token_url" if grant.url == DASTRA_URL else "identity_url"
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        grant.make(stand_ins, **{name: url})


@pytest.mark.parametrize("fault", ["untrusted", "another host"])
@each_of(grant for grant in GRANTS if grant.url == DASTRA_URL)
def test_a_certificate_that_is_no_good_is_tried_once_and_over_tls_alone(
    fault: str, grant: Grant, connect: Connect, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "another host":
        port = int(stand_ins.dtz.origin.rpartition(":")[2])
        stand_ins.proxy.route("account.dastra.eu", "127.0.0.1", port)
    else:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, certifi.where())
    client = connect(grant.make(stand_ins))
    with pytest.raises(client.errors):
        client.get(DASTRA_URL)
    tunnels = [(tunnel.host, tunnel.port) for tunnel in stand_ins.proxy.tunnels]
    assert tunnels == [("account.dastra.eu", 443)]
    assert stand_ins.dastra.requests == stand_ins.dtz.requests == []


@pytest.mark.parametrize("status", [307, 308])
@EACH_GRANT
@pytest.mark.parametrize("kind", OF_HTTPX)
@pytest.mark.parametrize("follow", [True, False], ids=["following", "not-following"])
def test_nothing_arrives_at_another_host_with_the_same_path(
    status: int, grant: Grant, follow: bool, connect: Connect, stand_ins: StandIns
) -> None:
    asked, other = grant.services(stand_ins)
    path = "/" + grant.endpoint.partition("//")[2].partition("/")[2]
    asked.redirect(f"https://{other.hosts[0]}{path}", status=status, on="token")
    give_token(other, FOREIGN_TOKEN)
    with refused(stand_ins):
        connect(grant.make(stand_ins), follow_redirects=follow).get(grant.url)
    assert other.requests == []
    assert asked.calls == []


def settings(native: Any) -> dict[str, str]:
    """Give all that a client of httpx keeps from one call to the next, cookies among it."""
    names = ("cookies", "headers", "params", "timeout", "event_hooks", "max_redirects", "base_url")
    kept = {name: repr(getattr(native, name)) for name in names}
    return {**kept, "auth": str(id(native.auth)), "names": str(sorted(vars(native)))}


PLANTED = [
    ("Set-Cookie", "dtz-auth=planted; Path=/; Secure"),
    ("Set-Cookie", "wide=planted; Domain=dtz.rocks; Path=/"),
    ("set-cookie", "wide=planted; Domain=dastra.eu; Path=/"),
]


@pytest.mark.parametrize(
    ("version", "status"), [("1.1", 200), ("1.1", 400), ("1.1", 302), ("2", 200)]
)
@EACH_GRANT
@pytest.mark.parametrize("kind", OF_HTTPX)
def test_a_cookie_of_the_token_endpoint_is_not_kept(
    status: int, version: str, grant: Grant, kind: str, stand_ins: StandIns
) -> None:
    asked, _ = grant.services(stand_ins)
    content = {"access_token": asked.make_token(), "token_type": "Bearer", "expires_in": 3600}
    headers = [*PLANTED, ("Location", grant.url)]
    asked.answer(content, status, headers=headers, on="token")
    with ExitStack() as stack:
        options: dict[str, Any] = {"follow_redirects": True}
        if version == "2":
            options |= {"http2": True, "verify": stack.enter_context(over_http2(stand_ins))}
        client = clients.make(kind, grant.make(stand_ins), **options)
        # Before the server, which waits for its connections to end.
        stack.callback(client.close)
        before = settings(client.native)
        if status == 200:
            response = client.get(grant.url)
            assert (response.status_code, response.http_version) == (200, f"HTTP/{version}")
        else:
            with refused(stand_ins):
                client.get(grant.url)
    assert "planted" not in str([call.headers for call in asked.requests])
    assert "planted" not in str(list(client.native.cookies.jar))
    # Dastra's API sets a cookie of its own.
    if "dtz" in grant.url:
        assert settings(client.native) == before
