"""Have a credential follow redirects in requests and niquests where it may, and nowhere else.

A session makes each redirected request from a copy of the last one, asks the copy's cookie jar for
the cookies to the new URL, and then sees to ``Authorization`` (`Session.rebuild_auth`): it takes
the header off for another host, and puts on what netrc has for that. So the jar is where each
request can be decided anew, and the headers are of a kind that `rebuild_auth` does not alter.
"""

import sys
from collections.abc import Iterable
from functools import cache
from types import FrameType
from typing import Any

from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict

from ._flow import Scheme
from ._hidden import is_ours, values
from ._origins import Origins
from ._token import Token


def lower_names(headers: CaseInsensitiveDict[Any]) -> Iterable[str]:
    """Give the names of all headers, in lower case.

    Args:
        headers: The headers of a prepared request.
    """
    # Under such names it keeps them, and to have them from there is much of what it takes.
    kept: object = getattr(headers, "_store", None)
    return kept if isinstance(kept, dict) else [name.lower() for name in headers]


def follow(scheme: Scheme, token: Token, request: Any) -> None:
    """Have the credential on a request follow its redirects, inside our origins alone.

    Args:
        scheme: The auth object.
        token: What it has put on the request.
        request: The request.
    """
    if hasattr(request, "_cookies"):
        stand_by(scheme, token, request)
        request._cookies = FollowingJar.of(request._cookies, scheme, token)


def stand_by(scheme: Scheme, token: Token, request: Any) -> None:
    """Have `follow` done as soon as a request is copied, as each redirect does.

    Args:
        scheme: The auth object.
        token: What it has put on the request.
        request: The request.
    """
    if not hasattr(request, "_cookies"):
        return
    headers = request.headers
    if type(headers) is CaseInsensitiveDict:
        # Nobody else has it: requests makes one for each request.
        headers.__class__ = _kind(CaseInsensitiveDict)
    else:
        request.headers = _kept(_plain(type(headers)), headers.items())
    request.headers.scheme, request.headers.token = scheme, token


def forgo(request: Any) -> None:
    """Leave the redirects of a request alone.

    Args:
        request: A request that had a credential, and has another in its place.
    """
    cookies = RequestsCookieJar()
    cookies.update(request._cookies)
    request._cookies, request.headers.scheme = cookies, None


def is_redirected(request: Any) -> bool:
    """Tell whether it was a redirect that made a request.

    Args:
        request: A request that the session has sent.
    """
    jar = getattr(request, "_cookies", None)
    return isinstance(jar, FollowingJar) and jar.is_redirected


def is_following(request: Any) -> bool:
    """Tell whether a request's credential follows its redirects."""
    return isinstance(getattr(request, "_cookies", None), FollowingJar)


def take_netrc_off(request: Any) -> None:
    """Take off an ``Authorization`` that is not ours from a request that a redirect has made.

    Where the caller had set one by hand, nothing of ours would be here.

    Args:
        request: A request that goes to one of our origins.
    """
    if not all(is_ours(value) for value in values(request.headers, "Authorization")):
        del request.headers["Authorization"]


class FollowingJar(RequestsCookieJar):
    """The cookies of one request, and the credential that goes along with it.

    Attributes:
        scheme: The auth object.
        token: What it has put on.
        is_redirected: Whether it was a redirect that made the request.
    """

    scheme: Scheme
    token: Token
    is_redirected = False

    @classmethod
    def of(cls, cookies: Any, scheme: Scheme, token: Token) -> "FollowingJar":
        """Make a jar with the same cookies: the one that is there can be the caller's own."""
        jar = cls()
        if cookies is not None:
            # The standard library's jars have one and no way to ask for it.
            jar.set_policy(cookies._policy)
            jar.update(cookies)
        jar.scheme, jar.token = scheme, token
        jar.is_redirected = getattr(cookies, "is_redirected", False)
        return jar

    def copy(self) -> "FollowingJar":
        """Make the jar of a copy of the request."""
        return FollowingJar.of(self, self.scheme, self.token)

    def add_cookie_header(self, request: Any) -> None:
        """Give a redirected request its cookies, and its credential where it may go.

        Args:
            request: What the session wraps its request in for the cookie jar.
        """
        super().add_cookie_header(request)
        redirected = request._r
        cookies = request.get_new_headers().pop("Cookie", None)
        if cookies is not None:
            redirected.headers["Cookie"] = cookies
        self.is_redirected = True
        if self.scheme.origins.allow(redirected.url):
            # Of a host that the way has led over: no other place gets what netrc has for it.
            take_netrc_off(redirected)
        self.scheme.follow(redirected, redirected.url, self.token)

    def __deepcopy__(self, memo: object) -> "FollowingJar":
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        # A response is pickled with its request and that with this jar. What made the token stays
        # here; the request has the token itself, and is not to leak it wherever it is sent from.
        cookies = RequestsCookieJar()
        cookies.update(self)
        return FollowingJar.of, (cookies, self.scheme.frozen(self.token), self.token)


def _kept(
    headers_class: Any, items: Any, scheme: Scheme | None = None, token: Token | None = None
) -> Any:
    headers = _kind(headers_class)(items)
    headers.scheme, headers.token = scheme, token
    return headers


def _plain(headers_class: Any) -> Any:
    return headers_class.__base__ if hasattr(headers_class, "scheme") else headers_class


@cache
def _kind(headers_class: Any) -> Any:
    """Make headers whose ``Authorization`` stays as it is when a redirect has made a request."""

    class Headers(headers_class):  # type: ignore[misc]  # requests' own or niquests'
        scheme: Scheme | None = None
        token: Token | None = None

        def __setitem__(self, name: Any, value: Any) -> None:
            if not self._is_settled(name):
                super().__setitem__(name, value)

        def __delitem__(self, name: Any) -> None:
            if not self._is_settled(name):
                super().__delitem__(name)

        def copy(self) -> Any:
            if self.scheme is not None and self.token is not None:
                _have_it_follow(self, self.scheme, self.token)
            return _kept(headers_class, self.items(), self.scheme, self.token)

        def __reduce__(self) -> tuple[Any, ...]:
            # What made the token stays here, as the jar's does.
            scheme = self.scheme and self.token and self.scheme.frozen(self.token)
            return _kept, (headers_class, list(self.items()), scheme or None, self.token)

        def _is_settled(self, name: Any) -> bool:
            if self.scheme is None or name not in ("Authorization", b"Authorization"):
                return False
            return _is_rebuilding(self.scheme.origins)

    return Headers


def _have_it_follow(headers: Any, scheme: Scheme, token: Token) -> None:
    # A jar costs too much to be made for each request that might be redirected. A request copies
    # its headers before its cookies.
    copying = sys._getframe(2)
    request: Any = copying.f_locals.get("self") if copying.f_code.co_name == "copy" else None
    if getattr(request, "headers", None) is headers and not is_following(request):
        request._cookies = FollowingJar.of(request._cookies, scheme, token)


def _is_rebuilding(origins: Origins) -> bool:
    # Callers may change the header of `Response.next` as they like: only who does it tells.
    frame: FrameType | None = sys._getframe(3)
    for _ in range(3):
        if frame is not None and frame.f_code.co_name == "rebuild_auth":
            redirected = frame.f_locals.get("prepared_request")
            return redirected is not None and origins.allow(redirected.url)
        frame = frame.f_back if frame is not None else None
    return False
