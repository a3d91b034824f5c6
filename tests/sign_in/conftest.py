"""A browser, and an authorization server that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from oidc.conftest import authorization_server, trusted
from sign_in.browser import chromium, person_at

__all__ = ["authorization_server", "trusted"]


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
