"""What several processes share of a sign-in: its newest refresh token, and who sends it.

Rules
    As those of `_lease`, but for one: nobody sends a refresh token without the lease, and without
    having looked, with the lease, for one that has taken its place. Where the cache cannot be
    asked, no refresh token is sent: an error for a while harms less than a sign-in that a server
    ends because it takes a refresh token for stolen.

Theory of operation
    Who has the lease keeps it, for a shorter time, until it has told: a process that finds a
    refresh token which was not told waits for the lease, and tells it itself. An answer that the
    cache did not take is put there by the next call.
"""

import math
from contextlib import suppress
from functools import partial
from threading import Timer
from typing import Any

from ._chain_shelf import ChainShelf
from ._errors import TokenError
from ._flow import Ask, Pause, Steps
from ._health import TroubleError
from ._lease import LONGEST_WAIT, Share
from ._need import Attempt, Later, Need
from ._rotation import Chain
from ._slot import SPACING
from ._token import Token

# Seconds, beyond the time of a token request, until nobody counts on who has the lease.
_LEASE_BEYOND = 5
_LOOK_AGAIN = 0.1
_PUT_AGAIN = 1.0


class ChainShare(Share):
    """One process's share in a sign-in."""

    _shelf: ChainShelf

    def __init__(self, shelf: ChainShelf, chain: Chain, *common: Any) -> None:
        """Start with nothing known.

        Args:
            shelf: The sign-in's place in the cache.
            chain: The sign-in.
            *common: As in `Share`.
        """
        super().__init__(shelf, *common)
        self._chain = chain

    def renew(self, need: Need, attempt: Attempt) -> Steps[Token | Later]:
        """Take the fleet's token, or continue the sign-in for all.

        Args:
            need: What for.
            attempt: Makes the token request.
        """
        self._shelf.tells = need.tells
        self._shelf.lease = math.ceil(need.patience) + _LEASE_BEYOND
        return (yield from super().renew(need, attempt))

    def told(self, refresh_token: str | None) -> Steps[None]:
        """Note for all that a refresh token was told.

        Args:
            refresh_token: The refresh token; None when it could not be told.
        """
        with suppress(TroubleError):
            if refresh_token is not None:
                yield from self._ask(partial(self._shelf.told, refresh_token))
            yield from self._ask(self._shelf.release)

    def keep(self) -> Steps[None]:
        """Put what the cache did not take at its time."""
        with suppress(TroubleError):
            # Another process may be at the next one.
            if not (yield from self._ask(self._shelf.claim)):
                return
            yield from self._read()
            if self._chain.unkept is not None:
                yield from self._ask(self._shelf.put_unkept)
            yield from self._give_back()

    def _settle(self, hold: object) -> None:
        self._shelf.put_unkept()
        super()._settle(hold)

    def is_to_tell(self, refresh_token: str) -> Steps[bool]:
        """Find out whether nobody has told a refresh token yet.

        Args:
            refresh_token: The refresh token.
        """
        if self._shelf.holds():
            return True
        try:
            yield from super()._read()
            if self._shelf.is_being_told or self._chain.refresh_token != refresh_token:
                # There is a newer one: told now, this one would stay.
                return False
            return not (yield from self._ask(partial(self._shelf.is_told, refresh_token)))
        except TroubleError:
            return True

    def _read(self) -> Steps[tuple[Any, Token | None]]:
        value, token = yield from super()._read()
        return value, None if self._shelf.is_being_told else token

    def _give_back(self) -> Steps[None]:
        """Give the lease back, unless there is something to tell first."""
        is_to_tell = self._shelf.tells and self._chain.untold is not None
        yield from self._ask(self._shelf.shorten if is_to_tell else self._shelf.release)

    def _find(self, need: Need) -> Steps[tuple[Token | Later | None, Any]]:
        until = self._now() + min(LONGEST_WAIT, need.deadline.left() / 2)
        while True:
            try:
                return (yield from super()._find(need))
            except TroubleError:
                # Who signs in is not to be sent away because others do so too.
                if self._health.is_resting() or self._now() >= until:
                    raise
            yield Pause(_LOOK_AGAIN)

    def _without_lease(self, need: Need) -> Later:
        error = TokenError(
            f"the shared token store does not say who renews the token for {need.label};"
            " no refresh token is sent without that"
        )
        return Later(SPACING, error)

    def _keep(self, need: Need, token: Token, seen: Any) -> Steps[None]:
        # However little life the access token has left: the refresh token has more.
        yield Ask(self._put, is_ours=True)
        with suppress(TroubleError):
            yield from self._give_back()

    def _put(self) -> None:
        """Put what the cache has not taken, again and again while this process has the lease.

        Although the cache is left alone for some other question, perhaps.
        """
        if self._chain.unkept is None:
            return
        try:
            self._health.ask(self._shelf.put_unkept, insists=True)
        except TroubleError:
            if self._shelf.holds():
                timer = Timer(_PUT_AGAIN, self._put)
                timer.daemon = True
                with suppress(RuntimeError):
                    timer.start()
