"""Where tokens are kept, and what makes two objects share one."""

import hashlib
import hmac
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from random import random
from typing import Any, Final, Protocol

from ._flow import Steps
from ._hidden import Credential
from ._need import Attempt, Later, Need
from ._slot import Slot
from ._token import Clock, SystemClock, Token

MOST_IDENTITIES = 16_384


class Identity:
    """Everything that makes a token; equal identities may share one.

    No dataclass, and without a dictionary: encoders for JSON write either out.

    Attributes:
        parts: What is not secret: the grant, the token endpoint, the client or user, the scope.
        secret: The client's secret or the user's password.
        from_password: Whether the secret is one that a person has chosen.
    """

    __slots__ = ("from_password", "parts", "secret")

    def __init__(self, parts: tuple[str, ...], secret: str, *, from_password: bool = False) -> None:
        self.parts: Final = parts
        # Tools that report errors show the variables of each frame.
        self.secret: Final[str] = Credential(secret)
        self.from_password: Final = from_password

    def __reduce__(self) -> tuple[Any, ...]:
        # The oldest pickles know no slots.
        make = partial(Identity, from_password=self.from_password)
        return make, (self.parts, self.secret)

    def __repr__(self) -> str:
        return f"Identity(from_password={self.from_password!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and (
            (self.parts, self.secret, self.from_password)
            == (other.parts, other.secret, other.from_password)
        )

    def __hash__(self) -> int:
        return hash((self.parts, self.secret, self.from_password))

    def key(self) -> bytes:
        """Derive what a process files it under, from which nothing can be read back."""
        digest = hmac.new(_PROCESS_KEY, digestmod=hashlib.sha256)
        for part in (*self.parts, self.secret):
            encoded = part.encode()
            # With its length in front no two lists of parts run together into one.
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
        return digest.digest()


class TokenStore(Protocol):
    """What ``store=`` takes: `MemoryTokenStore` or `SharedTokenStore`."""

    def slot(self, identity: Identity) -> Slot:
        """Give the state that this process holds for an identity."""
        ...

    def renew(self, identity: Identity, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Get a new token for this process: from elsewhere, or by the token request."""
        ...

    def keep(self, identity: Identity) -> Steps[None]:
        """Keep for other processes what could not be kept at its time."""
        ...

    def is_to_tell(self, identity: Identity, refresh_token: str) -> Steps[bool]:
        """Find out whether nobody has told a refresh token yet."""
        ...

    def told(self, identity: Identity, refresh_token: str | None) -> Steps[None]:
        """Note for other processes that a refresh token was told, or that it could not be."""
        ...

    def clear(self) -> None:
        """Forget every token."""


class MemoryTokenStore:
    """Keep tokens in the memory of this process.

    Without ``store=`` all auth objects use one store of this kind, so that equal objects share
    a token however often they are built. Pass a new one to isolate an object: a token that was
    taken by a client with TLS verification off would otherwise serve the others.

    A copy of a store is the store itself; a pickled one arrives empty.
    """

    def __init__(self, *, clock: Clock | None = None, jitter: Callable[[], float] = random) -> None:
        """Start empty.

        Args:
            clock: Where the time is read; the machine's clocks when None.
            jitter: Gives a number from 0 up to 1, for spreading renewals and pauses;
                ``random.random``, if it is not given.
        """
        self._clock = clock or SystemClock()
        self._jitter = jitter
        self._slots: OrderedDict[bytes, Slot] = OrderedDict()
        self._lock = threading.RLock()
        _alive.add(self)

    def slot(self, identity: Identity) -> Slot:
        """Give the state held for an identity.

        Beyond 16,384 identities one is forgotten of which no token was asked for lately.

        Args:
            identity: Whose token it is.
        """
        key = identity.key()
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = Slot(self._clock, self._jitter)
                if len(self._slots) > MOST_IDENTITIES:
                    self._drop_one(key)
            else:
                self._slots.move_to_end(key)
            return slot

    def _drop_one(self, newest: bytes) -> None:
        # Who has a slot goes on using it without asking here, so each that was used since it was
        # last looked at gets a second chance. The newest has had no time for it.
        for _ in range(len(self._slots) - 1):
            key, slot = self._slots.popitem(last=False)
            if not slot.is_in_use:
                break
            slot.is_in_use = False
            self._slots[key] = slot
        else:
            self._slots.move_to_end(newest)
            key, slot = self._slots.popitem(last=False)
        slot.is_dropped = True

    def renew(self, identity: Identity, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Make the token request: there is nothing beyond this process.

        Args:
            identity: Whose token it is.
            need: What for.
            attempt: Makes the token request.
        """
        return attempt()

    def keep(self, identity: Identity) -> Steps[None]:
        """Have no other process to keep anything for.

        Args:
            identity: Whose token it is.
        """
        yield from ()

    def is_to_tell(self, identity: Identity, refresh_token: str) -> Steps[bool]:
        """Have no other process that could have told it.

        Args:
            identity: Whose refresh token it is.
            refresh_token: The refresh token.
        """
        yield from ()
        return True

    def told(self, identity: Identity, refresh_token: str | None) -> Steps[None]:
        """Have no other process to note it for.

        Args:
            identity: Whose refresh token it is.
            refresh_token: The refresh token; None when it could not be told.
        """
        yield from ()

    def clear(self) -> None:
        """Forget every token; the next call of each object asks for a new one.

        Refresh tokens are no tokens of the store: one that was replaced is not to be sent again.
        """
        with self._lock:
            for slot in self._slots.values():
                slot.is_dropped = True
            self._slots.clear()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __copy__(self) -> "MemoryTokenStore":
        return self

    def __deepcopy__(self, memo: object) -> "MemoryTokenStore":
        return self

    def __reduce__(self) -> tuple[Callable[[], "MemoryTokenStore"], tuple[()]]:
        return (type(self), ())

    def _after_fork(self) -> None:
        # The parent's thread that held the lock, or led a flight, does not exist here.
        self._lock = threading.RLock()
        for slot in self._slots.values():
            slot.forget_flight()


_alive: "weakref.WeakSet[MemoryTokenStore]" = weakref.WeakSet()


_PROCESS_KEY = os.urandom(32)
_DEFAULT_STORE = MemoryTokenStore()


def default_store() -> MemoryTokenStore:
    """Give the store that objects without ``store=`` share in this process."""
    return _DEFAULT_STORE


def clear_default_store() -> None:
    """Forget every token that objects without ``store=`` share."""
    _DEFAULT_STORE.clear()


def _after_fork_in_child() -> None:
    for store in list(_alive):
        store._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
