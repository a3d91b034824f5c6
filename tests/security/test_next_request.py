"""A redirect that is not followed, and requests that are kept, copied and sent later."""

from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests

from conformance.methods import DTZ_URL, METHODS, Method
from dtz_dastra_auth import DtzBearer
from dtz_dastra_auth.testing import StandIns
from security.scenes_wire import (
    CLASSES,
    COPIES,
    OF_HTTPX,
    OF_REQUESTS,
    SIBLING,
    Connect,
    build,
    carried_by,
    foreign_url,
    moved,
    named,
    next_of,
    ours_and_other,
    send,
    shown_in,
)

CARRIED = [method for method in METHODS if "query" not in method.name]
EACH = pytest.mark.parametrize("method", METHODS, ids=named)
EACH_CLASS = pytest.mark.parametrize("method", CLASSES, ids=named)

# From where a credential may go to where it may not: another host, port and scheme, and a URL
# that only looks like ours.
AWAY: dict[str, Callable[[str], str]] = {
    "another port": lambda url: moved(url).replace("/v1/", ":8443/v1/"),
    "plain http": lambda url: url.replace("https:", "http:"),
    "a host of a customer": lambda url: url.replace("//api.", "//api.customer."),
    "a trailing dot": lambda url: moved(url).replace("/v1/", "./v1/"),
    "ours as the user": lambda url: moved(url).replace("/v1/", "@evil.example/v1/"),
}


def words_of(request: Any) -> str:
    """Give all that a request would send or could show."""
    headers = [*request.headers.items(), *getattr(request.headers, "raw", [])]
    url = request.url if isinstance(request.url, str) else (request.url, request.url.raw_path)
    more = [repr(getattr(request, name, None)) for name in ("extensions", "_cookies", "hooks")]
    # Header values of ours hide themselves: they are taken as text, without a repr.
    pairs = [f"{text(name)}: {text(value)}" for name, value in headers]
    return "\n".join([f"{request!r} {url}", *pairs, *more])


def text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value + ""


@pytest.mark.parametrize("where", [*AWAY, "another service"])
@EACH_CLASS
def test_the_next_request_to_elsewhere_carries_nothing(
    method: Method, where: str, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    there = AWAY[where](method.url) if where in AWAY else foreign_url(method)
    ours.redirect(there, status=307)
    response = connect(method.make(stand_ins).auth).get(method.url)
    assert response.status_code == 307
    assert shown_in(words_of(next_of(response)), stand_ins) == []
    # What was sent keeps what it was sent with.
    assert carried_by(method.calls(stand_ins)[0], stand_ins) != []


@EACH
def test_the_next_request_to_elsewhere_arrives_with_nothing_when_it_is_sent(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = ours_and_other(method, stand_ins)
    ours.redirect(foreign_url(method))
    client = connect(method.make(stand_ins).auth)
    response = client.get(method.url)
    send(client, next_of(response))
    [stray] = other.calls
    assert carried_by(stray, stand_ins) == []


@pytest.mark.parametrize("method", CARRIED, ids=named)
def test_the_next_request_inside_the_origin_is_authenticated_when_it_is_sent(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    ours, _ = ours_and_other(method, stand_ins)
    ours.redirect(moved(method.url))
    client = connect(method.make(stand_ins).auth)
    response = client.get(method.url)
    assert send(client, next_of(response)).status_code == 200
    assert len(method.asked(stand_ins)) == method.token_requests


@pytest.mark.parametrize("method", [each for each in METHODS if each.url == DTZ_URL], ids=named)
@pytest.mark.parametrize("kind", OF_HTTPX)
def test_the_next_request_to_another_allowed_origin_is_authenticated_when_it_is_sent(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(SIBLING)
    client = connect(method.make(stand_ins).auth)
    response = client.get(DTZ_URL)
    # The query key as well: it is a new call, which asks the auth object anew.
    assert send(client, next_of(response)).status_code == 200


@pytest.mark.parametrize("method", [each for each in CARRIED if each.url == DTZ_URL], ids=named)
@pytest.mark.parametrize("kind", OF_REQUESTS)
def test_the_next_request_of_requests_goes_to_another_allowed_origin_with_a_credential(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    stand_ins.dtz.redirect(SIBLING)
    client = connect(method.make(stand_ins).auth)
    response = client.get(DTZ_URL)
    assert send(client, next_of(response)).status_code == 200


OTHERS: dict[str, Callable[[StandIns], Any]] = {
    "no auth": lambda services: None,
    "a pair": lambda services: ("somebody", "else"),
    "one of ours": lambda services: DtzBearer("other-token", origins=["https://other.example"]),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
@EACH_CLASS
@pytest.mark.parametrize("kind", OF_HTTPX)
def test_a_request_sent_again_with_another_auth_takes_nothing_elsewhere(
    method: Method, other: Callable[[StandIns], Any], connect: Connect, stand_ins: StandIns
) -> None:
    service, foreign = ours_and_other(method, stand_ins)
    client = connect(method.make(stand_ins).auth)
    request = build(client, method.url)
    assert send(client, request).status_code == 200
    service.redirect(foreign_url(method), status=307)
    auth = other(stand_ins)
    send(client, request, auth=auth, follow_redirects=True)
    service.redirect(foreign_url(method), status=307)
    response = send(client, request, auth=auth, follow_redirects=False)
    assert shown_in(words_of(next_of(response)), stand_ins) == []
    [stray] = foreign.calls
    assert carried_by(stray, stand_ins) == []


@EACH_CLASS
@pytest.mark.parametrize("kind", OF_HTTPX)
def test_the_next_request_sent_without_us_takes_nothing_anywhere(
    method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    service, foreign = ours_and_other(method, stand_ins)
    service.redirect(moved(method.url))
    client = connect(method.make(stand_ins).auth)
    following = next_of(client.get(method.url))
    service.redirect(foreign_url(method))
    send(client, following, auth=None, follow_redirects=True)
    [stray] = foreign.calls
    assert carried_by(stray, stand_ins) == []


def prepared(method: Method, services: StandIns) -> tuple[requests.Session, Any]:
    """Give a session without auth, and a prepared request that has our credential."""
    auth = method.make(services).auth
    return requests.Session(), requests.Request("GET", method.url, auth=auth).prepare()


PICKLED = [method for method in METHODS if "callable" not in method.name]


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("method", PICKLED, ids=named)
def test_a_copy_of_a_prepared_request_takes_nothing_elsewhere_when_it_is_sent_later(
    method: Method, copied: Callable[[Any], Any], status: int, stand_ins: StandIns
) -> None:
    service, foreign = ours_and_other(method, stand_ins)
    service.redirect(foreign_url(method), status=status)
    session, request = prepared(method, stand_ins)
    with session:
        session.send(copied(request), verify=stand_ins.ca_file)
    [stray] = foreign.calls
    assert carried_by(stray, stand_ins) == []
    assert carried_by(method.calls(stand_ins)[0], stand_ins) != []


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("method", PICKLED, ids=named)
def test_a_copy_of_a_request_that_was_redirected_takes_nothing_elsewhere(
    method: Method, copied: Callable[[Any], Any], stand_ins: StandIns
) -> None:
    service, foreign = ours_and_other(method, stand_ins)
    session, request = prepared(method, stand_ins)
    with session:
        service.redirect(moved(method.url))
        response = session.send(request, verify=stand_ins.ca_file)
        service.redirect(foreign_url(method))
        session.send(copied(response.request), verify=stand_ins.ca_file)
    [stray] = foreign.calls
    assert carried_by(stray, stand_ins) == []


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@EACH_CLASS
def test_a_request_made_of_the_parts_of_another_takes_nothing_elsewhere(
    method: Method, library: Any, stand_ins: StandIns
) -> None:
    service, foreign = ours_and_other(method, stand_ins)
    with library.Client(follow_redirects=True) as client:
        sent = client.build_request("GET", method.url)
        client.send(sent, auth=method.make(stand_ins).auth)
        service.redirect(foreign_url(method), status=307)
        parts = {"headers": sent.headers, "extensions": sent.extensions}
        client.send(library.Request("GET", sent.url, **parts), auth=None)
    [stray] = foreign.calls
    assert carried_by(stray, stand_ins) == []
