"""How Sphinx makes the site, in each language: `nox -s docs`."""

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.transforms import i18n

HERE = Path(__file__).parent
ROOT = HERE.parent
# The texts that stand at the root, where people look for them, and the pages that they are here.
FROM_ROOT = {
    "index": "README",
    "security": "SECURITY",
    "contributing": "CONTRIBUTING",
    "changelog": "CHANGELOG",
}
PAGES = {text: page for page, text in FROM_ROOT.items()}

project = "dtz-dastra-auth"
author = "dtz-dastra-auth's authors"
project_copyright = f"2026, {author}"
release = version = version_of("dtz-dastra-auth")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "integrations/results"]
templates_path = ["_templates"]

language = "en"
languages = {"en": "English", "fr": "Français"}
locale_dirs = ["locales"]
gettext_compact = False
gettext_uuid = False
gettext_location = False
figure_language_filename = "{root}.{language}{ext}"

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4
nitpicky = True
# Named and not linked are types of others, since a build asks no network for where they are, and
# two of our own that are no public names: their parameters say in words what they take.
nitpick_ignore_regex = [
    ("py:.*", r"(collections\.abc|contextlib|httpx|logging|requests)\..*"),
    ("py:class", r"dtz_dastra_auth\._(shelf\.Cache|token\.Clock)"),
]
# A class is told in one go, with what its constructor takes. Types stand in signatures alone, and
# defaults by their names.
autoclass_content = "both"
autodoc_preserve_defaults = True
napoleon_attr_annotations = False
python_maximum_signature_line_length = 90
toc_object_entries = False

copybutton_selector = "div:not(.highlight-text) > div.highlight > pre"
# Neither prompts nor what a command has printed.
copybutton_exclude = ".linenos, .gp, .go"

# A translated message finds its links by what they lead to, and MyST has the anchor in an attribute
# that Sphinx does not look at: two links to one page would both get the anchor of the last.
i18n.EXCLUDED_PENDING_XREF_ATTRIBUTES = (*i18n.EXCLUDED_PENDING_XREF_ATTRIBUTES, "reftargetid")

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = "_static/icon.svg"
# The theme's own choice underlines names of modules, as if they were links.
pygments_dark_style = "a11y-high-contrast-dark"
html_copy_source = False
html_show_sphinx = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_context = {"languages": languages}

_HEADING = re.compile(r"(?m)^(?P<marks>#+) (?P<title>.+)$")
_FENCE = re.compile(r"(?ms)^(?P<fence>```+).*?^(?P=fence)$")
_OTHER_LANGUAGE = re.compile(r" \[(En français|In English)\]\([\w.]+\)")
_LINK = re.compile(r"\]\((?P<up>(?:\.\./)*)(?P<text>[A-Z]+)\.md(?P<anchor>#[\w-]+)?\)")


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """Put a text of the root into its page, and lead links to such texts to their pages."""
    if page in FROM_ROOT:
        path = _path_of(FROM_ROOT[page], app.config.language)
        app.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8")
        if ".fr" in path.name:
            text = _with_english_anchors(text, (ROOT / "README.md").read_text(encoding="utf-8"))
        # In the site the switch of languages leads to the other one.
        text = _OTHER_LANGUAGE.sub("", text)
        source[0] = f"{text.replace('](docs/', '](')}\n{source[0]}"
    source[0] = _LINK.sub(lambda link: _to_page(link, page), source[0])


def _path_of(text: str, language: str) -> Path:
    translated = ROOT / f"{text}.{language}.md"
    return translated if translated.exists() else ROOT / f"{text}.md"


def _to_page(link: re.Match[str], page: str) -> str:
    to_docs = "../" * page.count("/")
    to_root = "" if page in FROM_ROOT else f"../{to_docs}"
    if link["up"] != to_root or link["text"] not in PAGES:
        return link[0]
    return f"]({to_docs}{PAGES[link['text']]}.md{link['anchor'] or ''})"


def _with_english_anchors(text: str, english: str) -> str:
    """Let links to a section find it in both languages: by the slugs of the English titles."""
    slugs = iter([_slug(title["title"]) for title in _headings(english)])
    parts, end = [], 0
    for heading in _headings(text):
        parts += [text[end : heading.start()], f"({next(slugs)})=\n"]
        end = heading.start()
    return "".join([*parts, text[end:]])


def _headings(text: str) -> list[re.Match[str]]:
    # A comment in a block looks like a heading.
    hidden = _FENCE.sub(lambda block: " " * len(block[0]), text)
    return list(_HEADING.finditer(hidden))


def _slug(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what is above."""
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
