"""What both stand-ins have in common: the log, the tokens, and what a test can command.

No server library is imported here. A server hands over what arrived with `Service.arrived`, and
drives `Service.exchange`, which yields what to wait for and returns what to send. A second server,
for another version of HTTP say, needs nothing else.

Tests call from their own threads while the server calls from its loop: one lock per service guards
the log, the queue and the tokens, and is never held while anything waits.
"""

from __future__ import annotations

import itertools
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import Literal

from ._commands import Command, Delay, Hold, On
from ._messages import (
    Drop,
    HeaderPairs,
    Headers,
    Outcome,
    Raw,
    Recorded,
    Reply,
    json_reply,
    pairs,
    redirect_reply,
)


class Service(ABC):
    """A service that answers on loopback for the real one's host names.

    Attributes:
        hosts: The real host names it answers for.
        origin: Scheme, host and port at which it is reached without the proxy.
        lifetime: Seconds that new tokens are good for, answered as ``expires_in`` as it stands.
    """

    hosts: tuple[str, ...]
    default_lifetime: float

    def __init__(self) -> None:
        self.origin = ""
        self.lifetime: float = self.default_lifetime
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._log: dict[int, Recorded] = {}
        self._commands: list[Command] = []
        self._holds: list[Hold] = []

    @property
    def requests(self) -> list[Recorded]:
        """Everything that arrived since the log was cleared, in order of arrival.

        A request is here as soon as the last byte of its body is: before it is answered, and
        whether or not it ever is. Nothing is forgotten by itself: a test of very many requests
        clears the log now and then.
        """
        with self._lock:
            return list(self._log.values())

    @property
    def calls(self) -> list[Recorded]:
        """The requests that did not ask for an access token."""
        return [request for request in self.requests if not request.is_token_request]

    @property
    def token_requests(self) -> list[Recorded]:
        """The requests that asked for an access token, granted or not."""
        return [request for request in self.requests if request.is_token_request]

    def clear_log(self) -> None:
        """Forget the requests that arrived so far; tokens, commands and holds stay."""
        with self._lock:
            self._log.clear()

    def reset(self) -> None:
        """Go back to how it was at the start, credentials excepted: those stay the same.

        Tokens given out are refused from here on, waiting answers are let go, and everything that
        was added or set is undone.
        """
        with self._lock:
            for hold in self._holds:
                hold.release()
            self._holds.clear()
            self._commands.clear()
            self.lifetime = self.default_lifetime
            self.expire_tokens()
            self.clear_log()

    @abstractmethod
    def expire_tokens(self) -> None:
        """Refuse every token given out so far."""

    @abstractmethod
    def is_token_request(self, host: str, path: str) -> bool:
        """Say whether this is a place where access tokens are given out."""

    @abstractmethod
    def ordinary(self, request: Recorded) -> Reply:
        """Answer as the real service would."""

    def fail(
        self,
        status: int,
        *,
        headers: Headers | None = None,
        body: bytes = b"",
        content_type: str | None = "text/plain; charset=utf-8",
        times: int | None = 1,
        on: On = "api",
        every: int = 1,
    ) -> None:
        """Answer the next matching requests with a status of the test's choosing.

        Args:
            status: The status to answer.
            headers: Further headers, such as ``{"Retry-After": "2"}``.
            body: The body, sent as it is.
            content_type: The body's type unless ``headers`` has it; None sends none.
            times: How many requests; None means until `reset`. Commands that were given one after
                the other are used in that order.
            on: ``"api"``, ``"token"`` or ``"any"`` requests, or a function that picks them.
            every: Leave all but each n-th matching request alone.

        Raises:
            ValueError: One of the last three is none of these, or less than 1.
        """
        sent = pairs(headers)
        if content_type is not None and "content-type" not in {name.lower() for name, _ in sent}:
            sent = (("Content-Type", content_type), *sent)
        self._answer(Reply(status, sent, body), times, on, every)

    def answer(
        self,
        json: object,
        status: int = 200,
        *,
        headers: Headers | None = None,
        times: int | None = 1,
        on: On = "api",
        every: int = 1,
    ) -> None:
        """Answer the next matching requests with JSON; the other arguments are those of `fail`."""
        self._answer(json_reply(json, status, headers), times, on, every)

    def redirect(
        self, to: str, *, status: int = 302, times: int | None = 1, on: On = "api", every: int = 1
    ) -> None:
        """Redirect the next matching requests; the other arguments are those of `fail`."""
        self._answer(redirect_reply(to, status), times, on, every)

    def drop(self, *, times: int | None = 1, on: On = "api", every: int = 1) -> None:
        """Reset the connection of the next matching requests; arguments as in `fail`.

        What goes over the wire is a TCP reset, after the request was read and logged. Python's
        ``ssl`` may tell it to a client as an unexpected end of the stream.
        """
        self._answer(Drop(), times, on, every)

    def delay(
        self, seconds: float, *, times: int | None = 1, on: On = "api", every: int = 1
    ) -> None:
        """Give the next matching requests their ordinary answer late; arguments as in `fail`."""
        self._command(lambda: Delay(seconds), times, on, every)

    def raw(
        self,
        parts: Iterable[bytes] | Callable[[], Iterable[bytes]],
        *,
        pause: float = 0.0,
        end: Literal["close", "reset"] = "close",
        status: int | None = None,
        times: int | None = 1,
        on: On = "api",
        every: int = 1,
    ) -> None:
        """Send the next matching requests bytes that need not be an HTTP answer.

        Args:
            parts: What to send, status line included, piece by piece. Pass a function that makes
                a generator to send a very large answer, or the same one several times.
            pause: Seconds to wait before each piece but the first.
            end: Whether the connection is then closed in order or reset.
            status: What `Recorded.status` is to say.
            times: As in `fail`.
            on: As in `fail`.
            every: As in `fail`.
        """

        def action() -> Raw:
            return Raw(parts() if callable(parts) else parts, pause, end, status)

        self._command(action, times, on, every)

    def hold(self, *, on: On = "token") -> Hold:
        """Make the answers to all matching requests wait until the hold is released."""
        hold = Hold(on)
        with self._lock:
            self._holds.append(hold)
        return hold

    def _answer(self, outcome: Outcome, times: int | None, on: On, every: int) -> None:
        self._command(lambda: outcome, times, on, every)

    def _command(
        self, action: Callable[[], Outcome | Delay], times: int | None, on: On, every: int
    ) -> None:
        command = Command(action, times=times, on=on, every=every)
        with self._lock:
            self._commands.append(command)

    def arrived(
        self, method: str, target: str, headers: HeaderPairs, body: bytes, connection: int
    ) -> Recorded:
        """Log a request that has arrived completely."""
        host = next((value for name, value in headers if name.lower() == "host"), "").lower()
        token = self.is_token_request(host, target.partition("?")[0])
        with self._lock:
            number = next(self._numbers)
            request = Recorded(
                method, host, target, headers, body, connection, number, time.monotonic(), token
            )
            self._log[number] = request
        return request

    def exchange(self, request: Recorded) -> Generator[Hold | Delay, None, Outcome]:
        """Yield what to wait for, in turn, and return what to send."""
        with self._lock:
            self._holds = [hold for hold in self._holds if not hold.gate.done()]
            holds = [hold for hold in self._holds if hold.takes(request)]
        yield from holds
        outcome = self._commanded(request)
        if isinstance(outcome, Delay):
            yield outcome
            outcome = None
        if outcome is None:
            outcome = self.ordinary(request)
        status = None if isinstance(outcome, Drop) else outcome.status
        # Noted before the answer goes out: a test that has its answer may look at once.
        with self._lock:
            if request.number in self._log:
                self._log[request.number] = replace(request, status=status)
        return outcome

    def _commanded(self, request: Recorded) -> Outcome | Delay | None:
        with self._lock:
            command = next((each for each in self._commands if each.takes(request)), None)
            if command is None:
                return None
            if command.left == 0:
                self._commands.remove(command)
        return command.action()


def host_name(host: str) -> str:
    """Return the name in a ``Host`` header, without the port."""
    bracket = host.find("]")
    return host[: bracket + 1] if bracket >= 0 else host.partition(":")[0].rstrip(".")


def is_loopback(host: str) -> bool:
    """Say whether a request came by `Service.origin`, where the path alone tells the service."""
    return host_name(host) in ("127.0.0.1", "localhost", "[::1]")
