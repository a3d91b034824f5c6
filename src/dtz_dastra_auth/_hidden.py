"""Values that go over the wire as they are, and do not show themselves.

What puts a credential on a request marks it by these types: a header of the same name without the
mark is one that the caller has set by hand.
"""

from collections.abc import Mapping
from typing import Any

HIDDEN = "***"


class Credential(str):
    """A secret, or a header's value with one, that no ``repr`` of what holds it shows.

    requests keeps the object; httpx keeps what its `encode` gives.
    """

    __slots__ = ("_as_utf8",)
    _as_utf8: bytes

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Give the bytes that httpx keeps, which do not show themselves either."""
        if encoding not in {"utf-8", "ascii"} or errors != "strict" or not self.isascii():
            return CredentialBytes(super().encode(encoding, errors))
        # The same for each request that it is put on.
        try:
            return self._as_utf8
        except AttributeError:
            self._as_utf8 = CredentialBytes(super().encode())
            return self._as_utf8

    def __reduce__(self) -> tuple[Any, ...]:
        # The oldest pickles know no slots.
        return Credential, (str.__str__(self),)

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


class CredentialBuffer(bytearray):
    """The same while it is being read."""

    __slots__ = ()

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
