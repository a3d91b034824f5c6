"""How long a fleet leaves the token endpoint alone after a failure."""

from ._errors import TokenError, is_answer, retold
from ._need import Need
from ._shelf import Failed
from ._slot import PAUSE_AT_MOST, REFUSALS, REFUSED_PAUSE, RETRY_AFTER_CAP, SPACING
from ._token import Clock

# Seconds; when no token serves.
DEAD_PAUSE = 3.0
# With less time a token request says nothing about the token endpoint.
_FAIR_TRY = 2.5


def failure(error: Exception, need: Need, had: float, clock: Clock) -> Failed:
    """Say what all are told of a token request that failed.

    Args:
        error: What its caller met.
        need: What for it was made.
        had: The seconds that it had.
        clock: Where the time is read.
    """
    left = need.token.left(clock.now()) if need.token else 0.0
    pause = min(PAUSE_AT_MOST, left / 2) if left > 0 else DEAD_PAUSE
    # Nobody was waiting for an early renewal.
    for_all = need.token is None and (is_answer(error) or had >= _FAIR_TRY)
    if isinstance(error, TokenError):
        if error.retry_after is not None:
            pause, for_all = min(error.retry_after, RETRY_AFTER_CAP), True
        elif error.status_code in REFUSALS:
            pause, for_all = pause if left > 0 else REFUSED_PAUSE, True
    return Failed(retold(error, need.label), max(pause, SPACING), for_all)
