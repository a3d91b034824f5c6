"""Where a credential may go, against parsers that are not ours."""

import ipaddress
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from dtz_dastra_auth import ConfigurationError
from dtz_dastra_auth._origins import Origins
from properties.effort import effort
from properties.parsers import PARSERS, by_ada
from properties.urls import (
    ORIGINS,
    any_hostile_url,
    ordinary_urls,
    origins,
    origins_and_hostile_urls,
    origins_and_ordinary_urls,
)

ALLOWED = {text: Origins([text]) for text in ORIGINS}


def _prepared(url: str) -> str:
    prepared = requests.Request("GET", url).prepare().url
    assert prepared is not None
    return prepared


# What the auth object is asked about in each library.
KINDS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "requests": _prepared,
    "httpx": httpx.URL,
    "httpx2": httpx2.URL,
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)

NOT_A_URL = (requests.RequestException, httpx.InvalidURL, httpx2.InvalidURL, ValueError)


@kinds
@effort(3)
@given(origins_and_hostile_urls)
def test_what_is_allowed_is_the_same_origin_to_any_parser(
    kind: Callable[[str], Any], origin_and_url: tuple[str, str]
) -> None:
    origin, text = origin_and_url
    try:
        url = kind(text)
    except NOT_A_URL:
        return

    if ALLOWED[origin].allow(url):
        read = {name: parse(str(url)) for name, parse in PARSERS.items()}
        assert read == dict.fromkeys(PARSERS, ORIGINS[origin])


@kinds
@given(origins_and_ordinary_urls)
def test_every_ordinary_url_of_an_origin_is_allowed(
    kind: Callable[[str], Any], origin_and_url: tuple[str, str]
) -> None:
    origin, text = origin_and_url
    # requests and the others make ASCII of an international name; a text has it already.
    url = kind(text) if kind is not str else str(httpx.URL(text))

    assert ALLOWED[origin].allow(url)


@kinds
@given(st.data())
def test_an_ordinary_url_of_another_origin_is_not_allowed(
    kind: Callable[[str], Any], data: st.DataObject
) -> None:
    origin, other = data.draw(st.lists(origins, min_size=2, max_size=2, unique=True))
    url = kind(data.draw(ordinary_urls[other]))

    assert not ALLOWED[origin].allow(url)


def _made(text: str) -> Origins | None:
    try:
        return Origins([text])
    except ConfigurationError:
        return None


def _refused(text: str) -> ConfigurationError | None:
    try:
        Origins([text])
    except ConfigurationError as error:
        return error
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


anything = st.text() | any_hostile_url | st.text(max_size=9).map("https://{}".format)


@kinds
@effort(3)
@given(anything)
def test_what_is_taken_as_an_origin_is_one_that_its_own_url_belongs_to(
    kind: Callable[[str], Any], text: str
) -> None:
    made = _made(text)
    if made is None:
        return

    parsed = by_ada(text)
    assert parsed is not None
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    url = f"{parsed.scheme}://{host}:{parsed.port}"
    assert made.allow(kind(url))
    assert made == Origins([url])


@effort(3)
@given(anything)
def test_what_is_taken_as_an_origin_is_https_or_on_this_machine(text: str) -> None:
    made = _made(text)
    if made is None:
        return

    parsed = by_ada(text)
    assert parsed is not None
    assert parsed.scheme == "https" or (parsed.scheme == "http" and _is_loopback(parsed.host))


@effort(3)
@given(anything)
def test_what_is_refused_as_an_origin_is_not_shown_in_the_error(text: str) -> None:
    error = _refused(f"{text}hunter2rabbit")
    if error is None:
        return

    assert "hunter2rabbit" not in repr(error)
    assert (error.__context__, error.__cause__) == (None, None)
