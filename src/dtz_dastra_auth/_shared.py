"""A store that several processes share, through the cache that they already have."""

import inspect
import weakref
from collections.abc import Callable
from functools import partial
from random import random
from typing import Final

from ._chain_share import ChainShare
from ._chain_shelf import ChainShelf
from ._errors import ConfigurationError
from ._flow import Steps
from ._health import Health
from ._lease import Share
from ._need import Attempt, Later, Need
from ._rotation import Chain
from ._seal import Seal
from ._shelf import Cache, Shelf
from ._slot import Slot
from ._stores import Identity, MemoryTokenStore
from ._token import Clock, SystemClock, Token

_METHODS = ("get", "set", "add", "delete")


class SharedTokenStore:
    """Keep tokens in a cache that other processes share, with this process's memory in front.

    All processes with the same client or user make one token request between them, where the
    cache's ``add`` is atomic: in Redis, Memcached and Django's database cache, and not in files.
    The cache is asked when this process has no token that serves, or is about to renew it, and
    never on an event loop. What is stored is encrypted and authenticated with a key that is
    derived from the client's secret, or the user's password: who can read the cache learns no
    token and can plant none. A cache that fails costs a WARNING and is left alone for 30 s;
    callers never see its errors. How long a question to it may take is its client's own timeout.

    A copy of a store is the store itself; a pickled one arrives with the cache, if that can be
    pickled, and no token.

    Attributes:
        is_shared: That other processes may share it.
    """

    is_shared: Final = True

    def __init__(
        self,
        cache: Cache,
        *,
        encrypt: bool = True,
        prefix: str = "dtz-dastra-auth:",
        clock: Clock | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        """Take a cache; it is not asked before the first call.

        Args:
            cache: An object with ``get(key)``, ``set(key, value, timeout=…)``, ``add(key, value,
                timeout=…)`` and ``delete(key)``, timeouts in seconds: a cache of Django,
                Flask-Caching or cachelib, say. It is asked from several threads.
            encrypt: Whether values are encrypted; False stores tokens as plain text.
            prefix: What every key in the cache starts with. Processes share a token only if they
                have the same prefix, and the same kind of cache with the same settings.
            clock: Where the time is read; the machine's clocks when None.
            jitter: Gives a number from 0 up to 1, for spreading renewals and pauses;
                ``random.random`` when None.

        Raises:
            ConfigurationError: The cache has not got these methods, or they are asynchronous; or
                another argument cannot work.
        """
        methods = [getattr(cache, name, None) for name in _METHODS]
        if isinstance(cache, type) or not all(callable(method) for method in methods):
            raise ConfigurationError("cache: expected an object with get, set, add and delete")
        if any(inspect.iscoroutinefunction(method) for method in methods):
            raise ConfigurationError("cache: expected one for blocking code, asked from threads")
        if not isinstance(prefix, str):
            raise ConfigurationError(f"prefix: expected a str, got {type(prefix).__name__}")
        if not prefix.isprintable():
            raise ConfigurationError("prefix: contains a control character")
        if not isinstance(encrypt, bool):
            raise ConfigurationError(f"encrypt: expected a bool, got {type(encrypt).__name__}")
        self._cache = cache
        self._encrypt = encrypt
        self._prefix = prefix
        self._start(clock or SystemClock(), jitter or random)

    def _start(self, clock: Clock, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self._memory = MemoryTokenStore(clock=clock, jitter=jitter)
        self._health = Health(clock)
        # What the memory forgets is forgotten here too.
        self._shares: weakref.WeakKeyDictionary[Slot, Share] = weakref.WeakKeyDictionary()

    def slot(self, identity: Identity) -> Slot:
        """Give the state that this process holds for an identity; for auth objects, not callers.

        Args:
            identity: Whose token it is.
        """
        return self._memory.slot(identity)

    def renew(self, identity: Identity, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Take the fleet's token, or make the token request for all; for auth objects.

        Args:
            identity: Whose token it is.
            need: What for.
            attempt: Makes the token request.
        """
        slot = self.slot(identity)
        share = self._shares.get(slot)
        if share is None:
            share = self._shares.setdefault(slot, self._share(identity, need.chain))
        return share.renew(need, attempt)

    def keep(self, identity: Identity) -> Steps[None]:
        """Put what the cache did not take at its time; for auth objects.

        Args:
            identity: Whose token it is.
        """
        share = self._shares.get(self.slot(identity))
        if isinstance(share, ChainShare):
            yield from share.keep()

    def is_to_tell(self, identity: Identity, refresh_token: str) -> Steps[bool]:
        """Find out whether nobody has told a refresh token yet; for auth objects.

        Args:
            identity: Whose refresh token it is.
            refresh_token: The refresh token.
        """
        share = self._shares.get(self.slot(identity))
        if isinstance(share, ChainShare):
            return (yield from share.is_to_tell(refresh_token))
        return True

    def told(self, identity: Identity, refresh_token: str | None) -> Steps[None]:
        """Note for other processes that a refresh token was told; for auth objects.

        Args:
            identity: Whose refresh token it is.
            refresh_token: The refresh token; None when it could not be told.
        """
        share = self._shares.get(self.slot(identity))
        if isinstance(share, ChainShare):
            yield from share.told(refresh_token)

    def clear(self) -> None:
        """Forget what this process holds.

        What is in the cache is found again by the next call: to ask anew, delete its keys there
        first.
        """
        self._memory.clear()

    def _share(self, identity: Identity, chain: Chain | None) -> Share:
        if chain is not None:
            filed = ChainShelf(self._cache, self._prefix, self._clock, chain, encrypt=self._encrypt)
            return ChainShare(filed, chain, self._health, self._clock, self._jitter)
        make_seal = partial(Seal, identity, encrypt=self._encrypt)
        shelf = Shelf(self._cache, self._prefix, self._clock, make_seal)
        return Share(shelf, self._health, self._clock, self._jitter)

    def __getstate__(self) -> tuple[Cache, bool, str]:
        return self._cache, self._encrypt, self._prefix

    def __setstate__(self, state: tuple[Cache, bool, str]) -> None:
        self._cache, self._encrypt, self._prefix = state
        self._start(SystemClock(), random)

    def __copy__(self) -> "SharedTokenStore":
        return self

    def __deepcopy__(self, memo: object) -> "SharedTokenStore":
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}(encrypt={self._encrypt!r}, prefix={self._prefix!r})"
