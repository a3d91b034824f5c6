"""What a sign-in has in a shared cache.

Rules
    All is filed under what the sign-in began with for somebody, its *root*. Beside the access
    token stands the newest refresh token. For each refresh token a note leads to the root, so that
    objects which were made from different ones find each other; it is added before the refresh
    token is sent, and whoever finds another one there goes on at that root. And there is a note of
    the refresh token that was told last.

    The cache may have taken a part of what it was given, and lost what it had: each refresh token
    has a date, and none takes the place of a newer one.
"""

import hashlib
from contextlib import suppress
from typing import Any

from ._hidden import Credential, CredentialBytes
from ._rotation import Chain
from ._seal import Seal
from ._shelf import LEASE, Cache, LossyCacheError, Shelf
from ._stores import Identity
from ._token import Clock, Token

# Seconds. Memcached takes more for a date.
KEPT = 30 * 86_400


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
        if value is None or self._chain.has_moved:
            # What this process has got meanwhile leads there when it is sent.
            return own
        return self._root_in(own, value)

    def _root_in(self, own: Seal, value: Any) -> Seal:
        root, parts, date = own.open("root", value)
        # What stands at that root is newer or older by its own reckoning.
        self._chain.since = float(date)
        filed = Identity(tuple(parts), "")
        return Seal(filed, encrypt=self._encrypt, root=CredentialBytes(bytes.fromhex(root)))

    def _add_note(self, refresh_token: str) -> Seal:
        """Have a refresh token lead to the root, and give the root that it leads to."""
        own = Seal(self._chain.identity_of(refresh_token), encrypt=self._encrypt)
        key, root = self._prefix + own.name("root"), Credential(self._seal.root.hex())
        value = own.close("root", [root, list(self._seal.parts), self._chain.since])
        if self._cache.add(key, value, timeout=KEPT):
            return self._seal
        # Some caches do not say whether they did.
        noted = self._cache.get(key)
        if noted is None:
            raise LossyCacheError("add")
        return self._seal if noted == value else self._root_in(own, noted)

    def put(self, token: Token) -> None:
        """Keep a token, and the refresh token that came with it.

        Raises:
            LossyCacheError: The cache did not take it.
        """
        if self._chain.refresh_token is not None:
            # First: whoever is told of the refresh token is to find its root.
            self._add_note(self._chain.refresh_token)
        super().put(token)
        self._chain.was_kept(token)

    def put_unkept(self) -> None:
        """Keep what the cache did not take at its time, if there is anything.

        Raises:
            LossyCacheError: The cache did not take it.
        """
        if (token := self._chain.unkept) is not None:
            self.put(token)

    def told(self, refresh_token: str) -> None:
        """Note that a refresh token was told.

        Args:
            refresh_token: The refresh token.
        """
        self._set(self._told_key, self._seal.close("told", [_digest(refresh_token)]), KEPT)

    def claim(self) -> bool:
        """Take the lease, if nobody has it, for as long as a token request may take.

        What is left of one that this process had to tell a refresh token may be too short. The
        lease is not taken where the refresh token turns out to belong to another root.
        """
        if self.holds():
            self._hold_for(self.lease)
        elif not super().claim():
            return False
        refresh_token = self._chain.refresh_token
        root = self._seal if refresh_token is None else self._add_note(refresh_token)
        if root.root == self._seal.root:
            return True
        # Somebody who had no way to this root has begun another one.
        self.release()
        self._made = root
        return False

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

    def _asking(self) -> list[Any]:
        return [*super()._asking(), self.lease]

    def _more(self) -> list[Any]:
        return [self._chain.refresh_token, self._chain.since]

    def _learn(self, more: list[Any]) -> None:
        refresh_token, date = more
        if refresh_token is not None and not isinstance(refresh_token, str):
            raise TypeError("no refresh token")
        self.is_being_told = is_told = False
        if refresh_token is not None and self._chain.is_new(refresh_token, date):
            is_told = self.is_told(refresh_token)
            # By who has the lease, or with the lease by this process.
            self.is_being_told = self.tells and not (is_told or self.holds())
        if not self.is_being_told:
            self._chain.learn(refresh_token, date, is_told=is_told)

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
