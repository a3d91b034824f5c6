"""The built site, as its files are and as a server gives them out."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

DOCS = Path(__file__).parents[2] / "docs"
SITE = DOCS / "_build" / "html"
LANGUAGES = ("en", "fr")
# The attributes that lead elsewhere, and that make a browser load something.
_LINKS = {"a": "href", "area": "href", "link": "href", "form": "action"}
_LOADED = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "script", "source", "video"), "src"),
    "object": "data",
}
_LOADING_RELATIONS = {"icon", "stylesheet", "preload", "prefetch", "modulepreload"}


@dataclass(frozen=True)
class Page:
    """A built page.

    Attributes:
        path: Where it is below the site, as in its URL: ``en/how-to/keys.html``.
    """

    path: str

    @property
    def language(self) -> str:
        """Give the language that it is built in."""
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        """Give what it has in common with its twin: ``how-to/keys``."""
        return self.path.partition("/")[2].removesuffix(".html")

    @cached_property
    def html(self) -> BeautifulSoup:
        """Read it."""
        return BeautifulSoup((SITE / self.path).read_bytes(), "html.parser")

    @cached_property
    def ids(self) -> list[str]:
        """Give every id, as often as it is there."""
        return [str(tag["id"]) for tag in self.html.find_all(id=True)]

    @cached_property
    def links(self) -> list[str]:
        """Give what it leads to and loads, as it is written."""
        attributes = _LINKS | _LOADED
        tags = self.html.find_all(list(attributes))
        found = [str(tag[name]) for tag in tags if tag.has_attr(name := attributes[tag.name])]
        return list(dict.fromkeys(found))

    @cached_property
    def loaded(self) -> list[str]:
        """Give what a browser loads for it."""
        links = self.html.find_all("link", href=True)
        loading = [
            str(tag["href"]) for tag in links if _LOADING_RELATIONS & set(_words(tag, "rel"))
        ]
        tags = self.html.find_all(list(_LOADED))
        return loading + [str(tag[name]) for tag in tags if tag.has_attr(name := _LOADED[tag.name])]

    @cached_property
    def blocks(self) -> list[Tag]:
        """Give the blocks of code."""
        return self.html.select("article div.highlight")

    def target(self, link: str) -> tuple[str, str]:
        """Give the path below the site that a link leads to, and its fragment."""
        split = urlsplit(urljoin(f"https://site/{self.path}", link))
        return unquote(split.path.removeprefix("/")), unquote(split.fragment)


def _words(tag: Tag, attribute: str) -> list[str]:
    value = tag[attribute]
    return value.split() if isinstance(value, str) else list(value)


def is_elsewhere(link: str) -> bool:
    """Tell whether a link leads to another host, or to no host at all."""
    split = urlsplit(link)
    return bool(split.scheme or split.netloc)


@functools.cache
def pages(language: str) -> dict[str, Page]:
    """Give the pages of a language, by name."""
    files = sorted((SITE / language).rglob("*.html"))
    assert files, f"no pages in {SITE / language}: `nox -s docs` builds them"
    paths = [PurePosixPath(file.relative_to(SITE)) for file in files]
    found = [Page(str(path)) for path in paths if not path.parts[1].startswith("_")]
    return {page.name: page for page in found}


def written_with(text: str) -> list[str]:
    """Name the pages that are written with this in their source."""
    sources = (file for file in sorted(DOCS.rglob("*.md")) if "_build" not in file.parts)
    found = [file for file in sources if text in file.read_text(encoding="utf-8")]
    return [file.relative_to(DOCS).with_suffix("").as_posix() for file in found]


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object, **__: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[str]:
    """Give the site out on this machine; the value is its URL, without a slash at the end."""
    handler = functools.partial(_Handler, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
