"""pystac-client, whose `request_modifier` is given requests that are not prepared."""

import logging
from collections.abc import Callable, Iterator

import pytest
import requests
from pystac_client.exceptions import APIError

from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from tools.services.main.use_pystac_client import items

pytestmark = pytest.mark.tool(
    "pystac-client",
    package="pystac-client",
    how="`Client.open(url, request_modifier=auth)`",
    mind="The object is given each request before it is prepared, and called again when it is. "
    "pystac-client logs all headers at DEBUG: the credential shows as `***`. Links may lead to "
    "other hosts; the credential does not go along.",
)

ROOT = "https://api.dastra.eu/stac"
LANDING = {
    "type": "Catalog",
    "stac_version": "1.0.0",
    "id": "stand-in",
    "description": "a small catalogue",
    "conformsTo": [
        "https://api.stacspec.org/v1.0.0/core",
        "https://api.stacspec.org/v1.0.0/item-search",
    ],
    "links": [
        {"rel": "self", "href": ROOT},
        {
            "rel": "search",
            "href": f"{ROOT}/search",
            "type": "application/geo+json",
            "method": "POST",
        },
    ],
}


@pytest.fixture(autouse=True)
def sessions_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what pystac-client leaves to the garbage collector."""
    sessions: list[requests.Session] = []

    class Session(requests.Session):
        def __init__(self) -> None:
            super().__init__()
            sessions.append(self)

    monkeypatch.setattr("pystac_client.stac_api_io.Session", Session)
    yield
    for session in sessions:
        session.close()


def page(name: str, *links: dict[str, object]) -> dict[str, object]:
    item: dict[str, object] = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "properties": {"datetime": "2026-01-01T00:00:00Z"},
        "links": [],
        "assets": {},
    }
    return {"type": "FeatureCollection", "features": [item], "links": links}


def next_page(href: str) -> dict[str, object]:
    return {"rel": "next", "href": href, "method": "POST", "body": {"page": 2}}


def answer_search(dastra: DastraStandIn, *pages: dict[str, object]) -> None:
    dastra.answer(LANDING, on=lambda call: call.path == "/stac")
    for each in pages:
        dastra.answer(each, on=lambda call: call.path == "/stac/search")


def test_all_pages_of_a_search_share_one_token(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_search(dastra, page("first", next_page(f"{ROOT}/search")), page("second"))
    assert items() == ["first", "second"]
    assert [call.method for call in dastra.calls] == ["GET", "POST", "POST"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_no_credential_goes_where_a_link_leads_that_is_no_origin(
    dastra: DastraStandIn, dtz: DtzStandIn, bears_token: Callable[[], bool]
) -> None:
    answer_search(dastra, page("first", next_page("https://api.dtz.rocks/v1/echo")))
    with pytest.raises(APIError):
        items()
    assert bears_token()
    (call,) = dtz.calls
    assert call.method == "POST"
    assert call.header("Authorization") is None


def test_a_page_that_meets_a_401_is_asked_for_again(dastra: DastraStandIn) -> None:
    answer_search(dastra)
    dastra.fail(401, on=lambda call: call.path == "/stac/search")
    dastra.answer(page("first"), on=lambda call: call.path == "/stac/search")
    assert items() == ["first"]
    _, refused, repeated = dastra.calls
    assert (refused.status, repeated.status) == (401, 200)
    assert repeated.body == refused.body


def test_the_headers_that_it_logs_do_not_show_the_credential(
    dastra: DastraStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pystac_client")
    answer_search(dastra, page("first"))
    items()
    (token,) = dastra.tokens_in_force
    assert "'Authorization': '***'" in caplog.text
    assert token not in caplog.text
