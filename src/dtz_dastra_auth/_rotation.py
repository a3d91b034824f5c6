"""What a sign-in is continued with: a code first, then one refresh token after the other.

Rules
    A refresh token that was answered is never sent again, whoever asks, from whatever object,
    thread, task or process: servers take it for stolen then, and end the sign-in (RFC 9700
    section 4.14.2). One whose answer was lost on the way is sent again, since nobody knows
    whether it has arrived. A new one is told before its access token is used.

Implementation
    A *chain* is one sign-in in this process. It is found by its code and by every refresh token
    that it has had, so that objects which were made from different ones share it, in whatever
    store their access tokens are. One caller at a time continues it. Several processes share it
    through a store (`_chain_share`); without one, it belongs to the process that began it.
"""

import json
import os
import threading
import weakref
from collections import OrderedDict
from itertools import islice
from typing import Any, Final

from ._errors import SignInRequiredError
from ._gate import Gate
from ._hidden import Credential
from ._stores import MOST_IDENTITIES, Identity
from ._telling import Telling
from ._token import Token

# By so many of its latest refresh tokens a chain is found: with an hour each, for days.
_REMEMBERED = 64


def process() -> bytes:
    """Give what tells this process from others, from the one that it was forked from too."""
    return _known.process


class Beginning:
    """What an object was signed in with.

    No dataclass, and without a dictionary: encoders for JSON write either out.

    Attributes:
        identity: The code or refresh token, and whose it is.
        client: Who may use its refresh tokens; None where the service has none.
        refresh_token: The refresh token; None for a code.
        home: The process in which the object was made.
    """

    __slots__ = ("client", "home", "identity", "refresh_token")

    def __init__(
        self,
        identity: Identity,
        client: Identity | None = None,
        refresh_token: str | None = None,
        home: bytes | None = None,
    ) -> None:
        self.identity: Final = identity
        self.client: Final = client
        self.refresh_token: Final = None if refresh_token is None else Credential(refresh_token)
        self.home: Final = home or process()

    def __reduce__(self) -> tuple[Any, ...]:
        # The oldest pickles know no slots.
        return Beginning, (self.identity, self.client, self.refresh_token, self.home)


class Chain:
    """One sign-in, as this process knows it.

    Attributes:
        identity: What stores file it under: the code or refresh token that it was begun with.
        client: Who may use its refresh tokens; None where the service has none.
        refresh_token: What the next token request sends; None before the code was exchanged, and
            where there is none.
        is_begun: Whether the code has been exchanged.
        since: When the refresh token was given, in seconds since the epoch, later for each.
        untold: The refresh token that nobody was told of yet.
        token: The last access token.
        unkept: The same while a store that is shared has yet to take it.
        ended: Why it cannot be continued.
        exchanging: What one caller at a time goes through to continue it, and to share that.
        telling: What one caller at a time goes through to tell a new refresh token.
        telling_now: The call that tells one, or told one last.
        keys: What it is found by.
    """

    __slots__ = (
        "__weakref__",
        "_home",
        "client",
        "ended",
        "exchanging",
        "identity",
        "is_begun",
        "keys",
        "refresh_token",
        "since",
        "telling",
        "telling_now",
        "token",
        "unkept",
        "untold",
    )

    def __init__(self, beginning: Beginning) -> None:
        """Begin with what was signed in with.

        Args:
            beginning: That.
        """
        self.identity: Final = beginning.identity
        self.client: Final = beginning.client
        self.refresh_token = beginning.refresh_token
        self.is_begun = beginning.refresh_token is not None
        self.since = 0.0
        self.untold: Credential | None = None
        self.token: Token | None = None
        self.unkept: Token | None = None
        self.telling_now: Telling | None = None
        self.ended: SignInRequiredError | None = None
        self.exchanging: Final = Gate("token request", shares_errors=False)
        self.telling: Final = Gate("call of on_refresh_token", shares_errors=True)
        self._home = beginning.home
        self.keys: Final[OrderedDict[bytes, None]] = OrderedDict()

    @property
    def is_foreign(self) -> bool:
        """Tell whether another process may be continuing it: the one that began it."""
        return self._home != process()

    @property
    def has_moved(self) -> bool:
        """Tell whether it has had another refresh token than it was begun with."""
        return len(self.keys) > 1

    def advance(self, refresh_token: str, now: float) -> None:
        """Take what the server has answered.

        Args:
            refresh_token: The new refresh token, or the one that was sent once more.
            now: When that was, in seconds since the epoch.
        """
        # Clocks of other machines may be ahead.
        self._take(refresh_token, max(now, self.since + 0.001))

    def _take(self, refresh_token: str, since: float) -> None:
        self.is_begun = True
        if refresh_token == self.refresh_token:
            return
        # Found by it before anybody can have made an object from it.
        _known.add(self, self.identity_of(refresh_token))
        self.since, self.ended, self.unkept = since, None, None
        self.refresh_token = self.untold = Credential(refresh_token)

    def is_new(self, refresh_token: str | None, since: float) -> bool:
        """Tell whether a refresh token is to take the place of the one that this process has.

        Args:
            refresh_token: The refresh token; None where there are none.
            since: When it was given, as in the attribute.
        """
        if refresh_token is None or refresh_token == self.refresh_token or since <= self.since:
            return False
        return self.identity_of(refresh_token).key() not in self.keys

    def learn(self, refresh_token: str | None, since: float, *, is_told: bool) -> None:
        """Take what another process has left in the store, unless this one has newer.

        Args:
            refresh_token: The refresh token that it has got; None where there are none.
            since: When it was given, as in the attribute.
            is_told: Whether somebody was told of it.
        """
        if refresh_token is not None and self.is_new(refresh_token, since):
            self._take(refresh_token, since)
        elif refresh_token is None or refresh_token == self.refresh_token:
            self.is_begun = True
        else:
            return
        if is_told:
            self.was_told(refresh_token)

    def was_kept(self, token: Token) -> None:
        """Note that a store has taken an access token, and the refresh token with it.

        Args:
            token: The access token.
        """
        if self.unkept is not None and self.unkept.value == token.value:
            self.unkept = None

    def was_told(self, refresh_token: str | None) -> None:
        """Note that a refresh token has been told.

        Args:
            refresh_token: The refresh token.
        """
        if refresh_token is not None and self.untold == refresh_token:
            self.untold = None

    def identity_of(self, refresh_token: str) -> Identity:
        """Give what a chain is found by that was begun with a refresh token.

        Args:
            refresh_token: The refresh token.
        """
        assert self.client is not None
        return identity_of(self.client, refresh_token)


def identity_of(client: Identity, *secrets: str) -> Identity:
    """Make one identity of a client and of what else is secret.

    Args:
        client: Who asks.
        *secrets: What with.
    """
    return Identity(client.parts, json.dumps([client.secret, *secrets]))


class _Known:
    """The chains of this process, by all that they have been begun or continued with.

    Attributes:
        process: What tells them from those that an object brings along from elsewhere.
    """

    def __init__(self) -> None:
        self._chains: weakref.WeakValueDictionary[bytes, Chain] = weakref.WeakValueDictionary()
        # An object keeps its chain; one that is made for each request finds it here.
        self._recent: OrderedDict[int, Chain] = OrderedDict()
        self.begin_process()

    def begin_process(self) -> None:
        """Start as a forked child: the thread that held the lock does not exist here."""
        self.process = os.urandom(16)
        self._lock = threading.RLock()

    def forget(self) -> None:
        """Forget every chain but those that an object has, which nobody finds any more."""
        with self._lock:
            self._chains.clear()
            self._recent.clear()

    def find(self, beginning: Beginning) -> Chain:
        """Give the chain that this belongs to, which begins with it if there is none."""
        with self._lock:
            chain = self._chains.get(beginning.identity.key())
            if chain is None:
                chain = Chain(beginning)
                self.add(chain, beginning.identity)
            elif beginning.home == process() and not chain.telling.is_taken:
                # Whoever makes an object from a refresh token knows it, unless it is being told.
                chain.was_told(beginning.refresh_token)
            self._recent[id(chain)] = chain
            self._recent.move_to_end(id(chain))
            if len(self._recent) > MOST_IDENTITIES:
                self._recent.popitem(last=False)
            return chain

    def add(self, chain: Chain, identity: Identity) -> None:
        """Have a chain found by one more identity."""
        key = identity.key()
        with self._lock:
            chain.keys[key] = None
            self._chains[key] = chain
            if len(chain.keys) > _REMEMBERED:
                # Not the first: it may stand in somebody's settings.
                _, oldest = islice(chain.keys, 2)
                del chain.keys[oldest]
                self._chains.pop(oldest, None)


_known = _Known()


def chain_of(beginning: Beginning) -> Chain:
    """Give the chain of a code or refresh token.

    Of those that no object has, the 16,384 used last are kept.

    Args:
        beginning: What the object was signed in with.
    """
    return _known.find(beginning)


def forget_chains() -> None:
    """Forget every sign-in of this process, as between two tests."""
    _known.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_known.begin_process)
