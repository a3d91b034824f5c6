"""What a slot tells a caller besides a token or a flight to wait for."""

from typing import NamedTuple

from ._errors import TokenError
from ._flight import Flight
from ._token import Deadline, Token


class Failure(NamedTuple):
    """A token request that failed, and when the next may be made.

    Attributes:
        error: What its caller met, as it is told to others.
        early: Whether it was an early renewal, which nobody was waiting for.
        next_early: Monotonic seconds before which no early renewal is tried.
        next_needed: Monotonic seconds before which nothing is tried at all.
    """

    error: TokenError
    early: bool
    next_early: float
    next_needed: float


class Lead(NamedTuple):
    """This caller is to make the token request.

    Attributes:
        flight: What the others wait for.
        deadline: When the answer has to be there.
        token: The token that still serves, when this is an early renewal.
        previous: The token that is to be replaced, if there is any.
        after: Seconds to let pass first, to keep the spacing between tries.
    """

    flight: Flight
    deadline: Deadline
    token: Token | None = None
    previous: Token | None = None
    after: float = 0.0

    @property
    def is_early(self) -> bool:
        """Tell whether nobody waits for it but this caller."""
        return self.token is not None
