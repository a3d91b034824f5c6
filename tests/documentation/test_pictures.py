"""The pictures of the pages: all there, drawn from what is in their sources now, and safe.

No browser is needed: what has been drawn names what it was drawn from.
"""

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[2] / "docs"
HERE = DOCS / "pictures"
DRAW = runpy.run_path(str(HERE / "draw.py"))
THREATS = ("threat-flows", "threat-barriers")
SVG = "{http://www.w3.org/2000/svg}"
# Bytes, natural width in pixels, and the smallest text in a column of 358 pixels, a phone's.
SIZE, WIDTH, COLUMN, SMALLEST = 60_000, 700, 358, 9.5
CONTRAST = 4.5

_pictures: Callable[[], list[Any]] = DRAW["pictures"]
PICTURES = _pictures()
NAMES = sorted({picture.name for picture in PICTURES})

_NODE = re.compile(r'(?m)^ +(\w+)[\[(]+"([^"]+)"')
_ARROW = re.compile(r'(\w+) (?:-->\|"([^"]+)"\||-\. "([^"]+)" \.-x) (\w+)')
_IMAGE = re.compile(r"(?m)^```\{image\} (?:\.\./)*pictures/(\S+)\n((?::[a-z]+: .+\n)+)```$")
# What is the same in both languages: code, addresses, statuses, a keyword of UML, some words.
_ALIKE = re.compile(
    r"|\d+|https?://\S+|get\(url\)|\[requests\]|\[?httpx,?|httpx2\]|alt"
    r"|API|HTTP|TLS|client|code|endpoint|proxy"
)
_REFERENCE = re.compile(r"url\(\s*['\"]?([^)'\"]*)")

each_picture = pytest.mark.parametrize("picture", PICTURES, ids=lambda each: each.path.name)
each_name = pytest.mark.parametrize("name", NAMES)


def tree_of(picture: Any) -> ElementTree.Element:
    return ElementTree.fromstring(picture.path.read_bytes())  # noqa: S314 - our own files


def words_of(picture: Any) -> list[str]:
    """Give the texts that are seen, line by line, and the two that are read aloud."""
    tree = tree_of(picture)
    seen = {f"{SVG}{name}" for name in ("title", "desc", "text")}
    return ["".join(each.itertext()).strip() for each in tree.iter() if each.tag in seen]


def picture_of(name: str, language: str, theme: str) -> Any:
    [found] = [p for p in PICTURES if (p.name, p.language, p.theme) == (name, language, theme)]
    return found


def arrows_of(source: str) -> list[tuple[str, str]]:
    """Give what stands at the two ends of each arrow of a flow chart."""
    nodes = {name: plain(text) for name, text in _NODE.findall(source)}
    lines = [line.strip() for line in source.splitlines() if "-->" in line or ".-" in line]
    found = [_ARROW.fullmatch(line) for line in lines]
    assert found, "no arrows"
    assert all(found), lines
    return [(nodes[match[1]], nodes[match[4]]) for match in found if match]


def plain(text: str) -> str:
    return text.replace("<br/>", " ").replace("’", "'")


@each_name
def test_a_picture_is_there_in_each_language_and_theme(name: str) -> None:
    expected = {f"{name}-{theme}{end}.svg" for theme in ("light", "dark") for end in ("", ".fr")}
    assert {each.path.name for each in PICTURES if each.name == name} == expected
    assert all((HERE / file).is_file() for file in expected)


def test_no_picture_is_there_that_nothing_draws() -> None:
    assert {path.name for path in HERE.glob("*.svg")} == {each.path.name for each in PICTURES}


@each_picture
def test_a_picture_is_drawn_from_what_its_source_is_now(picture: Any) -> None:
    first = picture.path.read_text(encoding="utf-8").partition("\n")[0]
    assert picture.digest in first, "nox -s pictures draws it anew"


@each_picture
def test_a_picture_is_small_and_can_be_read_on_a_phone(picture: Any) -> None:
    assert picture.path.stat().st_size < SIZE
    width = float(tree_of(picture).attrib["width"])
    assert width <= WIDTH
    font = json.loads(DRAW["SETTINGS"].read_text(encoding="utf-8"))["mermaid"]["fontSize"]
    assert font * min(1, COLUMN / width) >= SMALLEST


@each_picture
def test_a_picture_runs_and_loads_nothing(picture: Any) -> None:
    text = picture.path.read_text(encoding="utf-8")
    assert "@import" not in text
    assert all(target.startswith("#") for target in _REFERENCE.findall(text))
    for element in tree_of(picture).iter():
        assert element.tag.startswith(SVG)
        assert element.tag.removeprefix(SVG) not in {"script", "foreignObject", "image", "use"}
        for name, value in element.attrib.items():
            plain = name.rpartition("}")[2].lower()
            assert not plain.startswith("on"), name
            assert plain not in {"href", "src"} or value.startswith("#"), value


@each_picture
def test_a_picture_has_a_name_and_says_in_words_what_it_shows(picture: Any) -> None:
    tree = tree_of(picture)
    by_id = {each.attrib.get("id"): each for each in tree}
    title = by_id[tree.attrib["aria-labelledby"]]
    description = by_id[tree.attrib["aria-describedby"]]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text
    assert len(description.text or "") > 100


@each_name
@pytest.mark.parametrize("language", ["en", "fr"])
def test_light_and_dark_say_the_same(name: str, language: str) -> None:
    light, dark = (words_of(picture_of(name, language, theme)) for theme in ("light", "dark"))
    assert light == dark


@each_name
def test_the_french_picture_is_in_french(name: str) -> None:
    english, french = (words_of(picture_of(name, language, "light")) for language in ("en", "fr"))
    same = {text for text in english if text in french and not _ALIKE.fullmatch(text)}
    assert same == set()


@each_name
def test_both_languages_draw_the_same_lines(name: str) -> None:
    def skeleton(language: str) -> list[str]:
        source = picture_of(name, language, "light").source.read_text(encoding="utf-8")
        source = re.sub(r"(?m)^ +acc(Title|Descr): .*\n", "", source)
        source = re.sub(r'"[^"]*"', '""', source)
        return re.sub(r"(?m)( as |: |(?<=else )|(?<=alt )).*$", "", source).splitlines()

    assert skeleton("en") == skeleton("fr")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(theme: str) -> None:
    colors = json.loads(DRAW["SETTINGS"].read_text(encoding="utf-8"))["themes"][theme]
    behind = ("background", "primaryColor", "actorBkg", "noteBkgColor", "labelBoxBkgColor")
    texts = [name for name in colors if name.endswith(("TextColor", "textColor", "titleColor"))]
    assert len(texts) > 5
    for text in texts:
        for ground in behind:
            assert contrast(colors[text], colors[ground]) >= CONTRAST, (text, ground)


def contrast(one: str, other: str) -> float:
    """Tell the contrast of two colours as WCAG 2 does."""
    lighter, darker = sorted(map(luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_picture_is_shown_in_both_themes_with_one_alternative_text() -> None:
    shown: dict[str, dict[str, str]] = {}
    for page in sorted(DOCS.rglob("*.md")):
        for file, options in _IMAGE.findall(page.read_text(encoding="utf-8")):
            name, _, theme = file.removesuffix(".svg").rpartition("-")
            assert f":class: only-{theme}\n" in options, (page, file)
            shown.setdefault(name, {})[theme] = options.partition(":alt: ")[2]
    for name, texts in shown.items():
        assert texts.keys() == {"light", "dark"}, name
        assert texts["light"] == texts["dark"] != "", name
    assert shown.keys() == set(NAMES)


def test_the_tables_of_the_threat_model_say_what_its_pictures_show() -> None:
    page = (DOCS / "threat-model.md").read_text(encoding="utf-8")
    part = page.partition("## What is to be kept")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    told = [(row[0], row[1]) for row in rows if row[0] != "from"]
    drawn = [
        (one, other)
        for name in THREATS
        for one, other in arrows_of((HERE / f"{name}.mmd").read_text(encoding="utf-8"))
    ]
    assert len(told) == len(drawn)
    for row, arrow in zip(told, drawn, strict=True):
        # Below its name, a picture may say what its owner holds.
        assert all(map(str.startswith, arrow, row)), (row, arrow)
