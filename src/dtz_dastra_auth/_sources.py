"""Where the secret of a request comes from: it is static, asked for, or renewed."""

import weakref
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, runtime_checkable

from requests.auth import AuthBase

from ._errors import ConfigurationError
from ._flow import Ask, Caller, Steps
from ._renewing_source import RenewingSource
from ._token import Token

Check: TypeAlias = Callable[[str, object], str]


def _nothing() -> None:
    """Be a reference to nothing."""


@runtime_checkable
class TokenSource(Protocol):
    """Something that has a token whenever a request needs one, such as `DtzLogin`.

    Attributes:
        renews: Whether a token that was refused can be replaced.
    """

    @property
    def renews(self) -> bool: ...

    def token(self, caller: Caller, rejected: Token | None) -> Steps[Token | None]:
        """Give the token for one request, as steps that a driver carries out.

        Args:
            caller: What the driver can do.
            rejected: The token that has just come back with a 401, or None.

        Returns:
            The token; None when one was rejected and there is no other.

        Raises:
            TokenError: No token could be had.
        """
        ...

    def reject(self, token: Token) -> None:
        """Take note of a 401 whose call cannot be replayed, so that the next one renews.

        Args:
            token: The token that has come back with it.
        """
        ...


class Source(TokenSource, Protocol):
    """A token source of ours."""

    def ready(self) -> Token | None:
        """Give the token at once, or None when the steps of `token` have to be gone through."""
        ...


class StaticSource:
    """One secret for ever."""

    renews = False

    def __init__(self, secret: str) -> None:
        """Hold a secret that a constructor has checked."""
        self._token = Token(secret)

    def ready(self) -> Token | None:
        """Give the secret."""
        return self._token

    def token(self, caller: Caller, rejected: Token | None) -> Steps[Token | None]:
        """Give the secret, and nothing else when it was rejected."""
        yield from ()
        return None if rejected else self._token

    def reject(self, token: Token) -> None:
        """Have no other secret to give."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaticSource) and self._token == other._token

    def __hash__(self) -> int:
        return hash(self._token)


class CallableSource:
    """A caller's own function, asked for every request and never cached."""

    renews = True

    def __init__(self, function: Callable[[], Any], check: Check, parameter: str) -> None:
        """Hold a function.

        Args:
            function: Gives the secret; may be a coroutine function.
            check: What every secret it gives has to pass.
            parameter: How the caller knows it, for messages.
        """
        self._function = function
        self._check = check
        self._parameter = parameter

    def ready(self) -> Token | None:
        """Have none: the function is asked for every request."""

    def token(self, caller: Caller, rejected: Token | None) -> Steps[Token | None]:
        """Ask the function; when one was rejected, only another answer counts.

        Raises:
            ConfigurationError: What it gave cannot be sent, or it is a coroutine function and
                the client is a blocking one.
        """
        secret = yield Ask(self._function)
        token = Token(self._check(f"{self._parameter}()", secret))
        return None if rejected and rejected.value == token.value else token

    def reject(self, token: Token) -> None:
        """Leave it: the function is asked for every request anyway."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallableSource) and self._function == other._function

    def __hash__(self) -> int:
        return hash(self._function)


class CheckedSource:
    """A source whose tokens have to fit where they are put."""

    _checked: Callable[[], Token | None] = staticmethod(_nothing)

    def __init__(self, source: TokenSource, check: Check, parameter: str) -> None:
        """Hold a source.

        Args:
            source: Where the tokens come from.
            check: What each of them has to pass.
            parameter: How the caller knows the source, for messages.
        """
        self._source = source
        self._check = check
        self._parameter = parameter

    @property
    def renews(self) -> bool:
        """Tell whether a token that was refused can be replaced."""
        return self._source.renews

    def ready(self) -> Token | None:
        """Give the source's token, if it has one at once.

        Raises:
            ConfigurationError: It cannot be put where it is to go.
        """
        # A source of somebody else's may have an attribute of this name for other ends.
        token = self._source.ready() if isinstance(self._source, RenewingSource) else None
        if token is not None and token is not self._checked():
            self._check(self._parameter, token.value)
            self._checked = weakref.ref(token)
        return token

    def token(self, caller: Caller, rejected: Token | None) -> Steps[Token | None]:
        """Give the source's token.

        Raises:
            ConfigurationError: It cannot be put where it is to go.
            TokenError: No token could be had.
        """
        token = yield from self._source.token(caller, rejected)
        if token is not None:
            self._check(self._parameter, token.value)
        return token

    def reject(self, token: Token) -> None:
        """Tell the source of a 401 whose call cannot be replayed."""
        self._source.reject(token)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_checked"}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CheckedSource) and self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source)


def renewing(source: TokenSource) -> RenewingSource | None:
    """Give the source below that makes token requests, None where there is none.

    Args:
        source: The source of an auth object.
    """
    if isinstance(source, CheckedSource):
        source = source._source
    return source if isinstance(source, RenewingSource) else None


def source_of(parameter: str, secret: object, check: Check) -> Source:
    """Make a source of what a caller passed.

    Args:
        parameter: How the caller knows it, for messages.
        secret: A secret, a function that gives one, or a source.
        check: What a secret has to pass.

    Raises:
        ConfigurationError: It is none of these, or a secret that cannot be sent.
    """
    # A class has its instances' methods, and an auth object can be called: neither is a source.
    if isinstance(secret, type | AuthBase):
        raise ConfigurationError(f"{parameter}: expected a str, a function or a token source")
    if isinstance(secret, TokenSource):
        return CheckedSource(secret, check, parameter)
    if callable(secret):
        return CallableSource(secret, check, parameter)
    return StaticSource(check(parameter, secret))
