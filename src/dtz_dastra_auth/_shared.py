"""A store that several processes share, through the cache that they already have."""

import base64
import hashlib
import hmac
import json
import logging
import os
import time
from functools import partial
from typing import Any, Protocol

from . import _checks
from ._errors import ConfigurationError
from ._flow import Ask, Steps
from ._oauth import LONGEST_LIFETIME
from ._slot import Slot
from ._stores import Identity, MemoryTokenStore, Obtain
from ._token import Deadline, Token

logger = logging.getLogger("dtz_dastra_auth")

_VERSION = "1"
_NONCE = 12
# Seconds for which a cache that failed is left alone.
_RESPITE = 30.0


class Cache(Protocol):
    """What Django's caches, Flask-Caching and cachelib have in common; timeouts in seconds."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: str, timeout: Any = ...) -> Any: ...

    def add(self, key: str, value: str, timeout: Any = ...) -> Any: ...

    def delete(self, key: str) -> Any: ...


class SharedTokenStore:
    """Keep tokens in a cache that other processes share, with this process's memory in front.

    The cache is asked when this process has no token that serves, or is about to renew it, and
    never on an event loop. What is stored is encrypted and authenticated with a key that is
    derived from the client's secret: who can read the cache learns no token and can plant none.
    A cache that fails costs a WARNING and is left alone for 30 s; callers never see its errors.
    """

    def __init__(
        self, cache: Cache, *, encrypt: bool = True, prefix: str = "dtz-dastra-auth:"
    ) -> None:
        """Take a cache; it is not asked before the first call.

        Args:
            cache: An object with ``get``, ``set``, ``add`` and ``delete``.
            encrypt: Whether values are encrypted; False stores tokens as plain text.
            prefix: What every key in the cache starts with.

        Raises:
            ConfigurationError: The cache has not got these methods.
        """
        methods = ("get", "set", "add", "delete")
        if isinstance(cache, type) or not all(callable(getattr(cache, m, None)) for m in methods):
            raise ConfigurationError("cache: expected an object with get, set, add and delete")
        if not isinstance(prefix, str):
            raise ConfigurationError(f"prefix: expected a str, got {type(prefix).__name__}")
        if not isinstance(encrypt, bool):
            raise ConfigurationError(f"encrypt: expected a bool, got {type(encrypt).__name__}")
        self._cache = cache
        self._encrypt = encrypt
        self._prefix = prefix
        self._start()

    def _start(self) -> None:
        self._memory = MemoryTokenStore()
        self._keys: dict[bytes, bytes] = {}
        self._rests_until = 0.0
        self._disbelieved_until = 0.0

    def slot(self, identity: Identity) -> Slot:
        """Give the state that this process holds for an identity.

        Args:
            identity: Whose token it is.
        """
        return self._memory.slot(identity)

    def obtaining(self, identity: Identity, obtain: Obtain) -> Obtain:
        """Ask the cache before the token endpoint, and tell it what was answered.

        Args:
            identity: Whose token it is.
            obtain: Makes the token request.
        """
        return partial(self._obtain, identity, obtain)

    def clear(self) -> None:
        """Forget what this process holds; what is in the cache stays until it ends."""
        self._memory.clear()

    def _obtain(
        self, identity: Identity, obtain: Obtain, deadline: Deadline, previous: Token | None
    ) -> Steps[tuple[str, float]]:
        found: tuple[str, float] | None = yield Ask(partial(self._load, identity))
        if found is not None and not (previous and previous.value == found[0]):
            return found
        value, lifetime = yield from obtain(deadline, previous)
        yield Ask(partial(self._save, identity, value, lifetime))
        return value, lifetime

    def _load(self, identity: Identity) -> tuple[str, float] | None:
        now = time.monotonic()
        if now < max(self._rests_until, self._disbelieved_until):
            return None
        try:
            key = self._key(identity)
            value = self._cache.get(self._cache_key(key))
        except Exception as error:
            self._rest(error)
            return None
        if value is None:
            return None
        try:
            token, expires_at = json.loads(self._open(key, identity, value))
            left = float(expires_at) - time.time()
            token = _checks.token_text("token", token)
        except Exception as error:
            # The next token that this process gets takes its place.
            self._disbelieved_until = now + _RESPITE
            logger.warning("a shared token is not believed: %s", type(error).__qualname__)
            return None
        return (token, min(left, LONGEST_LIFETIME)) if left > 0 else None

    def _save(self, identity: Identity, token: str, lifetime: float) -> None:
        if time.monotonic() < self._rests_until or lifetime < 1:
            return
        try:
            key = self._key(identity)
            value = self._seal(key, identity, json.dumps([token, time.time() + lifetime]))
            self._cache.set(self._cache_key(key), value, timeout=int(lifetime))
        except Exception as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _RESPITE
        # The error's text may hold the cache's address and password.
        logger.warning("the shared token store failed with %s", type(error).__qualname__)

    def _cache_key(self, key: bytes) -> str:
        # Made from the derived key, so that it is no oracle for guessing a password.
        return self._prefix + hmac.new(key, b"cache key", hashlib.sha256).hexdigest()

    def _key(self, identity: Identity) -> bytes:
        # Without a lock: one flight an identity asks for it, and a fork could leave one held.
        filed = identity.key()
        key = self._keys.get(filed)
        if key is None:
            key = self._keys.setdefault(filed, _derive(identity))
        return key

    def _seal(self, key: bytes, identity: Identity, text: str) -> str:
        if not self._encrypt:
            return text
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        sealed = AESGCM(key).encrypt(nonce, text.encode(), _bound_to(identity))
        return base64.b64encode(nonce + sealed).decode("ascii")

    def _open(self, key: bytes, identity: Identity, value: str) -> str:
        if not self._encrypt:
            return value
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = base64.b64decode(value, validate=True)
        if base64.b64encode(sealed).decode("ascii") != value:
            # The last character has bits that decoding ignores.
            raise ValueError("not as it was written")
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(identity)).decode()

    def __getstate__(self) -> tuple[Cache, bool, str]:
        return self._cache, self._encrypt, self._prefix

    def __setstate__(self, state: tuple[Cache, bool, str]) -> None:
        self._cache, self._encrypt, self._prefix = state
        self._start()

    def __copy__(self) -> "SharedTokenStore":
        return self

    def __deepcopy__(self, memo: object) -> "SharedTokenStore":
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}(encrypt={self._encrypt!r}, prefix={self._prefix!r})"


def _bound_to(identity: Identity) -> bytes:
    return json.dumps([_VERSION, *identity.parts]).encode()


def _derive(identity: Identity) -> bytes:
    bound, secret = _bound_to(identity), identity.secret.encode()
    if identity.from_password:
        # scrypt with OWASP's second choice of cost, 32 MiB: a password can be guessed at.
        salt = hashlib.sha256(bound).digest()
        return hashlib.scrypt(secret, salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=bound).derive(secret)
