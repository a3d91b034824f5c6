"""A person at a browser, who signs in for a web application.

    with chromium() as browser, person_at(browser) as page:
        sign_in(page, f"{application}/login")
        assert page.url == f"{application}/"

Playwright runs an event loop in the thread that has the browser: what else needs one there, an
application for instance, runs in another thread or process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from documentation.browser import chromium as chromium
from oidc.server import ADA, Person

#: Milliseconds that a page may take.
PATIENCE = 15_000

LOGIN = "input[name=login], input[name=username]"
PASSWORD = "input[name=password]"
SUBMIT = "button[type=submit], input[type=submit], form button:not([type])"


class NotSignedInError(Exception):
    """The server did not send the person back; the message is what its page says instead."""


@contextmanager
def person_at(browser: Browser) -> Iterator[Page]:
    """Open a window for a person who is not signed in anywhere, and close it.

    Certificates are not looked at: Chromium knows none of those that tests make, and it finds no
    host but 127.0.0.1.
    """
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()


def sign_in(page: Page, url: str, person: Person = ADA) -> None:
    """Open a page of an application, and sign in where it sends the person to.

    Afterwards the window shows what the application answers to who comes back.

    Args:
        page: The window.
        url: A page of the application for which one has to be signed in.
        person: Who signs in, in a form with a field `login` or `username` and one `password`.

    Raises:
        NotSignedInError: The page with the form is still there.
    """
    page.goto(url)
    page.locator(LOGIN).fill(person.login)
    page.locator(PASSWORD).fill(person.password)
    with page.expect_navigation(url=lambda _: True):
        page.locator(SUBMIT).first.click()
    if page.locator(PASSWORD).count():
        raise NotSignedInError(page.locator("body").inner_text())
