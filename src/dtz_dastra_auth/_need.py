"""What passes between a renewal and the store that may know of a token elsewhere."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ._errors import TokenError
from ._flow import Steps
from ._token import Deadline, Token

# One token request of a grant: gives the new token's value and lifetime in seconds.
Obtain: TypeAlias = Callable[[Deadline, Token | None], Steps[tuple[str, float]]]
# The token request of a renewal, with its second try; the token is kept in this process already.
Attempt: TypeAlias = Callable[[], Steps[Token]]


class Need(NamedTuple):
    """One process's need of a token; of all its callers one is there with it.

    Attributes:
        label: Whose token it is, in words that are not secret.
        deadline: When the token has to be there.
        token: The token that still serves, when this is an early renewal.
        previous: The token that is to be replaced, if there is any.
        survives: Whether steps go on after a network error of the token request.
    """

    label: str
    deadline: Deadline
    token: Token | None = None
    previous: Token | None = None
    survives: bool = True


class Later(NamedTuple):
    """There is no new token now.

    Attributes:
        seconds: How long not to look for one again.
        error: Why, for who has no token that serves.
    """

    seconds: float
    error: TokenError | None = None
