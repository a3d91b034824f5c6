"""Where a credential may go, against where requests, httpx and httpx2 really dial."""

from collections.abc import Iterator

import pytest
from hypothesis import event, given

from dtz_dastra_auth._origins import Origins
from properties.dial import Switchboard
from properties.dial_ways import WAYS, Way, ways
from properties.effort import effort
from properties.urls import ORIGINS, origins_and_hostile_urls, origins_and_plain_urls

ALLOWED = {text: Origins([text]) for text in ORIGINS}


@pytest.fixture(scope="module")
def opened() -> Iterator[dict[str, Way]]:
    with ways() as opened:
        yield opened


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest, opened: dict[str, Way]) -> Way:
    return opened[request.param]


@effort(2)
@given(origins_and_hostile_urls)
def test_what_is_allowed_is_what_is_dialled(
    switchboard: Switchboard, way: Way, origin_and_url: tuple[str, str]
) -> None:
    origin, url = origin_and_url
    try:
        asked, send = way(url)
    except Exception:
        event("refused by the library")
        return
    if not ALLOWED[origin].allow(asked):
        event("not allowed")
        return

    dialled = switchboard.dialled(send)

    event(f"dialled {len(dialled)}")
    assert set(dialled) <= {ORIGINS[origin]}


@effort(1 / 2)
@given(origins_and_plain_urls)
def test_an_ordinary_url_is_dialled_and_allowed(
    switchboard: Switchboard, way: Way, origin_and_url: tuple[str, str]
) -> None:
    origin, url = origin_and_url
    asked, send = way(url)

    assert switchboard.dialled(send) == [ORIGINS[origin]]
    assert ALLOWED[origin].allow(asked)
