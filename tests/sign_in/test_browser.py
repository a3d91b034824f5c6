"""That a person at a browser can sign in for an application, whatever serves it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from oidc import persons
from oidc.server import ADA, AuthorizationServer
from sign_in.browser import NotSignedInError, sign_in

VERIFIER = "codeVerifier1" * 4
FORM = b"""<form action="/callback"><input name="username"><input name="password" type="password">
<input type="submit"></form>"""


class Application(ThreadingHTTPServer):
    """An application that sends who comes to it elsewhere, and shows whom it gets back.

    Attributes:
        elsewhere: Where it sends them.
    """

    elsewhere = "/form"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """One answer of it."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Application)
        path, _, query = self.path.partition("?")
        self.send_response(302 if path == "/" else 200)
        self.send_header("Location", self.server.elsewhere)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(FORM if path == "/form" else f"<p>{query}</p>".encode())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name
        """Say nothing: standard error is the tests'."""


@contextmanager
def served() -> Iterator[Application]:
    with Application(("127.0.0.1", 0), Answer) as application:
        thread = threading.Thread(target=application.serve_forever)
        thread.start()
        try:
            yield application
        finally:
            application.shutdown()
            thread.join()


@pytest.fixture
def application(trusted: AuthorizationServer) -> Iterator[Application]:
    """Run an application that is registered at the server; what it is there is not kept."""
    with served() as application:
        callback = f"{application.origin}/callback"
        client = trusted.register([callback])
        application.elsewhere = persons.authorization_url(
            trusted,
            client,
            redirect_uri=callback,
            state="state1",
            code_challenge=persons.challenge(VERIFIER),
        )
        yield application


def test_who_signs_in_at_the_server_comes_back_with_a_code(
    application: Application, page: Page
) -> None:
    sign_in(page, application.origin)
    query = parse_qs(urlsplit(page.url).query)
    assert page.url.startswith(f"{application.origin}/callback?")
    assert query["state"] == ["state1"]
    assert query["code"][0] in page.locator("p").inner_text()


def test_a_browser_and_plain_requests_are_sent_back_to_the_same_place(
    application: Application, page: Page, trusted: AuthorizationServer
) -> None:
    sign_in(page, application.origin)
    callback = f"{application.origin}/callback"
    other = persons.sign_in(trusted, application.elsewhere, callback)
    mine, theirs = urlsplit(page.url), urlsplit(other)
    assert (mine.netloc, mine.path) == (theirs.netloc, theirs.path)
    assert parse_qs(mine.query).keys() == parse_qs(theirs.query).keys() == {"code", "state", "iss"}


def test_a_wrong_password_leaves_the_person_at_the_server(
    application: Application, page: Page
) -> None:
    with pytest.raises(NotSignedInError, match="Wrong login or password"):
        sign_in(page, application.origin, replace(ADA, password="wrongPassword1"))


def test_a_form_with_a_username_is_filled_in_too(page: Page) -> None:
    with served() as application:
        sign_in(page, application.origin)
        query = parse_qs(urlsplit(page.url).query)
    assert query == {"username": [ADA.login], "password": [ADA.password]}
