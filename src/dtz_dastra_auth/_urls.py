"""URLs that lead where they lead and do not show a parameter, for requests, httpx and httpx2."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

from ._clients import HTTPX_LIBRARIES


def hidden_url(url: Any, name: str) -> Any:
    """Make a URL of httpx or httpx2 that leads to the same place and does not show a parameter.

    Args:
        url: The URL with all its parameters.
        name: The parameter that is to be left out of its texts.
    """
    hidden = _hidden_class(_library_class(url))(url)
    hidden.parameter = name
    return hidden


def hidden_url_with(url: Any, query: str, name: str) -> Any:
    """Make a URL of httpx or httpx2 with another query, of which it does not show a parameter.

    Args:
        url: The URL.
        query: The new query, in which all is encoded that has to be.
        name: The parameter.
    """
    return hidden_url(_with_query(url, query), name)


def _with_query(url: Any, query: str | None) -> Any:
    # Both libraries would take the whole URL apart once more, which takes longer than all else.
    reference = getattr(url, "_uri_reference", None)
    if "query" not in getattr(reference, "_fields", ()):
        return url.copy_with(query=query.encode("ascii") if query is not None else None)
    copied = _library_class(url)(url)
    copied._uri_reference = reference._replace(query=query)  # type: ignore[union-attr]  # as seen
    return copied


def hides(url: Any) -> bool:
    """Tell whether a URL is one that shows less than it is."""
    return hasattr(url, "parameter")


def plain_url(url: Any) -> Any:
    """Give what a URL shows that hides a parameter, as one that hides nothing.

    Args:
        url: A `HiddenText`, or the same of httpx or httpx2.
    """
    return str(url) if isinstance(url, str) else url.shown()


def with_text(url: Any, text: str) -> Any:
    """Make another URL of the library that a URL is of.

    Args:
        url: A URL of httpx or httpx2.
        text: The other one.
    """
    return _library_class(url)(text)


class HiddenText(str):  # noqa: SLOT000  # it has an attribute, which slots of a str cannot hold
    """A URL of requests that is sent as it is, and does not show a parameter."""

    parameter = ""

    @classmethod
    def of(cls, url: str, parameter: str) -> "HiddenText":
        """Hide a parameter of a URL."""
        hidden = cls(url)
        hidden.parameter = parameter
        return hidden

    def __str__(self) -> str:
        return without_parameter(str.__str__(self), self.parameter)

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return HiddenText.of, (str.__str__(self), self.parameter)


def without_parameter(url: str, name: str) -> str:
    """Give a URL without a parameter.

    Args:
        url: The URL.
        name: The parameter's name.
    """
    return with_query(url, without(query_of(url), name.__eq__))


def query_of(url: Any) -> str:
    """Give what stands behind the question mark of a URL.

    Args:
        url: A URL of any library.
    """
    if isinstance(url, str):
        return url.partition("#")[0].partition("?")[2]
    raw: bytes = url.query
    return raw.decode("ascii")


def with_query(url: str, query: str) -> str:
    """Give a URL with another query, or with none.

    Args:
        url: The URL.
        query: What is to stand behind the question mark.
    """
    base, hash_, fragment = url.partition("#")
    return base.partition("?")[0] + ("?" + query if query else "") + hash_ + fragment


def without(query: str, hide: Callable[[str], bool]) -> str:
    """Give a query without some parameters; the bytes of the others stay as they are.

    Args:
        query: What stands behind the question mark.
        hide: Tells by a parameter's name whether it is left out.
    """
    parts = query.split("&")
    return "&".join(part for part in parts if not hide(unquote_plus(part.partition("=")[0])))


def _library_class(url: Any) -> Any:
    return next(library.URL for library in HTTPX_LIBRARIES if isinstance(url, library.URL))


@cache
def _hidden_class(url_class: Any) -> Any:
    class URL(url_class):  # type: ignore[misc]  # a base known at run time only
        parameter = ""
        without_it: Any = None

        def copy_with(self, **changes: Any) -> Any:
            return hidden_url(super().copy_with(**changes), self.parameter)

        def __str__(self) -> str:
            return str(self.shown())

        def __repr__(self) -> str:
            return repr(self.shown())

        def __reduce__(self) -> tuple[Any, ...]:
            return hidden_url, (url_class(self), self.parameter)

        def shown(self) -> Any:
            if self.without_it is None:
                query = without(query_of(self), self.parameter.__eq__)
                self.without_it = _with_query(url_class(self), query or None)
            return self.without_it

    return URL
