"""The site as its readers see and use it, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from documentation.browser import Theme, chromium, look_at, reader
from documentation.site import LANGUAGES, pages, serve, written_with

# A desk's and a telephone's.
WIDTHS = (1280, 390)
THEMES: tuple[Theme, ...] = ("light", "dark")
TABBED, SHELL = (written_with(text) for text in (":sync: httpx\n", "```console\n"))
LOOKED_AT = [
    "index",
    "tutorial",
    *TABBED[:1],
    "reference/dastra",
    "shared-tokens",
    "performance",
    "integrations/README",
    "glossary",
]
HOW_TO = "how-to/methods"
NAMES = {"en": "English", "fr": "Français"}
# What is typed into the search box, and what is then in the text.
SOUGHT = {"en": ("origin", "origin"), "fr": ("origine", "origin")}


# Of a module, since other tests need an event loop where Playwright has its own.
@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve() as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def open_menu(page: Page, width: int) -> None:
    """Open the sidebar, which a narrow window has no room for."""
    if width < 1000:
        page.locator(".mobile-header .nav-overlay-icon").click()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_look_right(
    browser: Browser, site: str, width: int, theme: Theme, language: str
) -> None:
    # Every page where there is least room; else those that have one of everything.
    every = (width, theme) == (390, "light")
    wrong = []
    with reader(browser, site, width=width, theme=theme) as page:
        for each in pages(language).values():
            if every or each.name in LOOKED_AT or each.html.select("article img"):
                page.goto(f"/{each.path}")
                wrong += [f"{each.path}: {fault}" for fault in look_at(page, theme)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_tabs_show_the_chosen_client_on_every_page(
    browser: Browser, site: str, language: str, width: int
) -> None:
    label = ".sd-tab-set > label[data-sync-id='httpx']"
    with reader(browser, site, width=width) as page:
        page.goto(f"/{language}/{TABBED[0]}.html")
        shown = page.locator(f"{label} + .sd-tab-content").first
        other = page.locator(".sd-tab-set > label[data-sync-id='requests'] + .sd-tab-content").first
        expect(other).to_be_visible()
        expect(shown).to_be_hidden()
        page.locator(label).first.click()
        expect(shown).to_be_visible()
        expect(other).to_be_hidden()
        for name in TABBED:
            page.goto(f"/{language}/{name}.html")
            contents = page.locator(f"{label} + .sd-tab-content")
            expect(contents).not_to_have_count(0)
            expect(contents.filter(visible=False)).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_search_finds_a_page_with_the_word(
    browser: Browser, site: str, language: str, width: int
) -> None:
    typed, found = SOUGHT[language]
    with reader(browser, site, width=width) as page:
        page.goto(f"/{language}/tutorial.html")
        open_menu(page, width)
        page.locator(".sidebar-drawer input[name='q']").fill(typed)
        page.keyboard.press("Enter")
        first = page.locator("#search-results li a").first
        expect(first).to_be_visible()
        first.click()
        page.wait_for_url(re.compile(rf"/{language}/(?!search\.html)"))
        expect(page.locator("article")).to_contain_text(found, ignore_case=True)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_language_switch_leads_there_and_back(browser: Browser, site: str, width: int) -> None:
    with reader(browser, site, width=width) as page:
        page.goto(f"/en/{HOW_TO}.html")
        for language in ("fr", "en"):
            open_menu(page, width)
            switch = page.locator("nav.languages")
            switch.get_by_role("link", name=NAMES[language]).click()
            page.wait_for_url(f"**/{language}/{HOW_TO}.html")
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(switch.locator("[aria-current]")).to_have_text(NAMES[language])


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_of_pages_shows_where_one_is(browser: Browser, site: str, width: int) -> None:
    with reader(browser, site, width=width) as page:
        for name in ("tutorial", "glossary", "contributing"):
            page.goto(f"/en/{name}.html")
            open_menu(page, width)
            expect(page.locator(".sidebar-tree .current-page > a")).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("name", [*SHELL[:1], "index"])
def test_a_block_is_copied_without_prompts(browser: Browser, site: str, name: str) -> None:
    with reader(browser, site) as page:
        page.goto(f"/en/{name}.html")
        kind = "console" if name in SHELL else "python"
        block = page.locator(f"div.highlight-{kind}:visible").first
        text = block.locator("pre").inner_text()
        page.evaluate("navigator.clipboard.writeText('')")
        block.hover()
        block.get_by_role("button").click()
        copied: str = page.wait_for_function("navigator.clipboard.readText()").json_value()
    commands = re.findall(r"(?m)^\$ (.+)$", text)
    assert bool(commands) == (kind == "console")
    assert copied.strip() == ("\n".join(commands) or text.strip())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_is_the_readers_choice(
    browser: Browser, site: str, theme: Theme, width: int
) -> None:
    chosen: Theme = "light" if theme == "dark" else "dark"
    with reader(browser, site, width=width, theme=theme) as page:
        page.goto("/en/performance.html")
        # From what the system says to the opposite takes one click.
        page.locator(".theme-toggle:visible").click()
        assert look_at(page, chosen) == []
        page.goto("/en/index.html")
        assert look_at(page, chosen) == []


@pytest.mark.parametrize(("locale", "language"), [("fr-FR", "fr"), ("fr", "fr"), ("de-DE", "en")])
def test_the_root_leads_to_the_readers_language(
    browser: Browser, site: str, locale: str, language: str
) -> None:
    with reader(browser, site, locale=locale) as page:
        page.goto("/")
        page.wait_for_url(f"**/{language}/index.html")
        expect(page.locator("html")).to_have_attribute("lang", language)
