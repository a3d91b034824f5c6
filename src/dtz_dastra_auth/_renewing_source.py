"""A token that is taken from a token endpoint, kept, shared and renewed."""

import copy
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from . import _checks
from ._errors import ConfigurationError
from ._flow import Caller, Steps
from ._need import Attempt, Granted, Later, Need
from ._renewal import Renewal
from ._slot import Slot
from ._stores import Identity, TokenStore, default_store
from ._token import Deadline, Token


def _nothing() -> None:
    """Be a reference to nothing."""


class RenewingSource:
    """A token that is taken from a token endpoint, kept, shared and renewed.

    A grant is a subclass with an `_obtain` of its own.
    """

    renews = True
    # Whether a token request spends what made it, so that an answer must not be lost.
    _is_careful = False
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
        slot = self._state()
        timeout = self._timeout if caller.timeout is None else min(self._timeout, caller.timeout)
        obtain = partial(self._obtain, rejected)
        renew = partial(self._renew, caller)
        renewal = Renewal(slot, obtain, self._label, caller, renew, self._is_careful)
        deadline = Deadline.after(slot.clock, timeout)
        whole = Deadline.after(slot.clock, self._timeout) if self._is_careful else deadline
        return (yield from renewal.token(rejected, deadline, whole))

    def reject(self, token: Token) -> None:
        """Take note that a token was refused; the next call renews it."""
        self._state().reject(token)

    def _renew(self, caller: Caller, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        return self._kept_in().renew(self._identity, need, attempt)

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

    def _obtain(
        self, rejected: Token | None, deadline: Deadline, previous: Token | None
    ) -> Steps[Granted]:
        """Make the token request of this grant.

        Args:
            rejected: The token that its request has just come back with a 401 for.
            deadline: When the token has to be there.
            previous: The token to be replaced, if there is any.
        """
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
