"""Applications that run, and a browser.

Everything is imported where it is needed: most tests of this directory need neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from dtz_dastra_auth.testing import DastraStandIn, StandIns
    from oidc.server import AuthorizationServer
    from sign_in.applications.apps import Application, Visitor


@pytest.fixture(scope="module", params=["sign_in_flask", "sign_in_fastapi"])
def program(request: pytest.FixtureRequest) -> str:
    """Name an application; a test that takes this runs once for each."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def application(
    program: str, _dtz_dastra_auth_running: StandIns, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """Run an application which finds the stand-ins at the real services' names."""
    from sign_in.applications.apps import prepared, settings

    services = _dtz_dastra_auth_running
    with (
        prepared(program, tmp_path_factory.mktemp(program)) as application,
        application.running(services.environment, **settings(services.dastra)),
    ):
        yield application


@pytest.fixture
def visitor(application: Application, dastra: DastraStandIn) -> Visitor:
    """Send somebody who has not been there yet."""
    return application.visitor()


@pytest.fixture(scope="module")
def authorization_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorizationServer]:
    """Run oidc-provider, trusted by every client that is made meanwhile."""
    from oidc.server import serve, trusting

    with serve(tmp_path_factory.mktemp("oidc")) as server, trusting(server):
        yield server


# Of a module, since other tests need an event loop where Playwright has its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    from sign_in.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a window for a person who is not signed in anywhere."""
    from sign_in.browser import person_at

    with person_at(browser) as page:
        yield page
