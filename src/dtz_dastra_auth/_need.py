"""What passes between a renewal and the store that may know of a token elsewhere."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ._errors import TokenError
from ._flow import Steps
from ._token import Deadline, Token

if TYPE_CHECKING:
    from ._rotation import Chain


class Granted(NamedTuple):
    """What a token endpoint has given out.

    Attributes:
        value: The access token.
        lifetime: How long it lives, in seconds.
    """

    value: str
    lifetime: float


# One token request of a grant, given the deadline and the token to be replaced, if any.
Obtain: TypeAlias = Callable[[Deadline, Token | None], Steps[Granted]]
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
        chain: The sign-in that the token continues, if it does.
        patience: How long any process's token request may take, in seconds.
        tells: Whether there is somebody to be told of a new refresh token.
    """

    label: str
    deadline: Deadline
    token: Token | None = None
    previous: Token | None = None
    survives: bool = True
    chain: "Chain | None" = None
    patience: float = 0.0
    tells: bool = False


class Later(NamedTuple):
    """There is no new token now.

    Attributes:
        seconds: How long not to look for one again.
        error: Why, for who has no token that serves.
    """

    seconds: float
    error: TokenError | None = None
