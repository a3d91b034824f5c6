"""The HTML of the site: every link leads somewhere, and both languages have the same pages."""

import re
from collections import Counter
from pathlib import Path

import pytest

from documentation.site import LANGUAGES, SITE, Page, is_elsewhere, pages

pytestmark = pytest.mark.parametrize("language", LANGUAGES)

_ELSEWHERE_IN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^'\")\s]+")


def test_every_link_inside_leads_to_something(language: str) -> None:
    everything = {page.path: page for each in LANGUAGES for page in pages(each).values()}
    dead = []
    for page in pages(language).values():
        for link in page.links:
            if is_elsewhere(link):
                continue
            path, fragment = page.target(link)
            target = everything.get(path)
            if not (SITE / path).is_file() or (fragment and target and fragment not in target.ids):
                dead.append(f"{page.path}: {link}")
        # A link to the page that it is on was meant to lead to another one.
        own = page.html.select("article a[href='#']")
        dead += [f"{page.path}: {link.get_text()} leads to itself" for link in own]
    assert not dead, "\n".join(dead)


def test_no_id_is_there_twice(language: str) -> None:
    twice = [
        f"{page.path}: {each}, {count} times"
        for page in pages(language).values()
        for each, count in Counter(page.ids).items()
        if count > 1
    ]
    assert not twice, "\n".join(twice)


def test_every_page_says_what_it_is(language: str) -> None:
    faults = []
    for page in pages(language).values():
        titles = [" ".join(title.get_text().split()) for title in page.html.select("head > title")]
        if page.html.html is None or page.html.html.get("lang") != language:
            faults.append(f"{page.path} is in another language")
        if len(titles) != 1 or not titles[0]:
            faults.append(f"{page.path} has the titles {titles}")
        if len(page.html.find_all("h1")) != 1:
            faults.append(f"{page.path} has {len(page.html.find_all('h1'))} h1")
    assert not faults, "\n".join(faults)


def test_every_picture_says_what_it_shows(language: str) -> None:
    # Where the author says nothing, Sphinx says the name of the file.
    silent = [
        f"{page.path}: {picture.get('src')}"
        for page in pages(language).values()
        for picture in page.html.find_all("img")
        if (alt := str(picture.get("alt", "")).strip()) in {"", str(picture.get("src"))}
        or Path(alt).suffix in {".svg", ".png"}
    ]
    assert not silent, "\n".join(silent)


def test_a_picture_for_light_has_one_for_dark_beside_it(language: str) -> None:
    faults = []
    for page in pages(language).values():
        light, dark = (len(page.html.select(f".only-{theme}")) for theme in ("light", "dark"))
        if light != dark:
            faults.append(f"{page.path}: {light} for light, {dark} for dark")
    assert not faults, "\n".join(faults)


def test_nothing_is_loaded_from_elsewhere(language: str) -> None:
    loaded = [
        f"{page.path}: {link}"
        for page in pages(language).values()
        for link in page.loaded
        if is_elsewhere(link) and not link.startswith("data:")
    ]
    styles = [
        f"{file.relative_to(SITE)}: {found}"
        for file in sorted((SITE / language).rglob("*"))
        if file.suffix in {".css", ".html"}
        for found in _ELSEWHERE_IN_STYLE.findall(file.read_text(encoding="utf-8"))
    ]
    assert not loaded + styles, "\n".join(loaded + styles)


def test_the_language_switch_leads_to_the_same_page(language: str) -> None:
    assert pages(language).keys() == pages(_other(language)).keys()
    faults = []
    for page in pages(language).values():
        switch = {
            str(link["hreflang"]): page.target(str(link["href"]))[0]
            for link in page.html.select("nav.languages a")
        }
        if switch != {each: pages(each)[page.name].path for each in LANGUAGES}:
            faults.append(f"{page.path}: {switch}")
        if [str(each["hreflang"]) for each in page.html.select("a[aria-current]")] != [language]:
            faults.append(f"{page.path} does not say which of them is read")
    assert not faults, "\n".join(faults)


def test_both_languages_have_the_same_code(language: str) -> None:
    twins = pages(_other(language))
    different = [
        f"{page.path}: {len(page.blocks)} blocks, and {len(twins[page.name].blocks)} in its twin"
        for page in pages(language).values()
        if len(page.blocks) != len(twins[page.name].blocks)
    ]
    assert not different, "\n".join(different)


def test_the_page_at_the_root_leads_to_it(language: str) -> None:
    assert pages(language)["index"].path in Page("index.html").links


def _other(language: str) -> str:
    (other,) = set(LANGUAGES) - {language}
    return other
