"""Put a secret on a request, and take it off: in a header or a cookie; for the query see `_query`.

A placement works on the request of any library. What it does twice on one request is as if done
once, since tools call an auth object more than once.
"""

import base64
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from ._hidden import Credential, is_ours, values
from ._token import Token

# Either of these, set by hand, is the credential that the caller wants to be known by. DTZ's
# verifier would look at one of them alone, and not always at ours.
_BY_HAND = ("Authorization", "X-API-KEY")
# All headers that a method writes. With one of them there already, a request is looked at closely
# before a credential is put on it.
_WRITTEN = ("authorization", "cookie", "x-api-key", "x-dtz-context")
UNUSUAL = frozenset([*_WRITTEN, *(name.encode("ascii") for name in _WRITTEN)])


class Placement(Protocol):
    """Where the secret of one method goes.

    Attributes:
        follows: Whether it is on a redirected request as well.
        hides: Whether `hide` has anything to do.
    """

    follows: ClassVar[bool]
    hides: ClassVar[bool]

    def add(self, request: Any, token: Token) -> None:
        """Put a secret on a request that has neither a credential nor a cookie."""
        ...

    def put(self, request: Any, token: Token) -> None:
        """Put a secret on a request, in place of an earlier one."""
        ...

    def follow(self, request: Any, token: Token) -> None:
        """Put a secret on a request that a redirect has made, unless it has one there."""
        ...

    def take_off(self, request: Any, token: Token) -> None:
        """Take a secret off a request that a redirect has made."""
        ...

    def carries(self, request: Any, token: Token) -> bool:
        """Tell whether a request still carries this secret."""
        ...

    def hide(self, message: Any, token: Token) -> None:
        """Take the secret out of what a request or response tells once the answer is there."""
        ...


class Parts:
    """Compare, hash and pickle by the fields of a dataclass.

    What a decorator writes for that would take, for each class, as long as importing a room.
    """

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parts) and self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash(self.__reduce__())


def is_by_hand(request: Any) -> bool:
    """Tell whether a request has a credential that its caller has set by hand.

    Args:
        request: A request of any library.
    """
    return any(not is_ours(value) for name in _BY_HAND for value in values(request.headers, name))


@dataclass(slots=True, eq=False, repr=False)
class Header(Parts):
    """A header that holds the secret as it is, behind a prefix.

    Attributes:
        name: The header's name.
        prefix: What stands before the secret, with its space.
        also: Further headers that go out beside it.
        keeps_cookies: Whether the caller's cookies may stay. DTZ's verifier looks at cookies
            alone as soon as there is one.
    """

    follows: ClassVar[bool] = True
    hides: ClassVar[bool] = False

    name: str
    prefix: str = ""
    also: tuple[tuple[str, str], ...] = ()
    keeps_cookies: bool = True

    def add(self, request: Any, token: Token) -> None:
        """Put a secret on a request that has neither a credential nor a cookie."""
        request.headers[self.name] = self._text(token)
        for name, value in self.also:
            request.headers[name] = Credential(value)

    def put(self, request: Any, token: Token) -> None:
        """Put a secret on a request, in place of an earlier one."""
        self.add(request, token)
        if not self.keeps_cookies:
            request.headers.pop("Cookie", None)

    def follow(self, request: Any, token: Token) -> None:
        """Put a secret on a request that a redirect has made, unless it has one there."""
        if self.name not in request.headers:
            self.put(request, token)
        elif not self.keeps_cookies:
            request.headers.pop("Cookie", None)

    def take_off(self, request: Any, token: Token) -> None:
        """Take a secret off a request that a redirect has made."""
        # A tool between us and the wire may have written the headers anew, without our mark.
        texts = {self.name: self._text(token), **dict(self.also)}
        for name, text in texts.items():
            found = values(request.headers, name)
            if any(is_ours(value) or value in (text, text.encode()) for value in found):
                del request.headers[name]

    def carries(self, request: Any, token: Token) -> bool:
        """Tell whether a request still carries this secret."""
        sent: object = request.headers.get(self.name)
        return sent == self._text(token)

    def hide(self, message: Any, token: Token) -> None:
        """Leave it: the value hides itself."""

    def _text(self, token: Token) -> str:
        name, text = token.made
        return text if name == self.prefix else token.keep(self.prefix, self.prefix + token.value)


@dataclass(slots=True, eq=False, repr=False)
class Basic(Header):
    """The Basic scheme (RFC 7617), with a user name that says what the secret is.

    Attributes:
        username: The part before the colon.
    """

    name: str = "Authorization"
    prefix: str = "Basic "
    username: str = ""

    def _text(self, token: Token) -> str:
        name, text = token.made
        ours = self.prefix + self.username
        return text if name == ours else token.keep(ours, self._encoded(token.value))

    def _encoded(self, secret: str) -> str:
        pair = f"{self.username}:{secret}".encode()
        return self.prefix + base64.b64encode(pair).decode("ascii")


@dataclass(slots=True, eq=False, repr=False)
class Cookie(Parts):
    """A cookie beside the caller's own, in place of an old one of the same name.

    Attributes:
        name: The cookie's name.
    """

    follows: ClassVar[bool] = True
    hides: ClassVar[bool] = False

    name: str

    def add(self, request: Any, token: Token) -> None:
        """Put a secret on a request that has neither a credential nor a cookie."""
        request.headers["Cookie"] = self._text(token)

    def put(self, request: Any, token: Token) -> None:
        """Put a secret on a request, in place of an earlier one."""
        if hasattr(request, "cookies") and not hasattr(request, "_cookies"):
            # Not prepared yet: with a header there, requests would leave its cookies out.
            return
        others = [pair for pair in self._pairs(request) if _name_of(pair) != self.name]
        request.headers["Cookie"] = Credential("; ".join([*others, self._text(token)]))

    def follow(self, request: Any, token: Token) -> None:
        """Put a secret on a request that a redirect has made."""
        self.put(request, token)

    def take_off(self, request: Any, token: Token) -> None:
        """Take a secret off a request that a redirect has made; other cookies stay."""
        pairs = self._pairs(request)
        text = self._text(token)
        others = [pair for pair in pairs if pair != text]
        if len(others) == len(pairs):
            return
        del request.headers["Cookie"]
        if others:
            request.headers["Cookie"] = "; ".join(others)

    def carries(self, request: Any, token: Token) -> bool:
        """Tell whether a request still carries this secret."""
        return self._text(token) in self._pairs(request)

    def hide(self, message: Any, token: Token) -> None:
        """Leave it: the value hides itself."""

    def _text(self, token: Token) -> str:
        name, text = token.made
        return text if name == self.name else token.keep(self.name, f"{self.name}={token.value}")

    def _pairs(self, request: Any) -> list[str]:
        header: str = request.headers.get("Cookie") or ""
        # Not what Python takes for white space: a cookie's value may hold such bytes.
        return [pair.strip(" \t") for pair in header.split(";") if pair.strip(" \t")]


def _name_of(pair: str) -> str:
    return pair.partition("=")[0].strip(" \t")
