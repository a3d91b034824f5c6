"""Request bodies of 10 MB that meet a 401, in every client."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

import clients
from clients import Client
from clock import FakeClock
from dtz_dastra_auth import DastraClientCredentials
from dtz_dastra_auth.testing import DastraStandIn
from faults.scene import ECHO, URL, bounded
from faults.table_bodies import BODIES, CANNOT, REPLAYED, Body

Connect = Callable[..., Client]
CELLS = [(body, kind) for kind in clients.KINDS for body in BODIES]
SENT = [(body, kind) for body, kind in CELLS if body.then(kind) != CANNOT]
NOT_SENT = [(body, kind) for body, kind in CELLS if body.then(kind) == CANNOT]


def parametrize(cells: list[tuple[Body, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("body", "kind"), cells, ids=lambda part: getattr(part, "name", part)
    )


def post(client: Client, body: Body) -> Any:
    """Send a body, and close what it was read from."""
    options = body.options()
    try:
        return bounded(lambda: client.request("POST", ECHO, **options))
    finally:
        for source in sources(options):
            source.close()


def sources(options: dict[str, Any]) -> Iterator[Any]:
    given = [options.get("content"), *(file for _, file in options.get("files", {}).values())]
    yield from (each for each in given if hasattr(each, "read"))


@parametrize(SENT)
def test_what_the_server_stores_is_what_was_sent_or_the_caller_has_the_401(
    body: Body,
    auth: DastraClientCredentials,
    connect: Connect,
    kind: str,
    dastra: DastraStandIn,
    clock: FakeClock,
) -> None:
    client = connect(auth, timeout=30.0)
    client.get(URL)
    clock.advance(10)
    dastra.expire_tokens()
    dastra.clear_log()
    response = post(client, body)
    arrived = [call.body for call in dastra.calls]
    # However often it was sent: each time all of it, and the same all the time.
    for each in arrived:
        assert body.content in each if body.form else each == body.content
    assert len(set(arrived)) == 1
    if body.then(kind) == REPLAYED:
        assert (response.status_code, len(arrived)) == (200, 2)
        assert response.json()["length"] == len(arrived[0])
    else:
        assert (response.status_code, len(arrived)) == (401, 1)
    # The next call has a new token, whether or not this one was replayed.
    assert client.get(URL).status_code == 200
    assert len(dastra.token_requests) == 1


@parametrize(NOT_SENT)
def test_what_a_client_cannot_send_it_cannot_send_without_any_auth_either(
    body: Body, connect: Connect, kind: str, dastra: DastraStandIn
) -> None:
    client = connect(None, timeout=30.0)
    headers = {"X-API-KEY": dastra.private_key}
    options = body.options()
    options["headers"] = {**headers, **options.get("headers", {})}
    response = None
    # Each library has its own errors for this, and they are no part of ours.
    with suppress(Exception):
        response = bounded(lambda: client.request("POST", ECHO, **options))
    for source in sources(options):
        source.close()
    assert response is None
    assert dastra.calls == []
