"""Applications that run, and who visits them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from sign_in.applications.apps import Application, Visitor, prepared, settings


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
