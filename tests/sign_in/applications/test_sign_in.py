"""examples/sign_in_flask.py and sign_in_fastapi.py: a person signs in with a browser, and stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from dtz_dastra_auth.testing import StandIns
from sign_in.applications.apps import Application, prepared
from sign_in.applications.services import DastraStandIns, OidcProvider, SignInService
from sign_in.browser import LOGIN, PASSWORD

#: How many pages are loaded at once, and how often access tokens end meanwhile.
AT_ONCE, ROUNDS = 8, 3
#: Seconds; what is revoked may be taken for as long as an access token lives.
PATIENCE, LOOK = 30.0, 0.2
LOAD_AT_ONCE = """
async (number) => Promise.all(Array.from({length: number}, async () => {
    const answer = await fetch('/');
    return [answer.status, await answer.text()];
}))
"""


class Scene(NamedTuple):
    """An application that runs, and where one signs in for it."""

    application: Application
    service: SignInService


@pytest.fixture(scope="module", params=["oidc-provider", "stand-ins"])
def scene(
    request: pytest.FixtureRequest, program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Run an application beside a service."""
    with prepared(program, tmp_path_factory.mktemp(program)) as application:
        service: SignInService
        if request.param == "stand-ins":
            stand_ins: StandIns = request.getfixturevalue("_dtz_dastra_auth_running")
            stand_ins.reset()
            service = DastraStandIns(stand_ins)
        else:
            server = request.getfixturevalue("trusted")
            service = OidcProvider(server, application)
        with application.running(service.environment, **service.settings):
            yield Scene(application, service)


def fill_in(page: Page, scene: Scene) -> None:
    """Sign in on the service's page, which is open."""
    assert page.url.startswith(scene.service.authorization_url.partition("/connect")[0])
    page.locator(LOGIN).fill(scene.service.person.login)
    page.locator(PASSWORD).fill(scene.service.person.password)
    page.locator(PASSWORD).press("Enter")
    page.wait_for_url(f"{scene.application.origin}/")


def sign_in(page: Page, scene: Scene) -> None:
    """Go to the application, and sign in where its link leads."""
    page.goto(scene.application.origin)
    page.get_by_role("link", name="Sign in").click()
    fill_in(page, scene)


def listed(page: Page) -> list[str]:
    return page.get_by_role("listitem").all_inner_texts()


def test_a_person_signs_in_and_sees_their_workspaces(scene: Scene, page: Page) -> None:
    sign_in(page, scene)
    assert listed(page) == [scene.service.label]


def test_nothing_of_the_sign_in_stays_in_the_address_bar(scene: Scene, page: Page) -> None:
    sign_in(page, scene)
    assert page.url == f"{scene.application.origin}/"
    assert page.go_back() is not None
    assert "code=" not in page.url


def test_the_person_stays_signed_in_while_tokens_end_and_no_refresh_token_is_refused(
    scene: Scene, page: Page
) -> None:
    sign_in(page, scene)
    before, refused = scene.service.renewals(), scene.service.refusals()
    tab = page.context.new_page()
    for _ in range(ROUNDS):
        scene.service.let_access_tokens_end()
        answers = page.evaluate(LOAD_AT_ONCE, AT_ONCE)
        assert [status for status, _ in answers] == [200] * AT_ONCE
        assert all(f"<li>{scene.service.label}</li>" in text for _, text in answers)
        tab.goto(scene.application.origin)
        assert listed(tab) == [scene.service.label]
    assert scene.service.renewals() - before >= ROUNDS
    assert scene.service.refusals() == refused


def test_whose_sign_in_was_revoked_is_led_to_the_service_and_can_sign_in_again(
    scene: Scene, page: Page
) -> None:
    sign_in(page, scene)
    scene.service.revoke(scene.application)
    end = time.monotonic() + PATIENCE
    while page.url.startswith(scene.application.origin) and time.monotonic() < end:
        time.sleep(LOOK)
        page.goto(scene.application.origin)
    fill_in(page, scene)
    assert listed(page) == [scene.service.label]


def test_who_signs_out_is_offered_to_sign_in_and_nothing_is_kept_of_them(
    scene: Scene, page: Page
) -> None:
    sign_in(page, scene)
    kept = scene.application.kept()[-1]
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").is_visible()
    assert page.url == f"{scene.application.origin}/"
    assert kept not in scene.application.kept()
