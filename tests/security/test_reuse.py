"""Requests, auth objects and clients that are used more than once, or by another than before."""

import itertools
from collections.abc import Callable
from http.cookiejar import CookieJar, MozillaCookieJar
from typing import Any
from urllib.parse import quote

import pytest
import requests
from requests.adapters import BaseAdapter
from requests.cookies import create_cookie

import clients
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import (
    DastraApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzQueryKey,
)
from dtz_dastra_auth.testing import DtzStandIn, StandIns
from security.scenes_reuse import BLOCKING, aimed_at, hooks, plain, shows
from security.scenes_wire import (
    CLASSES,
    OF_HTTPX,
    OF_REQUESTS,
    Connect,
    build,
    carried_by,
    credentials_on,
    foreign_url,
    moved,
    named,
    next_of,
    ours_and_other,
    send,
    shown_in,
)

OF_DTZ = [method for method in CLASSES if method.url == DTZ_URL]
EACH_CLASS = pytest.mark.parametrize("method", CLASSES, ids=named)
BY_HTTPX = pytest.mark.parametrize("kind", OF_HTTPX)
BY_REQUESTS = pytest.mark.parametrize("kind", OF_REQUESTS)
BY_SESSION = pytest.mark.parametrize("kind", ["requests.Session"])


@EACH_CLASS
def test_a_request_that_is_aimed_elsewhere_and_authenticated_again_carries_nothing(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    _, other = ours_and_other(method, stand_ins)
    auth = method.make(stand_ins).auth
    client = connect(auth)
    request = build(client, method.url)
    assert send(client, request).status_code == 200
    twin = request.copy() if isinstance(request, requests.PreparedRequest) else request
    for each in (twin, request):
        send(client, aimed_at(each, foreign_url(method), auth))
    assert [carried_by(stray, stand_ins) for stray in other.calls] == [[], []]
    assert len(method.calls(stand_ins)) == 1


@EACH_CLASS
def test_a_request_that_was_redirected_and_is_aimed_elsewhere_carries_nothing(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(moved(method.url))
    auth = method.make(stand_ins).auth
    client = connect(auth, follow_redirects=True)
    request = client.get(method.url).request
    send(client, aimed_at(request, foreign_url(method), auth))
    [stray] = other.calls
    assert carried_by(stray, stand_ins) == []


@pytest.mark.parametrize("method", OF_DTZ, ids=named)
def test_the_next_request_takes_another_auth_objects_credential_and_not_the_first_ones(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    dtz.redirect(DASTRA_URL)
    client = connect(method.make(stand_ins).auth)
    following = next_of(client.get(DTZ_URL))
    other = DastraApiKey(dastra.private_key)
    if isinstance(following, requests.PreparedRequest):
        response = send(client, other(following))
    else:
        response = send(client, following, auth=other)
    assert response.status_code == 200
    [call] = dastra.calls
    assert credentials_on(call).keys() == {"X-API-KEY"}
    assert call.header("X-API-KEY") == dastra.private_key
    assert carried_by(call, stand_ins) == [dastra.private_key[:4] + "…"]
    # On from there, neither goes along.
    dastra.redirect("https://api.dtz.rocks/v1/echo")
    dtz.answer({})
    again = next_of(send(client, response.request) if hasattr(response, "next") else response)
    assert again is None or carried_by_request(again, stand_ins) == []


def carried_by_request(request: Any, services: StandIns) -> list[str]:
    pairs = getattr(request.headers, "raw", None) or request.headers.items()
    return shown_in("\n".join(f"{name!r} {value[:]}" for name, value in pairs), services)


# Enough for what piles up to be deeper than Python's stack.
@pytest.mark.parametrize("kind", BLOCKING)
def test_one_request_can_be_sent_many_times_with_ever_other_auth_objects(connect: Connect) -> None:
    with plain() as api:
        client = connect()
        request = build(client, api.url)
        for number in range(1500):
            auth = DtzBearer(f"token-{number % 7}", origins=[api.url])
            assert send(client, request, auth=auth).status_code == 200
        sent = [seen.headers["authorization"] for seen in api.seen]
    assert sent == [f"Bearer token-{number % 7}" for number in range(1500)]


@pytest.mark.parametrize("where", ["inside", "elsewhere"])
@EACH_CLASS
@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("first", ["async", "blocking"])
def test_the_next_request_of_one_kind_of_client_can_be_sent_by_the_other(
    first: str, backend: str, library: str, method: Method, where: str, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    there = moved(method.url) if where == "inside" else foreign_url(method)
    ours.redirect(there)
    auth = method.make(stand_ins).auth
    kinds = [f"{library}.AsyncClient-{backend}", f"{library}.Client"]
    one, two = [clients.make(kind) for kind in (kinds if first == "async" else kinds[::-1])]
    try:
        following = next_of(one.get(method.url, auth=auth))
        send(two, following, auth=None)
        response = send(two, following, auth=auth)
    finally:
        one.close()
        two.close()
    if where == "inside":
        assert response.status_code == 200
        assert carried_by(ours.calls[-1], stand_ins) != []
    else:
        assert [carried_by(stray, stand_ins) for stray in other.calls] == [[], []]


# A key in the query


def texts_of(response: Any) -> str:
    """Give all that shows where a response came from, and how it was refused."""
    seen: list[Any] = []
    for each in (*response.history, response):
        following = next_of(each)
        asked = [each.request] if following is None else [each.request, following]
        seen += [each, each.url, *asked, *(request.url for request in asked)]
    try:
        response.raise_for_status()
    except Exception as error:
        seen += [error, error.args]
    return "\n".join(f"{each} {each!r} {each:}" for each in seen)


WRITTEN: dict[str, Callable[[str], str]] = {
    "foreign, as it is": lambda url: f"{DASTRA_URL}?back={url}",
    "foreign, quoted": lambda url: f"{DASTRA_URL}?back={quote(url, safe='')}",
    "foreign, quoted twice": lambda url: f"{DASTRA_URL}?b={quote(quote(url, safe=''), safe='')}",
    "ours, quoted": lambda url: f"/login/?rd={quote(url, safe='')}",
    "ours, quoted twice": lambda url: f"/login/?rd={quote(quote(url, safe=''), safe='')}",
    "ours, as it is": lambda url: f"/login/?rd={url}",
    "ours, in the path": lambda url: f"/login/{quote(url, safe='')}",
    "ours, as the parameter": lambda url: "/v1/echo?" + url.partition("?")[2],
}
BY_URLLIB3 = (
    r"DTZ API key in the .*(str|repr|traceback) of "
    r"(str of )?(ProxyError|MaxRetryError|ConnectionError) \(plain\)"
)


@pytest.mark.parametrize("key", ["apikey-a+b/SECRET=~x", "apikey-plainSECRETkey"])
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("follow", [True, False], ids=["following", "not-following"])
def test_a_key_that_a_service_writes_into_a_location_goes_nowhere_from_there(
    follow: bool,
    written: Callable[[str], str],
    key: str,
    connect: Connect,
    stand_ins: StandIns,
) -> None:
    dtz = stand_ins.dtz
    dtz.add_api_key(key, dtz.context_id)
    dtz.redirect(written(f"{DTZ_URL}?page=2&apiKey={quote(key, safe='')}"))
    client = connect(DtzQueryKey(key), follow_redirects=follow)
    response = client.get(f"{DTZ_URL}?page=2")
    if not follow:
        send(client, next_of(response), **({} if is_requests(client) else {"auth": None}))
    first, second = dtz.calls + stand_ins.dastra.calls
    assert shows(first.target, key)
    for part in (key, "SECRET"):
        assert not shows(second.target, part)
        assert not shows(texts_of(response), part)


def is_requests(client: Any) -> bool:
    return isinstance(client.native, requests.Session)


@BY_HTTPX
def test_a_hook_that_adds_a_parameter_leaves_the_key_on_the_wire_and_hidden(
    kind: str, connect: Connect, dtz: DtzStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    def add(request: Any) -> None:
        request.url = request.url.copy_add_param("trace", "1")

    caplog.set_level("INFO")
    response = connect(DtzQueryKey(dtz.api_key), **hooks(kind, add)).get(f"{DTZ_URL}?page=2")
    assert response.status_code == 200
    [call] = dtz.calls
    assert (call.target.count("apiKey="), call.target.count("trace=1")) == (1, 1)
    texts = f"{response.url} {response.url!r} {response.request!r} {caplog.text}"
    assert "HTTP Request" in caplog.text
    assert (dtz.api_key in texts, "apiKey" in texts) == (False, False)
    assert response.url.params["trace"] == "1"


@BY_REQUESTS
def test_a_request_with_a_key_in_the_query_can_be_sent_twice(
    connect: Connect, dtz: DtzStandIn
) -> None:
    client = connect(DtzQueryKey(dtz.api_key))
    request = requests.Request("GET", f"{DTZ_URL}?page=2", auth=DtzQueryKey(dtz.api_key)).prepare()
    first = send(client, request)
    second = send(client, request)
    third = send(client, second.request)
    assert [each.status_code for each in (first, second, third)] == [200] * 3
    assert {call.target for call in dtz.calls} == {f"/v1/me?page=2&apiKey={dtz.api_key}"}
    for url in (request.url, *(each.url for each in (first, second, third)), first.request.url):
        shown = f"{url} {url!r} {url!s} {url:>200} {str(url)} %s" % url  # noqa: RUF010
        assert dtz.api_key not in shown
        assert "page=2" in shown


@pytest.mark.leaks("urllib3 writes the URL into its errors, as documented", finding=BY_URLLIB3)
@pytest.mark.parametrize("fault", ["no answer", "no tunnel"])
@BY_REQUESTS
def test_a_network_error_of_requests_has_a_request_that_shows_no_key(
    fault: str, connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    if fault == "no answer":
        dtz.drop(times=None)
    else:
        stand_ins.proxy.refuse(502, times=None)
    client = connect(DtzQueryKey(dtz.api_key))
    with pytest.raises(requests.ConnectionError) as caught:
        client.get(DTZ_URL)
    request: Any = caught.value.request
    url = request.url
    shown = f"{request!r} {url} {url!r} {url!s:>3} {url:>300}"
    assert dtz.api_key not in shown


# Jars and adapters of others

JARS = pytest.mark.parametrize("jar_class", [CookieJar, MozillaCookieJar])


@JARS
@pytest.mark.parametrize("method", METHODS, ids=named)
@BY_REQUESTS
def test_a_jar_of_the_standard_library_goes_with_a_call(
    jar_class: type[CookieJar], method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    jar = jar_class()
    for host in ("api.dastra.eu", "api.dtz.rocks"):
        jar.set_cookie(create_cookie("own", "1", domain=host))
    ours.redirect(foreign_url(method))
    other.redirect(method.url)
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    response = client.get(method.url, cookies=jar)
    assert response.status_code == (401 if "query" in method.name else 200)
    [stray] = other.calls
    assert carried_by(stray, stand_ins) == []
    assert stray.header("Cookie") == "own=1"
    assert sorted((each.domain, each.name) for each in jar) == [
        ("api.dastra.eu", "own"),
        ("api.dtz.rocks", "own"),
    ]
    is_dtz, by_cookie = method.url == DTZ_URL, "cookie" in method.name
    for call in method.calls(stand_ins):
        assert ("own=1" in (call.header("Cookie") or "")) == (not is_dtz or by_cookie)


class Nameless(BaseAdapter):
    """An adapter whose responses do not tell what sent them."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self._status = status
        self.sent: list[str | None] = []

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request.headers.get("Authorization"))
        response = requests.Response()
        response.status_code, response.url, response.request = self._status, request.url, request
        response._content, response._content_consumed = b"no", True
        return response

    def close(self) -> None:
        """Have nothing to close."""


def test_a_401_of_an_adapter_that_is_not_known_is_handed_back_whole() -> None:
    tokens = (f"token-{number}" for number in itertools.count())
    adapter = Nameless(401)
    with requests.Session() as session:
        session.mount("https://", adapter)
        session.auth = DtzBearer(lambda: next(tokens))
        responses = [session.get(DTZ_URL) for _ in range(2)]
    assert [(each.status_code, each.content) for each in responses] == [(401, b"no")] * 2
    assert adapter.sent == ["Bearer token-0", "Bearer token-1"]


class Link:
    """A URL of somebody's own, as requests takes it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __str__(self) -> str:
        """Give it."""
        return self._url


URLS: dict[str, Callable[[str], Any]] = {"bytes": str.encode, "an object": Link, "a str": str}


@pytest.mark.parametrize("written", URLS.values(), ids=URLS)
@EACH_CLASS
def test_a_request_that_is_not_prepared_may_have_any_kind_of_url(
    written: Callable[[str], Any], method: Method, stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    request = requests.Request("GET", written(method.url))
    with requests.Session() as session:
        assert auth(request) is request
        response = session.send(session.prepare_request(request), verify=stand_ins.ca_file)
    assert response.status_code == 200
    assert len(method.asked(stand_ins)) == method.token_requests


Wrap = Callable[[Callable[[], str]], Any]
BY_CALLABLE: dict[str, Wrap] = {
    "bearer": DtzBearer,
    "basic": lambda token: DtzBasic("bearer", token),
    "cookie": DtzCookie,
}


@pytest.mark.parametrize("unprepared", [False, True], ids=["prepared", "unprepared first"])
@pytest.mark.parametrize("same", [True, False], ids=["the same", "equal ones"])
@pytest.mark.parametrize("count", [1, 2, 6])
@pytest.mark.parametrize("make", BY_CALLABLE.values(), ids=BY_CALLABLE)
def test_a_401_for_ever_is_two_sends_however_often_the_auth_object_was_called(
    make: Wrap, count: int, same: bool, unprepared: bool, stand_ins: StandIns
) -> None:
    numbers = itertools.count()

    def token() -> str:
        return f"token-{next(numbers)}"

    auth = make(token)
    others = [auth if same else make(token) for _ in range(count)]
    stand_ins.dtz.fail(401, times=None)
    with requests.Session() as session:
        request = requests.Request("GET", DTZ_URL)
        if unprepared:
            for each in others:
                each(request)
        prepared = session.prepare_request(request)
        for each in others:
            prepared.prepare_auth(each)
        assert session.send(prepared, verify=stand_ins.ca_file).status_code == 401
    assert len(stand_ins.dtz.calls) == 2


def test_a_cookie_on_a_request_that_is_not_prepared_leaves_the_sessions_cookies(
    dtz: DtzStandIn,
) -> None:
    token = dtz.make_token()
    auth = DtzCookie(token)
    with requests.Session() as session:
        session.cookies.set("own", "1")
        request = auth(requests.Request("GET", DTZ_URL, cookies={"more": "2"}))
        response = session.send(
            session.prepare_request(request),
            **session.merge_environment_settings(DTZ_URL, {}, None, None, None),
        )
    assert response.status_code == 200
    [call] = dtz.calls
    pairs = (call.header("Cookie") or "").split("; ")
    assert sorted(pairs) == sorted(["own=1", "more=2", f"dtz-auth={token}"])
