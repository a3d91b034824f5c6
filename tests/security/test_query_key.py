"""A key in the query: whole on the wire, hidden from everything that shows a URL."""

import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests

from conformance.methods import DASTRA_URL, DTZ_URL
from dtz_dastra_auth import DtzQueryKey
from dtz_dastra_auth.testing import DtzStandIn, StandIns
from security.scenes_wire import (
    OF_HTTPX,
    OF_REQUESTS,
    Connect,
    carried_by,
    next_of,
    send,
    shown_in,
)

CONTEXT = "context-chosen"
QUERY = "a=1%2F2&b=x%20y&c=a+b&d&e="
URL = f"{DTZ_URL}?{QUERY}"
LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture
def auth(dtz: DtzStandIn) -> DtzQueryKey:
    """Make an auth object that has a context as well."""
    dtz.add_context(CONTEXT)
    return DtzQueryKey(dtz.api_key, context_id=CONTEXT)


def target_of(dtz: DtzStandIn, query: str = QUERY) -> str:
    """Give what has to arrive."""
    return f"/v1/me?{query}&apiKey={dtz.api_key}&contextId={CONTEXT}"


def texts_of(response: Any) -> str:
    """Give every text that shows where a response came from."""
    seen: list[Any] = []
    for each in (*response.history, response):
        next_request = next_of(each)
        asked = [each.request] if next_request is None else [each.request, next_request]
        seen += [each, each.url, *asked, *(request.url for request in asked)]
        seen += [request.headers for request in asked]
    return "\n".join(f"{each} {each!r}" for each in seen)


def test_the_key_arrives_and_no_url_of_the_response_shows_it(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns, caplog: pytest.LogCaptureFixture
) -> None:
    dtz = stand_ins.dtz
    caplog.set_level(logging.INFO)
    response = connect(auth).get(URL)
    assert response.status_code == 200
    [call] = dtz.calls
    assert call.target == target_of(dtz)
    assert shown_in(texts_of(response) + caplog.text, stand_ins) == []
    # The URL as the caller has written it.
    shown = str(response.url).replace(f"&contextId={CONTEXT}", "")
    assert (shown, str(response.request.url)) == (URL, str(response.url))


@pytest.mark.parametrize("kind", OF_HTTPX)
def test_the_clients_log_line_has_the_url_without_the_key(
    auth: DtzQueryKey, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    connect(auth).get(URL)
    [line] = [record.getMessage() for record in caplog.records if "HTTP Request" in record.msg]
    assert line.startswith(f"HTTP Request: GET {URL}")
    assert "apikey-" not in line


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_the_error_of_a_status_shows_no_key(
    status: int, auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.fail(status)
    client = connect(auth)
    response = client.get(URL)
    with pytest.raises(client.errors, match=QUERY.split("&", maxsplit=1)[0]) as caught:
        response.raise_for_status()
    error: Any = caught.value
    seen = [error, error.args, error.request, error.request.url, error.response.url]
    assert shown_in("\n".join(f"{each} {each!r}" for each in seen), stand_ins) == []


# What each Location means, seen from the URL that was called.
LOCATIONS = {
    "/v1/echo": "/v1/echo",
    "echo?page=2": "/v1/echo?page=2",
    "./me/": "/v1/me/",
    "../v2/x?a=%2F&b": "/v2/x?a=%2F&b",
    "?page=2": "/v1/me?page=2",
    "//api.dtz.rocks/v1/echo?x=1": "/v1/echo?x=1",
    "https://api.dtz.rocks/v1/echo#part": "/v1/echo",
    "https://containers.dtz.rocks/v1/me?page=2": "/v1/me?page=2",
    "https://api.dastra.eu/v1/workspaces": "/v1/workspaces",
}


@pytest.mark.parametrize("status", [303, 307])
@pytest.mark.parametrize(("location", "target"), LOCATIONS.items())
def test_the_key_is_not_carried_over_a_redirect_wherever_it_leads(
    location: str,
    target: str,
    status: int,
    auth: DtzQueryKey,
    connect: Connect,
    stand_ins: StandIns,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    dtz = stand_ins.dtz
    dtz.redirect(location, status=status)
    dtz.answer({})
    stand_ins.dastra.answer({})
    response = connect(auth, follow_redirects=True).get(URL)
    assert response.status_code == 200
    first, second = dtz.calls + stand_ins.dastra.calls
    assert (first.target, second.target) == (target_of(dtz), target)
    assert carried_by(second, stand_ins) == []
    assert [past.status_code for past in response.history] == [status]
    assert shown_in(texts_of(response) + caplog.text, stand_ins) == []


def test_a_redirect_to_another_part_of_the_same_url_does_not_carry_the_key(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    dtz.redirect("#part")
    dtz.answer({})
    response = connect(auth, follow_redirects=True).get(URL)
    first, second = dtz.calls
    assert (first.target, carried_by(second, stand_ins)) == (target_of(dtz), [])
    assert shown_in(texts_of(response), stand_ins) == []


@pytest.mark.parametrize("form", ["{url}?{query}", "{url}?rd=https://api.dtz.rocks/?{query}"])
def test_a_service_that_writes_the_key_into_a_redirect_does_not_send_it_to_a_foreign_host(
    form: str, auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    dtz = stand_ins.dtz
    dtz.redirect(form.format(url=DASTRA_URL, query=target_of(dtz).partition("?")[2]))
    response = connect(auth, follow_redirects=True).get(URL)
    assert [carried_by(stray, stand_ins) for stray in stand_ins.dastra.calls] == [[]]
    assert response.status_code == 401


@pytest.mark.parametrize("location", ["/v1/echo", "?page=2", DASTRA_URL])
def test_a_redirect_that_is_not_followed_shows_no_key(
    location: str, auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(location)
    response = connect(auth).get(URL)
    assert response.status_code == 302
    assert shown_in(texts_of(response), stand_ins) == []
    assert "apiKey" not in str(next_of(response).url)


@pytest.mark.parametrize("kind", OF_HTTPX)
@pytest.mark.parametrize("fault", ["no answer", "no connection"])
def test_a_network_error_of_httpx_shows_no_key(
    fault: str, auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    if fault == "no answer":
        stand_ins.dtz.drop()
    else:
        stand_ins.proxy.refuse(502)
    client = connect(auth)
    with pytest.raises(client.errors) as caught:
        client.get(URL)
    error: Any = caught.value
    seen = [error, error.args, error.request, error.request.url]
    assert shown_in("\n".join(f"{each} {each!r}" for each in seen), stand_ins) == []
    assert str(error.request.url).startswith(URL)


def test_pages_are_followed_by_the_url_of_the_response(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(auth)
    response = client.get(URL)
    for url in (str(response.url), response.url, f"{response.url}&page=2"):
        assert client.get(url).status_code == 200
    first, second, third, fourth = [call.target for call in stand_ins.dtz.calls]
    assert first == second == third == target_of(stand_ins.dtz)
    assert (fourth.count("apiKey="), "page=2" in fourth) == (1, True)


@pytest.mark.parametrize("kind", OF_HTTPX)
def test_a_request_that_is_sent_again_has_the_key_once(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(auth)
    request = client.get(URL).request
    assert send(client, request).status_code == 200
    assert [call.target for call in stand_ins.dtz.calls] == [target_of(stand_ins.dtz)] * 2


@pytest.mark.parametrize("kind", OF_REQUESTS)
def test_a_request_of_requests_that_was_answered_can_be_sent_again(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(auth)
    request = client.get(URL).request
    assert send(client, request).status_code == 200
    assert send(client, auth(auth(request))).status_code == 200
    assert stand_ins.dtz.calls[-1].target.count("apiKey=") == 1


@pytest.mark.parametrize("kind", OF_REQUESTS)
def test_a_hook_of_the_callers_own_sees_no_key(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    seen: list[str] = []

    def hook(response: requests.Response, **kwargs: object) -> None:
        seen.append(f"{response.url} {response.request.url}")

    assert connect(auth).get(URL, hooks={"response": hook}).status_code == 200
    assert len(seen) == 1
    assert shown_in(seen[0], stand_ins) == []


@LIBRARIES
def test_event_hooks_see_no_key(library: Any, auth: DtzQueryKey, stand_ins: StandIns) -> None:
    seen: list[str] = []
    hooks = {
        "request": [lambda request: seen.append(f"{request!r} {request.url}")],
        "response": [lambda response: seen.append(f"{response.url} {response.request!r}")],
    }
    with library.Client(auth=auth, event_hooks=hooks) as client:
        assert client.get(URL).status_code == 200
    assert len(seen) == 2
    assert shown_in("".join(seen), stand_ins) == []


@LIBRARIES
def test_a_streamed_response_shows_no_key_while_it_is_open(
    library: Any, auth: DtzQueryKey, stand_ins: StandIns
) -> None:
    with library.Client(auth=auth) as client, client.stream("GET", URL) as response:
        assert response.status_code == 200
        assert shown_in(texts_of(response), stand_ins) == []


# What callers make of a URL, and what of it leads to the same place with the key.
MADE: dict[str, Callable[[Any, Any], Any]] = {
    "copy": lambda library, url: copy.copy(url),
    "deepcopy": lambda library, url: copy.deepcopy(url),
    "pickle": lambda library, url: pickle.loads(pickle.dumps(url)),
    "a new URL": lambda library, url: library.URL(url),
    "copy_with path": lambda library, url: url.copy_with(path="/v1/echo"),
    "copy_with fragment": lambda library, url: url.copy_with(fragment="part"),
    "copy_add_param": lambda library, url: url.copy_add_param("page", "2"),
    "copy_merge_params": lambda library, url: url.copy_merge_params({"page": "2"}),
    "join": lambda library, url: url.join("?page=2"),
    "join to the same place": lambda library, url: url.join("#part"),
}


@LIBRARIES
@pytest.mark.parametrize("make", MADE.values(), ids=MADE.keys())
def test_what_is_made_of_the_url_of_a_response_shows_no_key(
    make: Callable[[Any, Any], Any], library: Any, auth: DtzQueryKey, stand_ins: StandIns
) -> None:
    with library.Client(auth=auth) as client:
        url = client.get(URL).url
    made = make(library, url)
    assert shown_in(f"{made} {made!r}", stand_ins) == []
    assert made.host == "api.dtz.rocks"


def test_a_pickled_response_shows_no_key(
    auth: DtzQueryKey, connect: Connect, stand_ins: StandIns
) -> None:
    response = connect(auth).get(URL)
    twin = pickle.loads(pickle.dumps(response))
    assert str(twin.url) == str(response.url)
    assert shown_in(f"{twin.url!r} {twin.request!r} {twin.request.url!r}", stand_ins) == []
