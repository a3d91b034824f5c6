"""A guard that only stands by is there as soon as a request is sent elsewhere than it was to go."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
import requests

from clients import Client
from conformance.methods import METHODS, Method
from dtz_dastra_auth import DtzBearer
from dtz_dastra_auth.testing import StandIns
from security.scenes_reuse import hooks, library_of
from security.scenes_wire import (
    CARRIED,
    CLASSES,
    COPIES,
    OF_HTTPX,
    Connect,
    build,
    carried_by,
    credentials_on,
    foreign_url,
    moved,
    named,
    ours_and_other,
)

EACH_CLASS = pytest.mark.parametrize("method", CLASSES, ids=named)
BY_HTTPX = pytest.mark.parametrize("kind", OF_HTTPX)
BY_SESSION = pytest.mark.parametrize("kind", ["requests.Session"])
REDIRECTS = pytest.mark.parametrize("status", [302, 307])


def strays(method: Method, services: StandIns) -> list[list[str]]:
    """Give the secrets of each request that has arrived at the foreign service."""
    _, other = ours_and_other(method, services)
    return [carried_by(stray, services) for stray in other.calls]


def warmed(client: Client, method: Method) -> Client:
    """Have a client make the call that gets the token: the next one has it at hand."""
    assert client.get(method.url).status_code == 200
    return client


# Hooks of a client of httpx

Rewrite = Callable[[Any, Any], None]


def by_text(request: Any, there: Any) -> None:
    request.url = there


def by_its_host(request: Any, there: Any) -> None:
    request.url = request.url.copy_with(host=there.host)
    request.headers["Host"] = there.host


REWRITES: dict[str, Rewrite] = {"the whole URL": by_text, "the host": by_its_host}


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
@EACH_CLASS
@BY_HTTPX
def test_a_hook_that_sends_a_request_elsewhere_sends_no_credential_there(
    kind: str, method: Method, rewrite: Rewrite, connect: Connect, stand_ins: StandIns
) -> None:
    auth = method.make(stand_ins).auth
    warmed(connect(auth), method)
    there = library_of(kind).URL(foreign_url(method))
    client = connect(auth, **hooks(kind, lambda request: rewrite(request, there)))
    client.get(method.url)
    assert strays(method, stand_ins) == [[]]


@EACH_CLASS
@BY_HTTPX
def test_a_hook_that_moves_a_request_inside_its_origin_leaves_the_credential_on(
    kind: str, method: Method, connect: Connect, stand_ins: StandIns
) -> None:
    def move(request: Any) -> None:
        request.url = request.url.copy_with(path="/v1/echo")

    auth = method.make(stand_ins).auth
    warmed(connect(auth), method)
    assert connect(auth, **hooks(kind, move)).get(method.url).status_code == 200
    last = method.calls(stand_ins)[-1]
    assert last.target.startswith("/v1/echo")
    assert carried_by(last, stand_ins) != []


@REDIRECTS
@EACH_CLASS
@BY_HTTPX
def test_headers_that_a_hook_writes_anew_do_not_follow_a_redirect_elsewhere(
    kind: str, method: Method, status: int, connect: Connect, stand_ins: StandIns
) -> None:
    def write(request: Any) -> None:
        request.headers = library_of(kind).Headers({**request.headers, "x-own": "1"})

    auth = method.make(stand_ins).auth
    warmed(connect(auth), method)
    service, _ = ours_and_other(method, stand_ins)
    service.redirect(foreign_url(method), status=status)
    connect(auth, **hooks(kind, write), follow_redirects=True).get(method.url)
    assert method.calls(stand_ins)[-1].header("x-own") == "1"
    assert strays(method, stand_ins) == [[]]


# Prepared requests


@pytest.mark.parametrize("same", [True, False], ids=["the same", "a copy"])
@REDIRECTS
@EACH_CLASS
@BY_SESSION
def test_a_hook_that_sends_a_request_again_has_no_credential_follow_its_redirect_elsewhere(
    method: Method, status: int, same: bool, connect: Connect, stand_ins: StandIns
) -> None:
    service, _ = ours_and_other(method, stand_ins)
    client = warmed(connect(method.make(stand_ins).auth, follow_redirects=True), method)
    tries: list[int] = []

    def again(response: Any, **kwargs: Any) -> Any:
        tries.append(response.status_code)
        if response.status_code != 503:
            return None
        service.redirect(foreign_url(method), status=status)
        request = response.request if same else response.request.copy()
        assert response.content is not None
        return response.connection.send(request, **kwargs)

    service.fail(503)
    client.native.hooks["response"].append(again)
    client.get(method.url)
    assert tries[0] == 503
    assert len(method.calls(stand_ins)) == 3
    assert strays(method, stand_ins) == [[]]


@REDIRECTS
@pytest.mark.parametrize("method", CARRIED, ids=named)
@BY_SESSION
def test_a_hook_that_sends_a_request_again_has_the_credential_follow_inside_its_origin(
    method: Method, status: int, connect: Connect, stand_ins: StandIns
) -> None:
    service, _ = ours_and_other(method, stand_ins)
    client = warmed(connect(method.make(stand_ins).auth, follow_redirects=True), method)

    def again(response: Any, **kwargs: Any) -> Any:
        if response.status_code != 503:
            return None
        service.redirect(moved(method.url), status=status)
        assert response.content is not None
        return response.connection.send(response.request, **kwargs)

    service.fail(503)
    client.native.hooks["response"].append(again)
    assert client.get(method.url).status_code == 200
    *_, first, last = method.calls(stand_ins)
    # What Dastra sets is the jar's.
    assert credentials_on(first).items() <= credentials_on(last).items()


def without_hooks(request: Any) -> Any:
    request.hooks = {}
    return request


@pytest.mark.parametrize("hooked", [True, False], ids=["as it is", "without its hooks"])
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@EACH_CLASS
@BY_SESSION
def test_a_copy_that_another_session_sends_takes_nothing_elsewhere(
    method: Method,
    copied: Callable[[Any], Any],
    hooked: bool,
    connect: Connect,
    stand_ins: StandIns,
) -> None:
    client = warmed(connect(method.make(stand_ins).auth), method)
    twin = copied(build(client, method.url))
    service, _ = ours_and_other(method, stand_ins)
    service.redirect(foreign_url(method))
    with requests.Session() as session:
        session.send(twin if hooked else without_hooks(twin), verify=stand_ins.ca_file)
    assert carried_by(method.calls(stand_ins)[-1], stand_ins) != []
    assert strays(method, stand_ins) == [[]]


@BY_SESSION
def test_a_pickled_request_of_a_function_keeps_the_function_to_itself(
    connect: Connect, stand_ins: StandIns
) -> None:
    [method] = [each for each in METHODS if each.name == "dtz-bearer"]
    token = stand_ins.dtz.make_token()
    # A function of a test cannot be pickled.
    client = connect(DtzBearer(lambda: token))
    twin = pickle.loads(pickle.dumps(build(client, method.url)))
    stand_ins.dtz.redirect(foreign_url(method))
    with requests.Session() as session:
        session.send(twin, verify=stand_ins.ca_file)
    assert strays(method, stand_ins) == [[]]
