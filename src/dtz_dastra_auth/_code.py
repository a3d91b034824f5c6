"""The code that a browser brings back from a sign-in (RFC 6749 section 4.1)."""

from typing import Any

from . import _check_urls, _checks
from ._hidden import Credential
from ._rotation import identity_of
from ._stores import Identity


class Code:
    """A code, and what it is exchanged with.

    No dataclass, and without a dictionary: encoders for JSON write either out.
    """

    __slots__ = ("_code", "_redirect_uri", "_verifier")

    def __init__(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Hold what was checked.

        Args:
            code: The code.
            redirect_uri: Where the browser was sent back to.
            verifier: The code verifier; empty without.
        """
        self._code = Credential(code)
        self._redirect_uri = redirect_uri
        self._verifier = Credential(verifier)

    @classmethod
    def checked(cls, code: str, redirect_uri: str, code_verifier: str | None) -> "Code":
        """Take what a caller passed.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        code = _checks.code("code", code)
        redirect_uri = _check_urls.redirect_uri("redirect_uri", redirect_uri)
        if code_verifier is None:
            return cls(code, redirect_uri, "")
        return cls(code, redirect_uri, _checks.code_verifier("code_verifier", code_verifier))

    def identity(self, parts: tuple[str, ...], *secrets: str) -> Identity:
        """Give what a sign-in with it is found by.

        Args:
            parts: What is not secret of the client.
            *secrets: What is.
        """
        parts = (*parts, self._redirect_uri)
        return identity_of(Identity(parts, self._code), self._verifier, *secrets)

    def fields(self) -> dict[str, str]:
        """Give the parameters of its exchange (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
        fields: dict[str, str] = {
            "grant_type": "authorization_code",
            "redirect_uri": self._redirect_uri,
            "code": self._code,
        }
        return fields | ({"code_verifier": self._verifier} if self._verifier else {})

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give what must not show in an error."""
        return (self._code, self._verifier) if self._verifier else (self._code,)

    def __reduce__(self) -> tuple[Any, ...]:
        # The oldest pickles know no slots.
        return Code, (self._code, self._redirect_uri, self._verifier)
