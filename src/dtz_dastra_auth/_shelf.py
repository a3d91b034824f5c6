"""What one identity has in a shared cache: a token, and a lease or the failure of a request.

All functions here block: they ask the cache. What the cache itself raises goes through.
"""

import math
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from . import _checks
from ._errors import SignInRequiredError, TokenError
from ._hidden import conceal
from ._oauth import LONGEST_LIFETIME
from ._seal import Seal
from ._slot import RETRY_AFTER_CAP
from ._token import Clock, Instant, Token

# Seconds. Who holds a lease does not rely on it in its last second.
LEASE = 10
_MARGIN = 1.0
# Bytes of a value: a token of 64 kB, sealed and written as base64, and as much again.
_MOST = 192 * 1024


# What unpickling raises, beyond the errors of clients, which have classes of their own.
_UNREADABLE = (
    *(pickle.UnpicklingError, EOFError, ImportError, AttributeError),
    *(LookupError, TypeError, ValueError),
)


class Cache(Protocol):
    """What Django's caches, Flask-Caching and cachelib have in common; timeouts in seconds."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: str, timeout: Any = ...) -> Any: ...

    def add(self, key: str, value: str, timeout: Any = ...) -> Any: ...

    def delete(self, key: str) -> Any: ...


class GarbageError(Exception):
    """What is in the cache was not written by this package, or not for this."""


class LossyCacheError(Exception):
    """The cache did not take what it was given."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The failure of a token request, as the fleet is told of it.

    Attributes:
        error: What its caller met.
        seconds: How long nobody is to ask again.
        for_all: Whether that holds for who has no token that serves as well.
        left: What is left of these seconds.
    """

    error: TokenError
    seconds: float
    for_all: bool = True
    left: float = 0.0


class Shelf:
    """One identity's place in the cache, as one process sees it.

    Attributes:
        lease: How long a lease of this process lasts, in seconds.
        lasts: How long the one that was found last does.
    """

    lease: int = LEASE
    lasts: float = LEASE

    def __init__(
        self, cache: Cache, prefix: str, clock: Clock, make_seal: Callable[[], Seal]
    ) -> None:
        """Know the way to it; nothing is asked or derived yet.

        Args:
            cache: The cache.
            prefix: What every key in it starts with.
            clock: Where the time is read.
            make_seal: Derives the keys, which may take a while.
        """
        self._cache = cache
        self._prefix = prefix
        self._clock = clock
        self._make_seal = make_seal
        self._made: Seal | None = None
        # The process that has the lease (a fork copies this object), since when and for how long.
        self._held: tuple[int, Instant, int] | None = None
        self._tried: tuple[int, Any, Instant] | None = None

    @property
    def _seal(self) -> Seal:
        # Not a `cached_property`: that of Python 3.11 has a lock, which a fork could leave held.
        if self._made is None:
            self._made = self._make_seal()
        return self._made

    @property
    def _token_key(self) -> str:
        return self._prefix + self._seal.name("token")

    @property
    def _lease_key(self) -> str:
        return self._prefix + self._seal.name("lease")

    def get(self) -> tuple[Any, Token | None, bool]:
        """Look at the token.

        Returns:
            The value as it is in the cache; the token, unless it has no life left; and whether
            the value is not to be believed.
        """
        try:
            value = self._cache.get(self._token_key)
        except _UNREADABLE:
            return "unreadable", None, True
        if value is None:
            return None, None, False
        if _is_large(value):
            return "large", None, True
        # Not encrypted, it shows a token in the frames that tools for errors look at.
        value = conceal(value)
        try:
            return value, self._read(value), False
        except Exception:
            # What was tampered with can break anything.
            return value, None, True

    def _read(self, value: Any) -> Token | None:
        now = self._clock.now()
        text, lifetime, taken, *more = self._seal.open("token", value)
        self._learn(more)
        text = _checks.token_text("token", text)
        lifetime = min(float(lifetime), LONGEST_LIFETIME)
        # By another machine's clock; one that is ahead of ours makes no token live longer.
        age = max(now.wall - float(taken), 0.0)
        if math.isnan(lifetime + age):
            raise ValueError("no number")
        token = Token(text, lifetime, Instant(now.monotonic - age, now.wall - age))
        return token if lifetime > age else None

    def put(self, token: Token) -> None:
        """Keep a token for all.

        Raises:
            LossyCacheError: The cache did not take it.
        """
        content = [token.value, token.lifetime, token.taken.wall, *self._more()]
        value = self._seal.close("token", content)
        self._set(self._token_key, value, self._kept_for(token))

    def _kept_for(self, token: Token) -> int:
        """Tell for how many seconds a token is kept."""
        return max(math.ceil(token.left(self._clock.now())), 1)

    def _more(self) -> list[Any]:
        """Give what is kept with a token."""
        return []

    def _learn(self, more: list[Any]) -> None:
        """Take what was kept with a token, whether or not that has any life left."""
        if more:
            raise ValueError("more than a token")

    def claim(self) -> bool:
        """Take the lease, if nobody has it.

        A lease that this process has already is its own still: who took it was cancelled.
        """
        if self.holds():
            return True
        before = self._clock.now()
        # With something in it that no other lease has, so that one can be told from the next.
        value = self._seal.close("lease", self._asking())
        # Some caches do not say whether they did.
        self._tried = os.getpid(), value, before
        if not self._cache.add(self._lease_key, value, timeout=self.lease):
            return False
        self._held = os.getpid(), before, self.lease
        return True

    def _asking(self) -> list[Any]:
        return ["asking", os.urandom(8).hex()]

    def holds(self) -> bool:
        """Tell whether this process has the lease."""
        if self._held is None:
            return False
        process, since, lasts = self._held
        return process == os.getpid() and self._clock.now().since(since) < lasts - _MARGIN

    @property
    def hold(self) -> object:
        """Give what tells the present hold of the lease from another one."""
        return self._held

    def release(self, hold: object = None) -> None:
        """Give the lease back; one that may be another's by now is left to end.

        Args:
            hold: The hold of the lease that is meant; None for any.
        """
        if self.holds() and hold in (None, self._held):
            self._held = self._tried = None
            self._cache.delete(self._lease_key)

    def standing(self) -> tuple[Any, Failed | None]:
        """Tell what hinders this process from asking.

        Returns:
            The value as it is in the cache, None when there is none or the lease is this
            process's own; and the failure, unless it is somebody's lease.

        Raises:
            GarbageError: The value is not to be believed.
        """
        value = None if self.holds() else self._cache.get(self._lease_key)
        if self._tried and self._tried[:2] == (os.getpid(), value):
            self._held = os.getpid(), self._tried[2], self.lease
        if value is None or self.holds():
            return None, None
        if _is_large(value):
            raise GarbageError("lease")
        try:
            state, *told = self._seal.open("lease", value)
            failed = None if state == "asking" else self._failed(told)
            self.lasts = float(told[1]) if failed is None and len(told) > 1 else LEASE
        except Exception:
            raise GarbageError("lease") from None
        return value, failed

    def remove(self, lease: Any) -> None:
        """Remove a lease that has not ended in its time.

        Args:
            lease: Its value; another's stays.
        """
        if self._cache.get(self._lease_key) in (None, lease):
            self._cache.delete(self._lease_key)

    def tell(self, failed: Failed) -> None:
        """Share a failure, in the place of the lease.

        Raises:
            LossyCacheError: The cache did not take it.
        """
        error, until = failed.error, self._clock.now().wall + failed.seconds
        content = [str(error), error.error, error.description, error.status_code, error.retry_after]
        if isinstance(error, SignInRequiredError):
            content.append(True)
        value = self._seal.close(
            "lease", ["failed", until, failed.seconds, failed.for_all, *content]
        )
        # Rounded down: nobody is kept waiting for longer than was meant.
        seconds = max(math.floor(failed.seconds), 1)
        if self.holds():
            self._held = None
            self._set(self._lease_key, value, seconds)
        else:
            # Another process may have the lease by now, and be asking.
            self._cache.add(self._lease_key, value, timeout=seconds)

    def _failed(self, told: list[Any]) -> Failed:
        until, seconds, for_all, message, error, description, status_code, retry_after, *over = told
        failure = (SignInRequiredError if over else TokenError)(
            # They are no secrets.
            str(message),
            error=None if error is None else str(error),
            description=None if description is None else str(description),
            status_code=status_code,
            retry_after=retry_after,
        )
        left = float(until) - self._clock.now().wall
        if math.isnan(left + seconds):
            raise ValueError("no number")
        seconds = min(seconds, RETRY_AFTER_CAP)
        return Failed(failure, seconds, bool(for_all), min(max(left, 0.0), seconds))

    def _set(self, key: str, value: str, seconds: int) -> None:
        if self._cache.set(key, value, timeout=seconds) is False:
            raise LossyCacheError("set")


def _is_large(value: Any) -> bool:
    """Tell what is larger than any token answer that this package reads."""
    return isinstance(value, str | bytes) and len(value) > _MOST
