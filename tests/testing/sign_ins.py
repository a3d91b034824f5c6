"""What a browser and a web application do between them when a person signs in."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from dtz_dastra_auth.testing import StandIns
from rfc7636 import CHALLENGE

REDIRECT_URI = "http://localhost:5000/callback"
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def with_query(url: str, fields: dict[str, str | None]) -> str:
    """Give an address with those fields that have a value."""
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    return f"{url}?{query}"


def sent_back(answer: httpx.Response, to: str = REDIRECT_URI) -> dict[str, str]:
    """Give what an answer sends a browser back to an application with."""
    assert answer.status_code == 302
    address, _, query = answer.headers["Location"].partition("?")
    assert address == to
    return dict(parse_qsl(query, strict_parsing=True))


def stays(answer: httpx.Response, status: int) -> bool:
    """Say whether an answer is a page of that status, from which nothing leads away."""
    is_page = answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return is_page and answer.status_code == status and "Location" not in answer.headers


def host_of(answer: httpx.Response) -> str:
    return urlsplit(answer.headers["Location"]).netloc


@contextmanager
def past_the_proxy(services: StandIns) -> Iterator[httpx.Client]:
    """Give a client that calls the stand-ins at their origins."""
    trust = ssl.create_default_context(cafile=services.ca_file)
    with httpx.Client(verify=trust, trust_env=False) as client:
        yield client
