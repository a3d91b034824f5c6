"""Which calls need not be simulated: those in which a slot does what it has done before.

A slot changes by its own calls alone. Between two of them what it does is a function of the time,
and its own predicates tell it for any call to come.
"""

from bisect import bisect_left
from collections.abc import Callable

from fleet_policies import XFetchSlot

from dtz_dastra_auth._slot import SPACING, Slot
from dtz_dastra_auth._token import Instant

# Calls before a token's end that may come too late for an early renewal.
_LAST_CALLS = 3


def next_act(
    slot: Slot, calls: range, at: Callable[[int], Instant], *, at_risk: bool
) -> tuple[int, bool]:
    """Tell the next call that does more than take the token, or be told of the last failure.

    Args:
        slot: The state that the calls meet.
        calls: The numbers of those to come.
        at: Gives the time of one.
        at_risk: As `Slot.turn` has it.

    Returns:
        The call's number, the end of all calls if there is none; and whether those before it fail.
    """
    token = slot._token

    def is_dead(call: int) -> bool:
        return token is None or not slot._serves(token, at(call), None)

    def is_due(call: int) -> bool:
        now = at(call)
        idle = slot._under_way(now) is None
        return idle and token is not None and slot._is_due(token, now, at_risk=at_risk)

    if not calls:
        return calls.stop, False
    if token is None or is_dead(calls.start):
        return calls.start + _first(calls, lambda call: not _is_told(slot, at(call))), True
    if is_due(calls.start):
        return calls.start, False
    serving = calls[: _first(calls, is_dead)]
    if isinstance(slot, XFetchSlot):
        # Its chance goes up and down. While a flight is under way nobody has one.
        idle = serving[_first(serving, lambda call: slot._under_way(at(call)) is None) :]
        return slot.first_due(token, idle, at(idle.start)), False
    # Once due it stays so, but for the last moments, in which no answer would come in time.
    last = next(filter(is_due, reversed(serving[-_LAST_CALLS:])), None)
    if last is None:
        return serving.stop, False
    return serving.start + _first(range(serving.start, last), is_due), False


def _is_told(slot: Slot, now: Instant) -> bool:
    """Tell whether a call without a token meets the failure of the last token request."""
    failure = slot._failure
    if failure is None or slot._under_way(now) is not None:
        return False
    return failure.next_needed - now.monotonic > (SPACING if failure.early else 0)


def _first(calls: range, is_so: Callable[[int], bool]) -> int:
    """Tell how many calls come before the first of which something holds, as of all after it."""
    return bisect_left(calls, x=True, key=is_so)
