"""A browser, and an authorization server that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from oidc.server import AuthorizationServer, serve, trusting
from sign_in.browser import chromium, person_at


@pytest.fixture(scope="session")
def authorization_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorizationServer]:
    """Run the server for as long as the tests run."""
    with serve(tmp_path_factory.mktemp("oidc")) as server:
        yield server


@pytest.fixture(scope="module")
def trusted(authorization_server: AuthorizationServer) -> Iterator[AuthorizationServer]:
    """Return the server, trusted by every client that a test of the module makes."""
    with trusting(authorization_server):
        yield authorization_server


# Of a module, since other tests need an event loop where Playwright has its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a window for a person who is not signed in anywhere."""
    with person_at(browser) as page:
        yield page
