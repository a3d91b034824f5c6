"""What one call does, decided without any I/O.

Rules
    Code in this package that has to wait, send or ask yields a step and is handed the outcome.
    It never imports a socket, an event loop or an HTTP client, and never sleeps.

Theory of operation
    A *step* is one thing that only a driver can do. Generators of steps (`Steps`) are composed
    with ``yield from``: the auth object's two generators (`Scheme.attach`, `Scheme.review`) run the
    token source's, which runs the renewal policy, which runs the grant. A *driver*
    (`_drive_requests`, `_drive_httpx`) runs them in one HTTP library, sync or async: it carries
    a step out and sends the outcome in, or throws in the exception that it met.

    An exception thrown in at a step means that this caller's attempt met it. A generator that is
    closed at a step was given up: its task was cancelled or its client went away. The two are
    kept apart because a failed token request is shared with all who wait for it, and a
    cancelled one is not (`_flight`).

Open doubts
    A network error ends an httpx call whatever the flow would like to do (`Caller.survives`).
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

from ._flight import Flight
from ._origins import Origins
from ._token import Deadline, Token

T = TypeVar("T")

# Seconds beyond its deadline for an answer that must not be lost.
_PATIENCE = 3.0


@dataclass(slots=True, eq=False, repr=False)
class Exchange:
    """Send a token request and read the whole answer.

    Attributes:
        url: The token endpoint.
        headers: The request's headers; they hold the client's secret.
        content: The request's body; it can hold the user's password.
        deadline: When the whole answer has to be there.
        session: The ``requests.Session`` the caller wants it sent over; the drivers for httpx
            use the caller's client.
        is_patient: Whether the answer is waited for until the deadline, however little time the
            caller's client has for one: what it grants is granted once.
    """

    url: str
    headers: Mapping[str, str]
    content: bytes
    deadline: Deadline
    session: Any = None
    is_patient: bool = False

    @property
    def read_by(self) -> Deadline:
        """Tell when the whole answer has to be there if it has begun to come."""
        clock, at = self.deadline
        return Deadline(clock, at + _PATIENCE) if self.is_patient else self.deadline


@dataclass(slots=True, eq=False, repr=False)
class Answer:
    """What a token endpoint answered.

    Attributes:
        status: The HTTP status.
        headers: The response's headers, looked up without regard to case.
        body: The body as it came over the wire, at most 64 kB.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Await(NamedTuple):
    """Wait until another caller's flight has ended; its `Landing`, or None, is handed back."""

    flight: Flight
    deadline: Deadline


class Pause(NamedTuple):
    """Let this many seconds pass."""

    seconds: float


@dataclass(slots=True, eq=False, repr=False)
class Ask:
    """Call a function that may block or be a coroutine function, and hand back its result.

    Attributes:
        function: The function.
        is_ours: Whether it asks a shared cache; one that hangs is not to keep callers' functions
            from a thread.
        parameter: How the caller knows the function, for messages.
        may_be_left: Whether a cancelled call leaves a function that blocks to end by itself.
    """

    function: Callable[[], Any]
    is_ours: bool = False
    parameter: str = "token"
    may_be_left: bool = True


class Peek(NamedTuple):
    """Read a response's body, so that nobody waits while holding its connection.

    The driver hands back True, with the response still whole, or False when the body is larger
    than 64 kB, broke off or takes too long.
    """

    response: Any
    deadline: Deadline


class Call(NamedTuple):
    """Send the caller's own request, and hand the response back."""

    request: Any


Step: TypeAlias = Exchange | Await | Pause | Ask | Peek | Call
Steps: TypeAlias = Generator[Step, Any, T]


class Caller(NamedTuple):
    """What the policy has to know of the call that it runs in.

    Attributes:
        timeout: The caller's own limit in seconds for one request, or None.
        blocks: Whether waiting holds up the thread.
        survives: Whether a network error of the token request leaves this call alive. httpx ends
            a call when a request yielded from its flow raises.
        was_reset: Tells whether an error is a connection that the server cut off.
    """

    timeout: float | None = None
    blocks: bool = True
    survives: bool = False
    was_reset: Callable[[Exception], bool] = lambda error: False


class Scheme(Protocol):
    """What a driver has to know of an auth object: placement, source and origins."""

    @property
    def renews(self) -> bool:
        """Tell whether a credential that was refused can be replaced."""
        ...

    @property
    def follows(self) -> bool:
        """Tell whether the credential is on a redirected request as well."""
        ...

    @property
    def origins(self) -> Origins:
        """Give the origins that the credential may go to."""
        ...

    @property
    def hides(self) -> bool:
        """Tell whether `hide` has anything to do."""
        ...

    def attach_at_once(self, request: Any, names: Iterable[str | bytes]) -> Token | None:
        """Put the credential on a request where nothing is to be decided, asked or told."""
        ...

    def attach(self, request: Any, caller: Caller) -> Steps[Token | None]:
        """Put the credential on a request, if it may go there."""
        ...

    def review(
        self, request: Any, response: Any, token: Token, caller: Caller, *, replayable: bool
    ) -> Steps[Token | None]:
        """Decide after the answer whether the request goes out once more."""
        ...

    def restore(
        self, request: Any, response: Any, token: Token, caller: Caller, *, replayable: bool
    ) -> Steps[bool]:
        """Decide whether a redirected request goes out again, with what it lost on the way."""
        ...

    def follow(self, request: Any, url: Any, token: Token) -> None:
        """Put the credential on a request that a redirect has made, or take it off."""
        ...

    def carries(self, request: Any, token: Token) -> bool:
        """Tell whether a request carries the credential."""
        ...

    def hide(self, message: Any, token: Token) -> None:
        """Take the credential out of what a request or response tells afterwards."""
        ...

    def frozen(self, token: Token) -> "Scheme":
        """Make an auth object that has this token, and not what makes tokens."""
        ...
