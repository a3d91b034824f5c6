"""What continues a sign-in: a code first, and then what the service gave for it."""

import copy
import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from ._errors import ConfigurationError, SignInRequiredError, TokenError, retold
from ._flow import Ask, Caller, Pause, Steps
from ._need import Attempt, Granted, Later, Need
from ._renewing_source import RenewingSource
from ._rotation import Beginning, Chain, chain_of
from ._slot import PAUSE_AT_MOST
from ._stores import TokenStore
from ._telling import Telling
from ._token import Deadline, Token

T = TypeVar("T")

# Seconds.
_LOOK_AGAIN = 0.05

# What it gives is awaited where it can be.
OnRefreshToken: TypeAlias = Callable[[str], object]


class SignedInSource(RenewingSource):
    """A token that a person has signed in for.

    A grant is a subclass with an `_exchange` of its own.
    """

    _is_careful = True

    def __init__(
        self,
        beginning: Beginning,
        *,
        on_refresh_token: OnRefreshToken | None = None,
        session: object,
        store: TokenStore | None,
        timeout: float,
    ) -> None:
        """Hold what a grant needs; nothing is asked for before the first request.

        Args:
            beginning: What was signed in with.
            on_refresh_token: Is told each new refresh token.
            session: As in `RenewingSource`.
            store: As in `RenewingSource`.
            timeout: As in `RenewingSource`.

        Raises:
            ConfigurationError: One of them cannot work.
        """
        if on_refresh_token is not None and (
            isinstance(on_refresh_token, type) or not callable(on_refresh_token)
        ):
            raise ConfigurationError("on_refresh_token: expected a function of one argument")
        super().__init__(beginning.identity, session=session, store=store, timeout=timeout)
        self._beginning: Final = beginning
        self._tell = on_refresh_token
        self._chain = self._find_chain()

    def _find_chain(self) -> Chain:
        chain = chain_of(self._beginning)
        # All that continue one sign-in share one token.
        self._identity = chain.identity
        return chain

    def ready(self) -> Token | None:
        """Give the token while there is nothing to decide about it, to tell or to keep."""
        chain = self._chain
        if chain.unkept is not None or (chain.untold is not None and self._listener):
            return None
        return super().ready()

    def token(self, caller: Caller, rejected: Token | None) -> Steps[Token | None]:
        """Give the token that serves now, once its refresh token has been told.

        Raises:
            ConfigurationError: What is to be told is a coroutine function, and the client a
                blocking one.
            SignInRequiredError: There will be none before the person signs in again.
            TokenError: No token could be had.
        """
        if self._tell is not None and caller.blocks and _is_async(self._tell):
            raise ConfigurationError("on_refresh_token: an async function needs an async client")
        token = yield from super().token(caller, rejected)
        if self._chain.unkept is not None:
            yield from self._keep_at_last(caller)
        if (tell := self._listener) is not None:
            yield from self._tell_of_new(tell, caller)
        return token

    @property
    def _listener(self) -> OnRefreshToken | None:
        # What another process has begun it tells itself.
        is_ours = self._is_shared() or not self._chain.is_foreign
        return self._tell if is_ours else None

    def _keep_at_last(self, caller: Caller) -> Steps[None]:
        deadline = Deadline.after(self._state().clock, self._timeout)
        steps = partial(self._kept_in().keep, self._identity)
        # The token is there: whatever hinders this is no trouble of this call.
        with suppress(TokenError):
            yield from self._chain.exchanging.through(steps, caller, deadline, self._label)

    def _tell_of_new(self, tell: OnRefreshToken, caller: Caller) -> Steps[None]:
        chain, store = self._chain, self._kept_in()
        deadline = Deadline.after(self._state().clock, self._timeout)

        def in_turn(steps: Callable[[], Steps[T]]) -> Steps[T]:
            # After whoever got the refresh token has shared it, and not while this process is at
            # the next one: what is shared of the two is one lease.
            return chain.exchanging.through(steps, caller, deadline, self._label)

        def noted(refresh_token: str) -> Steps[None]:
            yield from store.told(self._identity, refresh_token)
            # Not before: whoever finds nothing to tell gives the lease back.
            chain.was_told(refresh_token)

        def tell_it() -> Steps[None]:
            refresh_token = chain.untold
            # Another caller may have told it meanwhile, or another process.
            if refresh_token is None:
                return
            is_to_tell = partial(store.is_to_tell, self._identity, refresh_token)
            if not (yield from in_turn(is_to_tell)):
                chain.was_told(refresh_token)
                return
            try:
                yield from self._call(tell, refresh_token, deadline)
            except Exception:
                yield from in_turn(partial(store.told, self._identity, None))
                raise
            try:
                with suppress(TokenError):
                    yield from in_turn(partial(noted, refresh_token))
            finally:
                chain.was_told(refresh_token)

        # What is told may itself make a call with this very object.
        while chain.untold is not None and not chain.telling.is_mine():
            if deadline.left() < 0:
                raise TokenError(f"on_refresh_token keeps renewing the token for {self._label}")
            yield from chain.telling.through(tell_it, caller, deadline, self._label)

    def _call(self, tell: OnRefreshToken, refresh_token: str, deadline: Deadline) -> Steps[None]:
        # One that a cancelled call has left goes on in its thread, and would tell an older one
        # after this one.
        while (running := self._chain.telling_now) is not None and running.is_running:
            if deadline.left() < 0:
                raise TokenError(f"an earlier call of on_refresh_token for {self._label} hangs")
            yield Pause(_LOOK_AGAIN)
        call = Telling(tell, refresh_token)
        if _is_async(tell):
            yield Ask(call.awaited, parameter="on_refresh_token")
        else:
            self._chain.telling_now = call
            yield Ask(call, parameter="on_refresh_token", may_be_left=False)

    def _renew(self, caller: Caller, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        known = need._replace(
            chain=self._chain, patience=self._timeout, tells=self._tell is not None
        )
        if self._chain.is_foreign and not self._is_shared():
            error = TokenError(
                f"another process may have continued the sign-in of {self._label}: give both a"
                " SharedTokenStore"
            )
            return _later(Later(PAUSE_AT_MOST, error))
        steps = partial(super()._renew, caller, known, attempt)
        return self._chain.exchanging.through(steps, caller, need.deadline, self._label)

    def _obtain(
        self, rejected: Token | None, deadline: Deadline, previous: Token | None
    ) -> Steps[Granted]:
        chain = self._chain
        if chain.ended is not None:
            raise retold(chain.ended, self._label)
        if deadline.left() < self._timeout / 2:
            raise TokenError(f"too little time is left for the token request for {self._label}")
        before = deadline.clock.now()
        try:
            granted = yield from self._exchange(deadline, previous or chain.token)
        except SignInRequiredError as error:
            if self._is_final(error):
                chain.ended = copy.copy(error).with_traceback(None)
            raise
        chain.is_begun = True
        chain.token = Token(granted.value, granted.lifetime, before)
        if self._is_shared():
            chain.unkept = chain.token
        return granted

    def _is_shared(self) -> bool:
        return bool(getattr(self._kept_in(), "is_shared", False))

    def _exchange(self, deadline: Deadline, previous: Token | None) -> Steps[Granted]:
        """Make the token request that continues the sign-in.

        Args:
            deadline: When the token has to be there.
            previous: The token to be replaced, if there is any.
        """
        raise NotImplementedError

    def _is_final(self, error: SignInRequiredError) -> bool:
        """Tell whether nothing is worth a try after an error."""
        return error.error == "invalid_grant"

    def _over(self, why: str) -> SignInRequiredError:
        return SignInRequiredError(f"sign in again: {why} ({self._label})")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SignedInSource)
            and super().__eq__(other)
            and self._tell == other._tell
        )

    __hash__ = RenewingSource.__hash__

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["_chain"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._chain = self._find_chain()


def _later(later: Later) -> Steps[Token | Later]:
    yield from ()
    return later


def _is_async(function: Callable[..., Any]) -> bool:
    # An object that is called has it there.
    called = getattr(type(function), "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)
