"""What several processes share of a sign-in: its newest refresh token, and who sends it.

Rules
    As those of `_lease`, but for one: nobody sends a refresh token without the lease, and without
    having looked, with the lease, for one that has taken its place. Where the cache cannot be
    asked, no refresh token is sent: an error for a while harms less than a sign-in that a server
    ends because it takes a refresh token for stolen.

Theory of operation
    All is filed under what the sign-in began with, the *root*. Beside the access token stands the
    newest refresh token. For each refresh token there is a note that leads from it to the root, so
    that an object which was made from any of them finds the others. And there is a note of the one
    that was told last. Who has the lease keeps it, for a shorter time, until it has told: a process
    that finds a refresh token which was not told waits for the lease, and tells it itself.
"""

import hashlib
import math
from contextlib import suppress
from functools import partial
from typing import Any

from ._errors import TokenError
from ._flow import Pause, Steps
from ._health import TroubleError
from ._hidden import Credential, CredentialBytes
from ._lease import LONGEST_WAIT, Share
from ._need import Attempt, Later, Need
from ._rotation import Chain
from ._seal import Seal
from ._shelf import LEASE, Cache, Shelf
from ._slot import SPACING
from ._stores import Identity
from ._token import Clock, Token

# Seconds. Memcached takes more for a date.
KEPT = 30 * 86_400
# Beyond the time of a token request, until nobody counts on who has the lease.
_LEASE_BEYOND = 5
_LOOK_AGAIN = 0.1


class ChainShelf(Shelf):
    """One sign-in's place in the cache.

    Attributes:
        tells: Whether this process tells new refresh tokens.
        is_being_told: Whether the one that was found last has to be told first.
    """

    tells = False
    is_being_told = False

    def __init__(
        self, cache: Cache, prefix: str, clock: Clock, chain: Chain, *, encrypt: bool
    ) -> None:
        """Know the way to it; nothing is asked or derived yet.

        Args:
            cache: The cache.
            prefix: What every key in it starts with.
            clock: Where the time is read.
            chain: The sign-in.
            encrypt: Whether values are encrypted.
        """
        super().__init__(cache, prefix, clock, self._find_root)
        self._chain = chain
        self._encrypt = encrypt

    def _find_root(self) -> Seal:
        own = Seal(self._chain.identity, encrypt=self._encrypt)
        value = self._cache.get(self._prefix + own.name("root"))
        if value is None:
            return own
        root, parts = own.open("root", value)
        filed = Identity(tuple(parts), "")
        return Seal(filed, encrypt=self._encrypt, root=CredentialBytes(bytes.fromhex(root)))

    def put(self, token: Token) -> None:
        """Keep a token, and the refresh token that came with it.

        Raises:
            LossyCacheError: The cache did not take it.
        """
        refresh_token = self._chain.refresh_token
        if refresh_token is not None:
            # First: whoever is told of the refresh token is to find its root.
            own = Seal(self._chain.identity_of(refresh_token), encrypt=self._encrypt)
            if own.root != self._seal.root:
                root = Credential(self._seal.root.hex())
                value = own.close("root", [root, list(self._seal.parts)])
                self._set(self._prefix + own.name("root"), value, KEPT)
        super().put(token)

    def told(self, refresh_token: str) -> None:
        """Note that a refresh token was told.

        Args:
            refresh_token: The refresh token.
        """
        self._set(self._told_key, self._seal.close("told", [_digest(refresh_token)]), KEPT)

    def claim(self) -> bool:
        """Take the lease, if nobody has it, for as long as a token request may take.

        What is left of one that this process had to tell a refresh token may be too short.
        """
        if not self.holds():
            return super().claim()
        self._hold_for(self.lease)
        return True

    def shorten(self) -> None:
        """Keep the lease for no longer than it takes to tell a refresh token."""
        if self.holds():
            self._hold_for(LEASE)

    def _hold_for(self, seconds: int) -> None:
        assert self._tried is not None
        process, value, _ = self._tried
        before = self._clock.now()
        self._set(self._lease_key, value, seconds)
        self._held = process, before, seconds

    def _kept_for(self, token: Token) -> int:
        return KEPT

    def _more(self) -> list[Any]:
        return [self._chain.refresh_token]

    def _learn(self, more: list[Any]) -> None:
        (refresh_token,) = more
        if refresh_token is not None and not isinstance(refresh_token, str):
            raise TypeError("no refresh token")
        self.is_being_told = False
        is_told = False
        if refresh_token is not None and refresh_token != self._chain.refresh_token:
            is_told = self.is_told(refresh_token)
            # By who has the lease, or with the lease by this process.
            self.is_being_told = self.tells and not (is_told or self.holds())
        if not self.is_being_told:
            self._chain.learn(refresh_token, is_told=is_told)

    def is_told(self, refresh_token: str) -> bool:
        """Tell whether a refresh token was told."""
        # To tell one twice harms less than never to tell it.
        with suppress(Exception):
            value = self._cache.get(self._told_key)
            return self._seal.open("told", value) == [_digest(refresh_token)]
        return False

    @property
    def _told_key(self) -> str:
        return self._prefix + self._seal.name("told")


def _digest(refresh_token: str) -> str:
    return hashlib.sha256(refresh_token.encode()).hexdigest()


class ChainShare(Share):
    """One process's share in a sign-in."""

    _shelf: ChainShelf

    def __init__(self, shelf: ChainShelf, chain: Chain, *common: Any) -> None:
        """Start with nothing known.

        Args:
            shelf: The sign-in's place in the cache.
            chain: The sign-in.
            *common: As in `Share`.
        """
        super().__init__(shelf, *common)
        self._chain = chain

    def renew(self, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Take the fleet's token, or continue the sign-in for all.

        Args:
            need: What for.
            attempt: Makes the token request.
        """
        self._shelf.tells = need.tells
        self._shelf.lease = self._beliefs.lease = math.ceil(need.patience) + _LEASE_BEYOND
        return (yield from super().renew(need, attempt))

    def told(self, refresh_token: str | None) -> Steps[None]:
        """Note for all that a refresh token was told.

        Args:
            refresh_token: The refresh token; None when it could not be told.
        """
        with suppress(TroubleError):
            if refresh_token is not None:
                yield from self._ask(partial(self._shelf.told, refresh_token))
            yield from self._ask(self._shelf.release)

    def is_to_tell(self, refresh_token: str) -> Steps[bool]:
        """Find out whether nobody has told a refresh token yet.

        Args:
            refresh_token: The refresh token.
        """
        if self._shelf.holds():
            return True
        try:
            return not (yield from self._ask(partial(self._shelf.is_told, refresh_token)))
        except TroubleError:
            return True

    def _read(self) -> Steps[tuple[Any, Token | None]]:
        value, token = yield from super()._read()
        return value, None if self._shelf.is_being_told else token

    def _give_back(self) -> Steps[None]:
        """Give the lease back, unless there is something to tell first."""
        is_to_tell = self._shelf.tells and self._chain.untold is not None
        yield from self._ask(self._shelf.shorten if is_to_tell else self._shelf.release)

    def _find(self, need: Need) -> Steps[tuple[Token | Later | None, Any]]:
        until = self._now() + min(LONGEST_WAIT, need.deadline.left() / 2)
        while True:
            try:
                return (yield from super()._find(need))
            except TroubleError:
                # Who signs in is not to be sent away because others do so too.
                if not self._health.is_crowded() or self._now() >= until:
                    raise
            yield Pause(_LOOK_AGAIN)

    def _without_lease(self, need: Need) -> Later:
        error = TokenError(
            f"the shared token store does not say who renews the token for {need.label};"
            " no refresh token is sent without that"
        )
        return Later(SPACING, error)

    def _keep(self, need: Need, token: Token, seen: Any) -> Steps[None]:
        # However little life the access token has left: the refresh token has more.
        with suppress(TroubleError):
            yield from self._ask(partial(self._shelf.put, token))
            yield from self._give_back()
