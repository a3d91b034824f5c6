"""Put a secret on a request: in a header, a cookie or the query.

A placement works on the request of any library. What it does twice on one request is as if done
once, since tools call an auth object more than once.
"""

import base64
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import quote, unquote_plus

from requests.cookies import RequestsCookieJar


class Placement(Protocol):
    """Where the secret of one method goes."""

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        ...

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        ...

    def header(self, secret: str) -> tuple[str, str] | None:
        """Give the name and value of the header that holds the secret, if one does."""
        ...


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

    name: str
    prefix: str = ""
    also: tuple[tuple[str, str], ...] = ()
    keeps_cookies: bool = True

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        request.headers[self.name] = self.prefix + self._encoded(secret)
        for name, value in self.also:
            request.headers[name] = value
        if not self.keeps_cookies:
            _drop_cookies(request)

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        sent: object = request.headers.get(self.name)
        return sent == self.prefix + self._encoded(secret)

    def header(self, secret: str) -> tuple[str, str] | None:
        """Give the name and value of the header that holds the secret."""
        return self.name, self.prefix + self._encoded(secret)

    def _encoded(self, secret: str) -> str:
        return secret


@dataclass(frozen=True, slots=True)
class Basic(Header):
    """The Basic scheme (RFC 7617), with a user name that says what the secret is.

    Attributes:
        username: The part before the colon.
    """

    name: str = "Authorization"
    prefix: str = "Basic "
    username: str = ""

    def _encoded(self, secret: str) -> str:
        return base64.b64encode(f"{self.username}:{secret}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie beside the caller's own, in place of an old one of the same name.

    Attributes:
        name: The cookie's name.
    """

    name: str

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        if getattr(request, "cookies", None) and not hasattr(request, "_cookies"):
            # Not prepared yet: with a header there, requests would leave these cookies out.
            return
        others = [pair for pair in self._pairs(request) if _name_of(pair) != self.name]
        request.headers["Cookie"] = "; ".join([*others, f"{self.name}={secret}"])

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        return f"{self.name}={secret}" in self._pairs(request)

    def header(self, secret: str) -> tuple[str, str] | None:
        """Give nothing: all libraries make the Cookie header anew for a redirect."""
        return None

    def _pairs(self, request: Any) -> list[str]:
        header: str = request.headers.get("Cookie") or ""
        return [pair.strip() for pair in header.split(";") if pair.strip()]


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter, in place of one of the same name: DTZ answers two with a 500.

    Attributes:
        name: The parameter's name.
        also: Further parameters that go out beside it.
    """

    name: str
    also: tuple[tuple[str, str], ...] = ()

    def put(self, request: Any, secret: str) -> None:
        """Put a secret on a request, in place of an earlier one."""
        ours = {self.name: secret, **dict(self.also)}
        kept = [
            part
            for part in self._parts(request)
            if part and unquote_plus(part.partition("=")[0]) not in ours
        ]
        query = "&".join(
            [*kept, *(f"{name}={quote(value, safe='')}" for name, value in ours.items())]
        )
        if isinstance(request.url, str):
            base, hash_, fragment = request.url.partition("#")
            request.url = base.partition("?")[0] + "?" + query + hash_ + fragment
        else:
            request.url = request.url.copy_with(query=query.encode("ascii"))
        _drop_cookies(request)

    def carries(self, request: Any, secret: str) -> bool:
        """Tell whether a request still carries this secret."""
        return f"{self.name}={quote(secret, safe='')}" in self._parts(request)

    def header(self, secret: str) -> tuple[str, str] | None:
        """Give nothing: a redirect names a URL of its own, without the key."""
        return None

    def _parts(self, request: Any) -> list[str]:
        if isinstance(request.url, str):
            return request.url.partition("#")[0].partition("?")[2].split("&")
        raw: bytes = request.url.query
        return raw.decode("ascii").split("&")


def _name_of(pair: str) -> str:
    return pair.partition("=")[0].strip()


def _drop_cookies(request: Any) -> None:
    request.headers.pop("Cookie", None)
    if hasattr(request, "_cookies"):
        # requests makes the header anew for each redirect, from this jar and the session's;
        # merged into a jar whose policy returns nothing, none is sent.
        request._cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
