"""Bring the French catalogs up to date with what Sphinx took from the pages: `nox -s catalogs`.

python docs/catalogs.py DIRECTORY_OF_TEMPLATES
"""

import sys
from pathlib import Path

from babel.messages.pofile import read_po, write_po
from sphinx_intl.basic import update

LOCALES = Path(__file__).parent / "locales"
FRENCH = LOCALES / "fr" / "LC_MESSAGES"
#: Pages that stay English. The index is a text of its own in each language, `README.fr.md` in
#: French, and the two tables are what a benchmark and a simulation have written.
ENGLISH = ("index", "changelog", "fleet", "performance-table", "reference/")
# What the theme says, and is translated nowhere; and the captions of the list of pages.
_BY_HAND = ("sphinx.po", "index.po")
_HEADER = """\
# This catalog has the licence of the package that it is of, dtz-dastra-auth.
#"""


def main(templates: Path) -> None:
    """Update every catalog, and make new ones; what is no longer on a page goes."""
    for template in sorted(templates.rglob("*.pot")):
        if template.relative_to(templates).as_posix().startswith((*ENGLISH, "sphinx.")):
            template.unlink()
    update(str(LOCALES), str(templates), ["fr"], line_width=100)
    for path in sorted(FRENCH.rglob("*.po")):
        template = templates / path.relative_to(FRENCH).with_suffix(".pot")
        if template.exists():
            _tidy(path)
        elif path.name not in _BY_HAND:
            path.unlink()


def _tidy(path: Path) -> None:
    with path.open("rb") as file:
        catalog = read_po(file, locale="fr")
    catalog.header_comment = _HEADER
    catalog.obsolete.clear()
    catalog.fuzzy = False
    # When a file was made is told by its history; here it would change with every run.
    skipped = {"POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team"}
    with path.open("wb") as file:
        write_po(file, catalog, width=100, ignore_obsolete=True)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line[1:].partition(":")[0] not in skipped]
    path.write_text("".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
