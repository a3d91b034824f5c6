"""The French texts say what the English ones do: nothing is missing, and no code is changed."""

import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CATALOGS = runpy.run_path(str(DOCS / "catalogs.py"))
FRENCH: Path = CATALOGS["FRENCH"]
ENGLISH: tuple[str, ...] = CATALOGS["ENGLISH"]
PAGES = sorted(
    page
    for path in DOCS.rglob("*.md")
    if not (page := path.relative_to(DOCS).with_suffix("").as_posix()).startswith(
        (*ENGLISH, "_build/")
    )
)

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"\]\(([^)]+)\)|<(https?://[^>]+)>")
_ROLE = re.compile(r"(?P<role>\{[a-z:]+\})`(?:[^`<]+ <)?(?P<target>[^`>]+)>?`")
_BLOCK = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
# A French reader sees these as mistakes: no space, or one that can break, before double signs.
_TYPOGRAPHY = re.compile(
    r"[a-zàâçéèêëîïôûùœ)»] ?[;!?](?:\s|$)|[a-zàâçéèêëîïôûùœ)»] ?:\s|\"\w[^\"]*\""
)


def messages(page: str) -> Iterator[Message]:
    """Give what the catalog of a page holds."""
    with (FRENCH / f"{page}.po").open("rb") as file:
        yield from (message for message in read_po(file, locale="fr") if message.id)


def kept(text: str) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Give what a translation must not change: code, the targets of links, and roles."""
    roles = Counter(_ROLE.findall(text))
    text = _ROLE.sub("", text)
    code = Counter(match[2] for match in _CODE.finditer(text))
    links = Counter(match[1] or match[2] for match in _LINK.finditer(text))
    return code, links, roles


@pytest.mark.parametrize("page", PAGES)
def test_every_message_of_a_page_is_translated(page: str) -> None:
    left = [each.id for each in messages(page) if not each.string or each.fuzzy]
    assert left == []


@pytest.mark.parametrize("page", PAGES)
def test_a_translation_keeps_code_links_and_roles(page: str) -> None:
    changed = [m.id for m in messages(page) if kept(str(m.id)) != kept(str(m.string))]
    assert changed == []


@pytest.mark.parametrize("page", PAGES)
def test_a_translation_is_french_to_the_eye(page: str) -> None:
    prose = (_CODE.sub("x", str(message.string)) for message in messages(page))
    found = [match[0] for text in prose for match in _TYPOGRAPHY.finditer(_LINK.sub("](x)", text))]
    assert found == []


def test_a_page_is_no_copy_of_the_english_one() -> None:
    for page in PAGES:
        same = [_CODE.sub("", str(m.id)) for m in messages(page) if m.id == m.string]
        # Names, numbers and code are the same in both.
        assert [text for text in same if len(re.findall(r"(?<!\S)[a-z]+(?!\S)", text)) > 3] == []


def outline(text: str) -> list[str]:
    """Give a text's headings by their level, its blocks by language, and the width of its rows."""
    shape = []
    for block in re.split(r"(?ms)^(```.*?^```)$", text):
        if block.startswith("```"):
            shape.append(block.partition("\n")[0])
        else:
            shape += re.findall(r"(?m)^(#+|\|.*|- )", block)
    return [f"| {_CODE.sub('', each).count('|')}" if each[0] == "|" else each for each in shape]


README, LISEZ_MOI = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.fr.md")
)


def test_both_readmes_have_the_same_shape() -> None:
    assert outline(LISEZ_MOI) == outline(README)


def test_both_readmes_have_the_same_code() -> None:
    def without_comments(text: str) -> list[str]:
        return [re.sub(r" *#.*", "", block) for _, block in _BLOCK.findall(text)]

    assert without_comments(LISEZ_MOI) == without_comments(README)


def test_both_readmes_name_the_same_things() -> None:
    # Each leads to the other.
    english = README.replace("(README.fr.md)", "()")
    french = LISEZ_MOI.replace("(README.md)", "()")
    english, french = (_BLOCK.sub("", each) for each in (english, french))
    code, links, _ = kept(english)
    code_here, links_here, _ = kept(french)
    assert set(code_here) == set(code)
    leads = {link for link in links if not link.startswith("#")}
    assert {link for link in links_here if not link.startswith("#")} == leads
    assert inside(links_here) == inside(links)


def inside(links: Counter[str]) -> int:
    """Count the links to a text's own sections, which are named in its language."""
    return sum(number for link, number in links.items() if link.startswith("#"))
