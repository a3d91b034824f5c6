"""A credential in a header does not follow a redirect away from its origins."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import DtzApiKey
from dtz_dastra_auth.testing import StandIns

Connect = Callable[..., Client]
HEADERS = ("Authorization", "X-API-KEY", "Cookie")


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_no_credential_follows_a_redirect_to_another_service(
    method: Method, status: int, connect: Connect, stand_ins: StandIns
) -> None:
    client = connect(method.make(stand_ins).auth, follow_redirects=True)
    services: tuple[Any, Any] = stand_ins.dastra, stand_ins.dtz
    ours, other = services if method.url == DASTRA_URL else services[::-1]
    elsewhere = DTZ_URL if method.url == DASTRA_URL else DASTRA_URL
    ours.redirect(elsewhere, status=status)
    other.answer({}, on="any")
    assert client.get(method.url).status_code == 200
    [stray] = other.requests
    assert [stray.header(name) for name in HEADERS] == [None, None, None]
    assert "apikey-" not in stray.target
    # The next call carries it again.
    assert client.get(method.url).status_code == 200


def test_the_callers_own_trace_is_called_as_before(stand_ins: StandIns) -> None:
    seen: list[str] = []

    def trace(event: str, info: object) -> None:
        seen.append(event)

    auth = DtzApiKey(stand_ins.dtz.api_key)
    with httpx.Client(auth=auth) as client:
        response = client.get(DTZ_URL, extensions={"trace": trace})
    assert response.status_code == 200
    assert "http11.send_request_headers.started" in seen
