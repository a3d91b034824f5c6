"""Values that go over the wire as they are, and do not show themselves.

What puts a credential on a request marks it by these types: a header of the same name without the
mark is one that the caller has set by hand.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote_plus

from ._clients import HTTPX_LIBRARIES

HIDDEN = "***"


class Credential(str):
    """A secret, or a header's value with one, that no ``repr`` of what holds it shows.

    requests keeps the object; httpx keeps what its `encode` gives.
    """

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Give the bytes that httpx keeps, which do not show themselves either."""
        return CredentialBytes(super().encode(encoding, errors))

    def __repr__(self) -> str:
        return repr(HIDDEN)


class CredentialBytes(bytes):
    """The same as bytes, for httpx and httpx2."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Give the text, which does not show itself."""
        return Credential(super().decode(encoding, errors))

    def __repr__(self) -> str:
        return repr(HIDDEN.encode())


def hidden(headers: Mapping[str, str]) -> dict[str, str]:
    """Mark the credential among the headers of a token request.

    Args:
        headers: The headers.
    """
    return {
        name: Credential(value) if name == "Authorization" else value
        for name, value in headers.items()
    }


def conceal(answer: Any) -> Any:
    """Give what a caller's function or a server has given, so that a token does not show."""
    if type(answer) is str:
        return Credential(answer)
    return CredentialBytes(answer) if type(answer) is bytes else answer


def values(headers: Any, name: str) -> list[Any]:
    """Give all values of a header, as the objects that were put there.

    Args:
        headers: The headers of a request of any library.
        name: The header's name.
    """
    raw = getattr(headers, "raw", None)
    if raw is None:
        value = headers.get(name)
        return [] if value is None else [value]
    wanted = name.lower().encode("ascii")
    return [value for found, value in raw if found.lower() == wanted]


def is_ours(value: Any) -> bool:
    """Tell whether a header's value is one that was put there by this package."""
    return isinstance(value, Credential | CredentialBytes)


def shed(headers: Any, *, cookies: bool = False) -> None:
    """Take all credentials of ours off that a request has from an earlier call.

    Args:
        headers: The headers of a request of any library.
        cookies: Whether a cookie header that we have written goes as well, with the cookies of
            others that it holds for the place where it was written.
    """
    for name in list(headers):
        if name.lower() == "cookie" and not cookies:
            continue
        if any(is_ours(value) for value in values(headers, name)):
            del headers[name]


def hidden_url(url: Any, name: str) -> Any:
    """Make a URL of httpx or httpx2 that leads to the same place and does not show a parameter.

    Args:
        url: The URL with all its parameters.
        name: The parameter that is to be left out of its texts.
    """
    hidden = _hidden_class(_library_class(url))(url)
    hidden.parameter = name
    return hidden


def hides(url: Any) -> bool:
    """Tell whether a URL is one that shows less than it is."""
    return hasattr(url, "parameter")


def plain_url(url: Any, text: str) -> Any:
    """Make a URL of the same library that shows all that it is.

    Args:
        url: A URL of httpx or httpx2.
        text: The new one.
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

        def copy_with(self, **changes: Any) -> Any:
            return hidden_url(super().copy_with(**changes), self.parameter)

        def __str__(self) -> str:
            return str(self._shown())

        def __repr__(self) -> str:
            return repr(self._shown())

        def __reduce__(self) -> tuple[Any, ...]:
            return hidden_url, (url_class(self), self.parameter)

        def _shown(self) -> Any:
            query = without(query_of(self), self.parameter.__eq__)
            return url_class(self).copy_with(query=query.encode("ascii") or None)

    return URL
