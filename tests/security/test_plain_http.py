"""Plain http, which is for loopback origins that were named: it never leaves by a proxy."""

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

import clients
from conformance.methods import REDIRECT_URI
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
    TokenError,
)
from security.scenes_endpoints import GRANTS
from security.scenes_reuse import MAKERS, Answer, PlainServer, Seen, library_of, plain, shows
from security.scenes_wire import OF_HTTPX, Connect, next_of, send

Make = Callable[[str, list[str]], Any]

EACH_MAKER = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
EACH_CARRIED = pytest.mark.parametrize(
    "make", [make for name, make in MAKERS.items() if "query" not in name]
)
BY_HTTPX = pytest.mark.parametrize("kind", OF_HTTPX)
TOKEN = b'{"access_token": "token-over-plain-http", "token_type": "Bearer", "expires_in": 3600}'


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        monkeypatch.delenv(name)


@pytest.fixture
def secret() -> str:
    """Make up a secret."""
    return secrets.token_urlsafe(24)


@pytest.fixture
def api() -> Iterator[PlainServer]:
    """Run an API."""
    with plain() as server:
        yield server


@pytest.fixture
def proxy() -> Iterator[PlainServer]:
    """Run a forward proxy, which answers everything itself."""
    with plain(lambda seen: (200, {}, TOKEN)) as server:
        yield server


@pytest.fixture(params=["proxy=", "http_proxy", "ALL_PROXY", "mounts="])
def proxied(
    request: pytest.FixtureRequest,
    connect: Connect,
    proxy: PlainServer,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., clients.Client]:
    """Connect clients of httpx that send all through the proxy."""
    options: dict[str, Any] = {}
    if request.param == "proxy=":
        options["proxy"] = proxy.url
    elif request.param == "mounts=":
        library = library_of(kind)
        name = "AsyncHTTPTransport" if "Async" in kind else "HTTPTransport"
        options["mounts"] = {"http://": getattr(library, name)(proxy=proxy.url)}
    else:
        monkeypatch.setenv(request.param, proxy.url)
    return lambda auth, **more: connect(auth, **options, **more)


@EACH_MAKER
def test_a_named_loopback_origin_gets_the_credential_over_plain_http(
    make: Make, connect: Connect, api: PlainServer, secret: str
) -> None:
    assert connect(make(secret, [api.url])).get(f"{api.url}/v1/me").status_code == 200
    [call] = api.seen
    basic = call.headers.get("authorization", "").startswith("Basic ")
    assert shows(call.text, secret) or basic


@EACH_MAKER
@BY_HTTPX
def test_a_forward_proxy_is_not_sent_the_credential(
    make: Make,
    proxied: Callable[..., clients.Client],
    api: PlainServer,
    proxy: PlainServer,
    secret: str,
) -> None:
    assert proxied(make(secret, [api.url])).get(f"{api.url}/v1/me?page=2").status_code == 200
    [seen] = proxy.seen
    assert seen.target.startswith(f"{api.url}/v1/me?page=2")
    assert set(seen.headers) & {"authorization", "x-api-key", "cookie"} == set()
    assert not shows(seen.text, secret)
    assert api.seen == []


@EACH_CARRIED
@BY_HTTPX
def test_a_forward_proxy_is_not_sent_the_credential_after_a_redirect(
    make: Make,
    proxied: Callable[..., clients.Client],
    proxy: PlainServer,
    secret: str,
) -> None:
    # Both are behind the proxy, and nowhere else.
    first, second = "http://127.0.0.1:7001", "http://127.0.0.1:7002"

    def answer(seen: Seen) -> Answer:
        if seen.target.startswith(first):
            return 307, {"Location": f"{second}/there"}, b""
        return 401, {}, b""

    proxy.answer = answer
    client = proxied(make(secret, [first, second]), follow_redirects=True)
    assert client.get(f"{first}/here").status_code == 401
    assert {seen.target for seen in proxy.seen} == {f"{first}/here", f"{second}/there"}
    assert len(proxy.seen) <= 3
    for seen in proxy.seen:
        assert set(seen.headers) & {"authorization", "x-api-key", "cookie"} == set()
    assert not shows(proxy.text, secret)


API = "https://api.dastra.eu"


def grants(token_url: str, secret: str, api: str = API, **options: Any) -> dict[str, Any]:
    """Give auth objects that ask for a token in plain http."""
    options["store"] = MemoryTokenStore()
    identity = {"identity_url": token_url, **options}
    dastra = {"token_url": f"{token_url}/token", "origins": [api], **options}
    sources = {
        "login": DtzLogin("user", secret, **identity),
        "dtz-code": DtzAuthorizationCode(secret, "context-1", REDIRECT_URI, **identity),
        "key-exchange": DtzApiKeyExchange(f"apikey-{secret}", **identity),
    }
    return {
        "client-credentials": DastraClientCredentials("public", secret, **dastra),
        "code": DastraAuthorizationCode(secret, REDIRECT_URI, "public", "private", **dastra),
        "refresh-token": DastraRefreshToken(secret, "public", "private", **dastra),
        **{name: DtzBearer(source, origins=[api]) for name, source in sources.items()},
    }


EACH_GRANT = pytest.mark.parametrize("grant", [grant.name for grant in GRANTS])


@EACH_GRANT
@BY_HTTPX
def test_a_token_request_that_would_go_to_a_forward_proxy_is_an_error(
    grant: str, proxied: Callable[..., clients.Client], proxy: PlainServer, secret: str
) -> None:
    with plain(lambda seen: (200, {}, TOKEN)) as endpoint:
        client = proxied(grants(endpoint.url, secret)[grant])
        with pytest.raises(TokenError, match="proxy") as caught:
            client.get(API)
        assert endpoint.seen == []
    assert not shows(proxy.text, secret)
    assert "authorization" not in proxy.text.lower()
    assert not shows(f"{caught.value!r} {vars(caught.value)!r}", secret)


@EACH_GRANT
def test_a_token_request_in_plain_http_arrives_without_a_proxy(
    grant: str, connect: Connect, api: PlainServer, secret: str
) -> None:
    with plain(lambda seen: (200, {}, TOKEN)) as endpoint:
        client = connect(grants(endpoint.url, secret, api.url)[grant])
        assert client.get(api.url).status_code == 200
        assert len(endpoint.seen) == 1
    assert [seen.headers["authorization"] for seen in api.seen] == ["Bearer token-over-plain-http"]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@EACH_GRANT
def test_a_token_request_of_requests_goes_directly_whatever_the_environment_says(
    grant: str,
    variable: str,
    proxy: PlainServer,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with plain(lambda seen: (200, {}, TOKEN)) as endpoint:
        monkeypatch.setenv(variable, proxy.url)
        auth = grants(endpoint.url, secret)[grant]
        request = requests.Request("GET", API, auth=auth).prepare()
        assert len(endpoint.seen) == 1
    assert request.headers["Authorization"] == "Bearer token-over-plain-http"
    assert proxy.seen == []


@pytest.mark.parametrize(
    "scheme", ["http", "all", "http://127.0.0.1", "all://127.0.0.1", "HTTP://127.0.0.1"]
)
@EACH_GRANT
def test_a_token_request_of_requests_goes_directly_whatever_a_session_says(
    grant: str, scheme: str, proxy: PlainServer, secret: str
) -> None:
    with plain(lambda seen: (200, {}, TOKEN)) as endpoint, requests.Session() as session:
        session.proxies = {scheme: proxy.url}
        auth = grants(endpoint.url, secret, session=session)[grant]
        requests.Request("GET", API, auth=auth).prepare()
        assert len(endpoint.seen) == 1
        assert session.proxies == {scheme: proxy.url}
    assert proxy.seen == []


@pytest.mark.parametrize("follow", [True, False], ids=["following", "not-following"])
@EACH_MAKER
@BY_HTTPX
def test_a_target_of_the_callers_own_does_not_lead_the_credential_away(
    make: Make, follow: bool, connect: Connect, secret: str
) -> None:
    with plain() as foreign:

        def answer(seen: Seen) -> Answer:
            return 302, {"Location": f"{foreign.url}/there"}, b""

        with plain(answer) as api:
            client = connect(make(secret, [api.url]), follow_redirects=follow)
            extensions = {"target": f"{api.url}/own".encode()}
            response = client.get(f"{api.url}/v1/me", extensions=extensions)
            if not follow:
                send(client, next_of(response), auth=None)
            assert [seen.target for seen in api.seen] == [f"{api.url}/own"]
        [stray] = foreign.seen
    assert set(stray.headers) & {"authorization", "x-api-key", "cookie"} == set()
    assert not shows(stray.text, secret)
