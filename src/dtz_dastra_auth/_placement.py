"""Put a secret on a request, and take it off: in a header, a cookie or the query.

A placement works on the request of any library. What it does twice on one request is as if done
once, since tools call an auth object more than once.
"""

import base64
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from urllib.parse import quote

from ._hidden import (
    HIDDEN,
    Credential,
    HiddenText,
    hidden_url,
    hides,
    is_ours,
    plain_url,
    query_of,
    values,
    with_query,
    without,
    without_parameter,
)

# Either of these, set by hand, is the credential that the caller wants to be known by. DTZ's
# verifier would look at one of them alone, and not always at ours.
_BY_HAND = ("Authorization", "X-API-KEY")


class Placement(Protocol):
    """Where the secret of one method goes.

    Attributes:
        follows: Whether it is on a redirected request as well.
    """

    follows: ClassVar[bool]

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        ...

    def follow(self, request: Any, secret: str) -> None:
        """Put a secret on a request that a redirect has made, unless it has one there."""
        ...

    def take_off(self, request: Any, secret: str) -> None:
        """Take a secret off a request that a redirect has made."""
        ...

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        ...

    def hide(self, message: Any, secret: str) -> None:
        """Take the secret out of what a request or response tells once the answer is there."""
        ...


def is_by_hand(request: Any) -> bool:
    """Tell whether a request has a credential that its caller has set by hand.

    Args:
        request: A request of any library.
    """
    return any(not is_ours(value) for name in _BY_HAND for value in values(request.headers, name))


@dataclass(frozen=True, slots=True)
class Header:
    """A header that holds the secret as it is, behind a prefix.

    Attributes:
        name: The header's name.
        prefix: What stands before the secret, with its space.
        also: Further headers that go out beside it.
        keeps_cookies: Whether the caller's cookies may stay. DTZ's verifier looks at cookies
            alone as soon as there is one.
    """

    follows: ClassVar[bool] = True

    name: str
    prefix: str = ""
    also: tuple[tuple[str, str], ...] = ()
    keeps_cookies: bool = True

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        request.headers[self.name] = Credential(self._text(secret))
        for name, value in self.also:
            request.headers[name] = Credential(value)
        if not self.keeps_cookies:
            request.headers.pop("Cookie", None)

    def follow(self, request: Any, secret: str) -> None:
        """Put a secret on a request that a redirect has made, unless it has one there."""
        if self.name not in request.headers:
            self.put(request, secret)
        elif not self.keeps_cookies:
            request.headers.pop("Cookie", None)

    def take_off(self, request: Any, secret: str) -> None:
        """Take a secret off a request that a redirect has made."""
        # A tool between us and the wire may have written the headers anew, without our mark.
        texts = {self.name: self._text(secret), **dict(self.also)}
        for name, text in texts.items():
            found = values(request.headers, name)
            if any(is_ours(value) or value in (text, text.encode()) for value in found):
                del request.headers[name]

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        sent: object = request.headers.get(self.name)
        return sent == self._text(secret)

    def hide(self, message: Any, secret: str) -> None:
        """Leave it: the value hides itself."""

    def _text(self, secret: str) -> str:
        return self.prefix + secret


@dataclass(frozen=True, slots=True)
class Basic(Header):
    """The Basic scheme (RFC 7617), with a user name that says what the secret is.

    Attributes:
        username: The part before the colon.
    """

    name: str = "Authorization"
    prefix: str = "Basic "
    username: str = ""

    def _text(self, secret: str) -> str:
        pair = f"{self.username}:{secret}".encode()
        return self.prefix + base64.b64encode(pair).decode("ascii")


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie beside the caller's own, in place of an old one of the same name.

    Attributes:
        name: The cookie's name.
    """

    follows: ClassVar[bool] = True

    name: str

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        if hasattr(request, "cookies") and not hasattr(request, "_cookies"):
            # Not prepared yet: with a header there, requests would leave its cookies out.
            return
        others = [pair for pair in self._pairs(request) if _name_of(pair) != self.name]
        request.headers["Cookie"] = Credential("; ".join([*others, f"{self.name}={secret}"]))

    def follow(self, request: Any, secret: str) -> None:
        """Put a secret on a request that a redirect has made."""
        self.put(request, secret)

    def take_off(self, request: Any, secret: str) -> None:
        """Take a secret off a request that a redirect has made; other cookies stay."""
        pairs = self._pairs(request)
        others = [pair for pair in pairs if pair != f"{self.name}={secret}"]
        if len(others) == len(pairs):
            return
        del request.headers["Cookie"]
        if others:
            request.headers["Cookie"] = "; ".join(others)

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        return f"{self.name}={secret}" in self._pairs(request)

    def hide(self, message: Any, secret: str) -> None:
        """Leave it: the value hides itself."""

    def _pairs(self, request: Any) -> list[str]:
        header: str = request.headers.get("Cookie") or ""
        # Not what Python takes for white space: a cookie's value may hold such bytes.
        return [pair.strip(" \t") for pair in header.split(";") if pair.strip(" \t")]


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter, in place of one of the same name: DTZ answers two with a 500.

    Attributes:
        name: The parameter's name.
        also: Further parameters that go out beside it.
    """

    follows: ClassVar[bool] = False

    name: str
    also: tuple[tuple[str, str], ...] = ()

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        ours = {self.name: secret, **dict(self.also)}
        kept = without(query_of(request.url), ours.__contains__)
        added = "&".join(f"{name}={quote(value, safe='')}" for name, value in ours.items())
        query = f"{kept}&{added}" if kept else added
        if isinstance(request.url, str):
            request.url = HiddenText.of(with_query(request.url, query), self.name)
        else:
            url = request.url.copy_with(query=query.encode("ascii"))
            request.url = hidden_url(url, self.name)
        request.headers.pop("Cookie", None)

    def follow(self, request: Any, secret: str) -> None:
        """Leave the key off: a redirect names a URL of its own."""
        self.take_off(request, secret)
        request.headers.pop("Cookie", None)

    def take_off(self, request: Any, secret: str) -> None:
        """Take the key out of a URL that a service has written it into."""
        url = _masked(str(request.url), secret)
        if url != str(request.url):
            request.url = type(request.url)(url)

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        return f"{self.name}={quote(secret, safe='')}" in query_of(request.url).split("&")

    def hide(self, message: Any, secret: str) -> None:
        """Take the key out of the URLs of a request or response."""
        location = message.headers.get("Location")
        if location is not None and location != _masked(location, secret):
            message.headers["Location"] = _masked(location, secret)
        raw: Any = getattr(message, "raw", None)
        if isinstance(getattr(raw, "url", None), str):
            # urllib3's own response, below that of requests.
            with suppress(AttributeError):
                raw.url = without_parameter(raw.url, self.name)
        shown = without_parameter(str(message.url), self.name)
        if shown != str(message.url) or hides(message.url):
            message.url = shown if isinstance(message.url, str) else plain_url(message.url, shown)
        self.take_off(message, secret)


def _masked(url: str, secret: str) -> str:
    # A login page is told where to go back to, by the whole URL that was called.
    for _ in range(5):
        url = re.sub(re.escape(secret), HIDDEN, url, flags=re.IGNORECASE)
        secret = quote(secret, safe="")
    return url


def _name_of(pair: str) -> str:
    return pair.partition("=")[0].strip(" \t")
