"""The auth object: one for every client."""

import logging
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from . import _origins
from ._clients import AuthBases
from ._drive_httpx import SyncDrive
from ._drive_requests import authenticate
from ._flow import Caller, Peek, Steps
from ._hidden import shed
from ._origins import Origins
from ._placement import UNUSUAL, Placement, is_by_hand
from ._sources import Source, StaticSource
from ._token import Deadline, SystemClock, Token

logger = logging.getLogger("dtz_dastra_auth")

R = TypeVar("R")

_CLOCK = SystemClock()
# Seconds for the body of a 401, where the caller has set no timeout that the driver can see.
_PATIENCE = 30.0


class Auth(AuthBases):
    """Authenticate requests: a placement, a token source, and origins.

    requests calls the object itself, httpx and httpx2 take one of the two flows; all three run
    `attach` before a request is sent and `review` after it was answered.

    Attributes:
        default_origins: Where a class's credentials go unless ``origins=`` says otherwise.
    """

    default_origins: ClassVar[tuple[str, ...]] = ()

    def __init__(self, placement: Placement, source: Source, origins: Iterable[str]) -> None:
        """Combine the three parts of a method.

        Args:
            placement: Where the secret goes.
            source: What the secret is.
            origins: Where the credential may go, each ``https://host[:port]``.

        Raises:
            ConfigurationError: One of the origins is not exact, or not https.
        """
        self._placement = placement
        self._source = source
        self._origins = Origins.of(origins)

    @property
    def renews(self) -> bool:
        """Tell whether a credential that was refused can be replaced."""
        return self._source.renews

    @property
    def follows(self) -> bool:
        """Tell whether the credential is on a redirected request as well."""
        return self._placement.follows

    @property
    def hides(self) -> bool:
        """Tell whether `hide` has anything to do."""
        return self._placement.hides

    def __call__(self, r: R) -> R:
        """Authenticate a request of requests or niquests."""
        authenticate(self, r)
        return r

    def sync_auth_flow(self, request: R) -> Generator[R, Any, None]:
        """Authenticate a request of a blocking httpx or httpx2 client."""
        return SyncDrive(self, request)

    def async_auth_flow(self, request: R) -> AsyncGenerator[R, Any]:
        """Authenticate a request of an httpx or httpx2 client on asyncio or trio."""
        return _async_drive()(self, request)

    # For whoever drives a flow by hand, as wrappers of other packages do.
    auth_flow = sync_auth_flow

    def attach_at_once(self, request: Any, names: Iterable[str | bytes]) -> Token | None:
        """Put the credential on a request where nothing is to be decided, asked or told.

        Nearly all requests are such, and what they cost is counted in microseconds.

        Args:
            request: The request.
            names: Its headers' names, in lower case.

        Returns:
            What was put on; None when `attach` has to see to the request, which is as it was.
        """
        if not self._origins.plainly_allow(request.url) or not UNUSUAL.isdisjoint(names):
            return None
        token = self._source.ready()
        if token is not None:
            self._placement.add(request, token)
        return token

    def attach(self, request: Any, caller: Caller) -> Steps[Token | None]:
        """Put the credential on a request, if it may go there.

        Returns:
            What was put on, or None when the request stays as it is: it goes elsewhere, or its
            caller has set a credential by hand.

        Raises:
            TokenError: No token could be had.
        """
        if not self._origins.allow(request.url):
            _origins.warn_withheld(request.url, type(self).__name__)
            shed(request.headers, cookies=True)
            return None
        if is_by_hand(request):
            shed(request.headers)
            return None
        token = yield from self._source.token(caller, None)
        # Only a rejected token can be one that has no successor.
        token = cast("Token", token)
        shed(request.headers)
        self._placement.put(request, token)
        return token

    def review(
        self, request: Any, response: Any, token: Token, caller: Caller, *, replayable: bool
    ) -> Steps[Token | None]:
        """Decide after the answer: a 401 to our credential is worth one renewal and one replay.

        Args:
            request: What was answered; it carries the new credential when it is to be replayed.
            response: The answer, of which only a 401 is read.
            token: What `attach` put on.
            caller: What the driver can do.
            replayable: Whether the request's body can be sent once more.

        Returns:
            What was put on, or None when the response is the caller's.

        Raises:
            TokenError: The token could not be renewed.
        """
        if response.status_code != 401 or not self._source.renews:
            return None
        if not self._origins.allow(request.url):
            return None
        if not self.carries(request, token):
            return None
        if not replayable or not (yield _look_at(response, caller)):
            # This call has its 401; the next one is to start with another token.
            self._source.reject(token)
            return None
        fresh = yield from self._source.token(caller, token)
        if fresh is None:
            return None
        self._placement.put(request, fresh)
        logger.info("%s sends a request again after a 401", type(self).__name__)
        return fresh

    def restore(
        self, request: Any, response: Any, token: Token, caller: Caller, *, replayable: bool
    ) -> Steps[bool]:
        """Decide after a 401 to a redirected request: is what it lost on the way put on again?

        Args:
            request: What was answered; it carries the credential when it is to be sent again.
            response: The answer.
            token: What the first request carried.
            caller: What the driver can do.
            replayable: Whether the request's body can be sent once more.
        """
        if response.status_code != 401 or not self._origins.allow(request.url):
            return False
        if not self._placement.follows or is_by_hand(request) or self.carries(request, token):
            return False
        if not replayable or not (yield _look_at(response, caller)):
            return False
        self._placement.put(request, token)
        return True

    def follow(self, request: Any, url: Any, token: Token) -> None:
        """Put the credential on a request that a redirect has made, or take it off.

        Args:
            request: The request, or what has its headers.
            url: Where it goes.
            token: What the first request carried.
        """
        if self._origins.allow(url):
            self._placement.follow(request, token)
        else:
            self._placement.take_off(request, token)

    def carries(self, request: Any, token: Token) -> bool:
        """Tell whether a request carries the credential."""
        return self._placement.carries(request, token)

    def hide(self, message: Any, token: Token) -> None:
        """Take the credential out of what a request or response tells afterwards."""
        self._placement.hide(message, token)

    def frozen(self, token: Token) -> "Auth":
        """Make an auth object that has this token, and not what makes tokens: for pickles."""
        return Auth(self._placement, StaticSource(token.value), self._origins.names)

    @property
    def origins(self) -> Origins:
        """Give the origins that the credential may go to."""
        return self._origins

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Auth) and (
            (type(self), self._placement, self._source, self._origins)
            == (type(other), other._placement, other._source, other._origins)
        )

    def __hash__(self) -> int:
        return hash((type(self), self._placement, self._source, self._origins))

    def __repr__(self) -> str:
        shown = self._shown()
        if self._origins.names != self.default_origins:
            shown += f", origins={self._origins!r}"
        return f"{type(self).__name__}({shown})"

    def _shown(self) -> str:
        """Give what of the arguments may be shown."""
        return "…"


@cache
def _async_drive() -> Callable[["Auth", Any], AsyncGenerator[Any, Any]]:
    from ._drive_async import AsyncDrive

    return AsyncDrive


def _look_at(response: Any, caller: Caller) -> Peek:
    return Peek(response, Deadline.after(_CLOCK, caller.timeout or _PATIENCE))
