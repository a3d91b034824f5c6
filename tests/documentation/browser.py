"""Chromium, and a reader with it: a window, a theme, and a list of what went wrong meanwhile."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

Theme = Literal["light", "dark"]

# Chromium's sandbox does not start as root, which is what containers run as. That it can find
# no host but this one shows what the site needs from elsewhere, even if nobody looked.
_NO_OTHER_HOST = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_ARGUMENTS = ["--no-sandbox", "--no-proxy-server", _NO_OTHER_HOST]
# Milliseconds that something may take to happen; it is waited for, and no longer than it takes.
_PATIENCE = 15_000
_LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that the system has.

    Playwright runs an event loop in the thread that asks for it, from here to the end: nothing
    else in the thread can run one meanwhile.
    """
    program = shutil.which("chromium")
    assert program, "there is no chromium: Debian's package of that name has it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def reader(
    browser: Browser,
    site: str,
    *,
    width: int = 1280,
    theme: Theme = "light",
    locale: str = "en-US",
) -> Iterator[Page]:
    """Open a window for someone who has never been on the site; fail if anything goes wrong."""
    context = browser.new_context(
        base_url=site,
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        locale=locale,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    faults: list[str] = []

    def note(fault: str) -> None:
        faults.append(f"{page.url}: {fault}")

    def request(request: Request) -> None:
        if not request.url.startswith((f"{site}/", "data:", "blob:")):
            note(f"asks for {request.url}")

    def response(response: Response) -> None:
        if not response.ok and response.status != 304:
            note(f"{response.status} for {response.url}")

    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            note(message.text)

    page.on("pageerror", lambda error: note(str(error)))
    page.on("console", console)
    page.on("request", request)
    page.on("response", response)
    try:
        yield page
    finally:
        context.close()
    assert not faults, "\n".join(faults)


def look_at(page: Page, theme: Theme) -> list[str]:
    """Give what is wrong with the look of the page that is open."""
    faults: list[str] = page.evaluate(_LOOK, {"theme": theme})
    return faults
