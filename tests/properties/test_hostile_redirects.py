"""A server that redirects to what only looks like an origin of ours is given nothing."""

from typing import Any

import httpx
import httpx2
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from dtz_dastra_auth import DtzApiKey, DtzBasic, DtzBearer, DtzCookie, DtzQueryKey
from dtz_dastra_auth._auth import Auth
from properties.dial import Origin, Switchboard
from properties.dial_ways import TLS, QuickAdapter, as_location
from properties.effort import effort
from properties.hops import CALLS
from properties.messages import Message, Sent
from properties.urls import ORIGINS, origins_and_hostile_urls

# No URL that the library could follow.
NOT_FOLLOWED = (
    *(requests.RequestException, httpx.HTTPError, httpx2.HTTPError),
    *(httpx.InvalidURL, httpx2.InvalidURL, ValueError),
)

CALL = Message("GET", "/v1/me", (), None)

# The last is base64 of apikey:apikey-4a7f.
SECRETS = ("apikey-4a7f", "jwt-4a7f", "YXBpa2V5OmFwaWtleS00YTdm")


def auths(origin: str) -> dict[str, Auth]:
    options: Any = {"origins": [origin]}
    return {
        "header": DtzApiKey("apikey-4a7f", **options),
        "bearer": DtzBearer("jwt-4a7f", **options),
        "basic": DtzBasic("apikey", "apikey-4a7f", **options),
        "cookie": DtzCookie("jwt-4a7f", **options),
        "query": DtzQueryKey("apikey-4a7f", **options),
    }


AUTHS = {origin: auths(origin) for origin in ORIGINS}


def dial(request: Any) -> None:
    """Send a request as the library's own transport does."""
    if isinstance(request, requests.PreparedRequest):
        QuickAdapter().send(request, verify=False)
        return
    library: Any = httpx if isinstance(request, httpx.Request) else httpx2
    with library.HTTPTransport(verify=TLS) as transport:
        transport.handle_request(request)


def has_a_credential(sent: Sent) -> bool:
    said = "\n".join((*map(str, sent.target), *(str(value) for _, value in sent.headers)))
    return any(secret in said for secret in SECRETS)


@pytest.mark.parametrize("client", CALLS)
@effort(3)
@given(
    origins_and_hostile_urls,
    st.sampled_from(("header", "bearer", "basic", "cookie", "query")),
    st.sampled_from((301, 302, 303, 307, 308)),
)
def test_a_credential_follows_a_redirect_to_its_own_origin_alone(
    switchboard: Switchboard, client: str, origin_and_url: tuple[str, str], name: str, status: int
) -> None:
    origin, location = origin_and_url
    dialled: list[Origin] = []

    def server(number: int, request: Any) -> tuple[int, list[tuple[str, bytes]]]:
        if number == 0:
            return status, [("Location", as_location(location))]
        dialled.extend(switchboard.dialled(lambda: dial(request)))
        return 200, []

    try:
        hops = CALLS[client](server, AUTHS[origin][name], f"{origin}/v1/me", CALL, ())
    except NOT_FOLLOWED:
        return

    if len(hops.sent) > 1 and has_a_credential(hops.sent[1]):
        assert set(dialled) <= {ORIGINS[origin]}


@pytest.mark.parametrize("client", CALLS)
def test_a_credential_is_seen_here_where_it_is_sent(client: str) -> None:
    for origin in ORIGINS:
        for auth in AUTHS[origin].values():
            hops = CALLS[client](lambda *_: (200, []), auth, f"{origin}/v1/me", CALL, ())

            assert has_a_credential(hops.sent[0])
