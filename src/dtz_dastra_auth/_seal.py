"""What a shared cache sees of an identity: names that tell nothing, and values that are sealed.

Everything is derived from the client's secret, or from the user's password, so that neither a
name nor a value is an oracle for guessing it: a key pair's secret is random, and a password costs
a scrypt a guess.
"""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

from ._hidden import Credential, CredentialBytes
from ._stores import MOST_IDENTITIES, Identity

VERSION = 1

_NONCE = 12


class Seal:
    """One identity's names and values in a cache.

    Building one can take a tenth of a second: a password's key is derived by scrypt.

    Attributes:
        root: What the keys are derived from; as secret as they are.
        parts: What is not secret of the identity.
    """

    def __init__(self, identity: Identity, *, encrypt: bool, root: bytes | None = None) -> None:
        """Derive the keys of an identity.

        Args:
            identity: Whose they are.
            encrypt: Whether values are encrypted.
            root: What they are derived from, if it is known and the identity's secret is not.
        """
        self.root = _root(identity) if root is None else root
        self.parts = identity.parts
        # None where values are not encrypted.
        self._key = self._derived("values") if encrypt else None

    def name(self, purpose: str) -> str:
        """Give the name that a value is filed under.

        Args:
            purpose: What the value is for.
        """
        return self._derived(f"name of the {purpose}").hex()

    def close(self, purpose: str, content: list[Any]) -> str:
        """Write a value for the cache.

        Args:
            purpose: What it is for; it opens for nothing else.
            content: What JSON can hold.
        """
        text = Credential(json.dumps([VERSION, purpose, *content]))
        if self._key is None:
            # Caches pickle what they are given: a class of ours would have to be importable.
            return str(text)
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._key).encrypt(nonce, text.encode(), self._bound_to(purpose))
        return base64.b64encode(nonce + sealed).decode("ascii")

    def open(self, purpose: str, value: Any) -> list[Any]:
        """Read what `close` has written.

        Args:
            purpose: What it has to be for.
            value: What the cache gave.

        Raises:
            Exception: It is nothing of ours, of another version, for another purpose or identity,
                or was changed; of any class, since what was tampered with can break anything.
        """
        # Some caches give back bytes.
        text = value.decode("ascii") if isinstance(value, bytes) else value
        if self._key is not None:
            text = self._decrypted(purpose, text)
        version, said, *content = json.loads(text)
        if (version, said) != (VERSION, purpose):
            raise ValueError("of another version, or for another purpose")
        return [Credential(each) if isinstance(each, str) else each for each in content]

    def _decrypted(self, purpose: str, text: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        assert self._key is not None
        sealed = base64.b64decode(text, validate=True)
        if base64.b64encode(sealed).decode("ascii") != text:
            # The last character has bits that decoding ignores.
            raise ValueError("not as it was written")
        opened = AESGCM(self._key).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], self._bound_to(purpose)
        )
        return Credential(opened.decode())

    def _bound_to(self, purpose: str) -> bytes:
        return json.dumps([VERSION, purpose, *self.parts]).encode()

    def _derived(self, label: str) -> bytes:
        return CredentialBytes(hmac.digest(self.root, label.encode(), hashlib.sha256))


_roots: dict[bytes, bytes] = {}


def _root(identity: Identity) -> bytes:
    # Without a lock: one flight an identity asks for it, and a fork could leave one held.
    filed = identity.key()
    root = _roots.get(filed)
    if root is None:
        if len(_roots) >= MOST_IDENTITIES:
            _roots.clear()
        root = _roots.setdefault(filed, CredentialBytes(_derive(identity)))
    return root


def _derive(identity: Identity) -> bytes:
    bound = json.dumps([VERSION, *identity.parts]).encode()
    secret = CredentialBytes(identity.secret.encode())
    if identity.from_password:
        # scrypt with OWASP's second choice of cost, 32 MiB: a password can be guessed at.
        salt = hashlib.sha256(bound).digest()
        return hashlib.scrypt(secret, salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=bound).derive(secret)
