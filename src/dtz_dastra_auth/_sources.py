"""Where the secret of a request comes from: it is static, asked for, or renewed."""

import copy
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from requests.auth import AuthBase

from . import _checks
from ._errors import ConfigurationError
from ._flow import Ask, Caller, Steps
from ._renewal import Renewal
from ._slot import Slot
from ._stores import Identity, TokenStore, default_store
from ._token import Deadline, Token

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


class RenewingSource:
    """A token that is taken from a token endpoint, kept, shared and renewed.

    A grant is a subclass with an `_obtain` of its own.
    """

    renews = True
    _slot: Callable[[], Slot | None] = staticmethod(_nothing)

    def __init__(
        self,
        identity: Identity,
        *,
        session: object,
        store: TokenStore | None,
        timeout: float,
    ) -> None:
        """Hold what a grant needs; nothing is asked for before the first request.

        Args:
            identity: What makes the token.
            session: What requests sends token requests over; None for a plain one.
            store: Where the token is kept; None for the store of the process.
            timeout: How long getting a token may take, in seconds.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        if isinstance(session, type) or not (session is None or hasattr(session, "get_adapter")):
            raise ConfigurationError("session: expected a requests.Session")
        given: object = store
        if isinstance(given, type) or not (given is None or hasattr(given, "renew")):
            raise ConfigurationError("store: expected a MemoryTokenStore() or SharedTokenStore(…)")
        self._identity = identity
        self._session = session
        self._store = store
        self._timeout = _checks.seconds("timeout", timeout)

    def ready(self) -> Token | None:
        """Give the token while there is nothing to decide about it."""
        return self._state().ready()

    def token(self, caller: Caller, rejected: Token | None) -> Steps[Token | None]:
        """Give the token that serves now, renewed when that is due.

        Raises:
            TokenError: No token could be had.
        """
        store, slot = self._kept_in(), self._state()
        timeout = self._timeout if caller.timeout is None else min(self._timeout, caller.timeout)
        renew = partial(store.renew, self._identity)
        renewal = Renewal(slot, self._obtain, self._label, caller, renew)
        return (yield from renewal.token(rejected, Deadline.after(slot.clock, timeout)))

    def reject(self, token: Token) -> None:
        """Take note that a token was refused; the next call renews it."""
        self._state().reject(token)

    if not TYPE_CHECKING:

        def __call__(self, *args: object, **kwargs: object) -> object:
            # What clients do with an ``auth=`` that they do not know.
            name = type(self).__name__
            raise ConfigurationError(
                f"auth: {name} only gets tokens; pass auth=DtzBearer({name}(…)), say"
            )

    def _state(self) -> Slot:
        # What the store finds it by takes longer to make than all else that is done for a request.
        slot = self._slot()
        if slot is None or slot.is_dropped:
            store = self._kept_in()
            slot = store.slot(self._identity)
            # What a store forgets is not to live on here; and one of somebody else's may have
            # another answer each time.
            ask = getattr(type(store), "slot", None)
            if getattr(ask, "__module__", "").startswith(f"{__package__}."):
                self._slot = weakref.ref(slot)
        slot.is_in_use = True
        return slot

    def _kept_in(self) -> TokenStore:
        return default_store() if self._store is None else self._store

    @property
    def _label(self) -> str:
        """Tell whose token it is, in words that are not secret."""
        raise NotImplementedError

    def _obtain(self, deadline: Deadline, previous: Token | None) -> Steps[tuple[str, float]]:
        """Make the token request of this grant; gives the token's value and lifetime."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RenewingSource) and (
            (type(self), self._identity, self._session, self._store, self._timeout)
            == (type(other), other._identity, other._session, other._store, other._timeout)
        )

    def __hash__(self) -> int:
        return hash((type(self), self._identity))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_slot"}

    def __deepcopy__(self, memo: object) -> "RenewingSource":
        # Nothing in it changes, and a deep copy of a session is another session: a shallow copy
        # goes on sending over the one that was given.
        return copy.copy(self)


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
