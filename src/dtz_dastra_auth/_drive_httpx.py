"""The flow in httpx and httpx2; `_drive_async` has what only async clients need.

Both clients ask a flow for requests and hand the responses back. Each drive keeps a generator of
steps going: steps for the client (`Call`, `Exchange`) are yielded to it as requests, all others
are carried out here.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any, NoReturn, cast

from . import _streams
from ._drivers import advance, perform_blocking
from ._flow import Call, Caller, Exchange, Peek, Scheme, Step, Steps
from ._follow_httpx import AsyncGuard, Guard
from ._kept_headers import lower_names
from ._token import Token


def _call(auth: Scheme, request: Any, caller: Caller) -> Steps[Any]:
    """Make one call: attach, send, review, and at most once again."""
    token = yield from auth.attach(request, caller)
    if token is None:
        return (yield Call(request))
    guard = (Guard if caller.blocks else AsyncGuard)(auth, token)
    guard.watch(request, token)
    return (yield from _sent(auth, request, guard, caller))


def _sent(auth: Scheme, request: Any, guard: Guard, caller: Caller) -> Steps[Any]:
    """Make one call with a request that carries its credential."""
    first, token, response = request, guard.token, None
    is_given_up = False
    try:
        response = yield Call(request)
        if response.request is not request:
            response = yield from _redirected(auth, response, token, caller, guard)
        # After a redirect it is the last request that was answered, and that is sent again.
        request = response.request
        # The client writes another history to it as soon as a token request is yielded.
        history = response.history
        replayable = _streams.is_replayable(request)
        fresh = yield from auth.review(request, response, token, caller, replayable=replayable)
        if fresh is not None:
            guard.watch(request, fresh)
            response = yield from _again(request, history)
    except GeneratorExit:
        # Whoever drives the flow by hand may still send what it was given.
        is_given_up = response is None
        raise
    else:
        return response
    finally:
        if not is_given_up:
            guard.end(response)
            for each in (first, *_messages_of(response)) if auth.hides else ():
                auth.hide(each, token)


def _messages_of(response: Any) -> Iterator[Any]:
    for each in (response, *response.history) if response is not None else ():
        # A response asks its request for the URL.
        yield each.request
        yield each
        if each.next_request is not None:
            yield each.next_request


def _redirected(
    auth: Scheme, response: Any, token: Token, caller: Caller, guard: Guard
) -> Steps[Any]:
    """See whether a redirected request came by its credential."""
    request, history = response.request, response.history
    if guard.carried or not auth.origins.allow(request.url):
        # What went out on the wire is not on the object that the client has made; or it is there
        # alone, since a hook had written the headers anew.
        auth.follow(request, request.url, token)
    replayable = _streams.is_replayable(request)
    if (yield from auth.restore(request, response, token, caller, replayable=replayable)):
        guard.watch(request, token)
        response = yield from _again(request, history)
    return response


def _again(request: Any, history: list[Any]) -> Steps[Any]:
    response = yield Call(request)
    response.history = [*history, *response.history]
    return response


# The steps of a call that is over.
_OVER: Steps[Any] = (each for each in list[Step]())
next(_OVER, None)


class Drive:
    """What the blocking and the async drive share.

    Most calls take their usual course: the token is at hand, and the answer is neither a 401 nor a
    redirect. They have no steps, only a guard that stands by; whatever else happens, the steps are
    taken up where such a call has got to.
    """

    _guard_class: type[Guard]
    _guard: Guard | None = None
    _steps: Steps[Any] | None = None
    _step: Call | Exchange | None = None
    _handled: BaseException | None = None
    _sent: Any = None

    def __init__(self, auth: Scheme, request: Any) -> None:
        """Begin a call; nothing happens before the client asks for the first request."""
        self._auth = auth
        self._request = request

    def _begin(self) -> Any:
        """Give the request with its credential, if there are no steps to be gone through."""
        auth, request = self._auth, self._request
        token = auth.attach_at_once(request, lower_names(request.headers))
        if token is None:
            self._start(_call(auth, request, self._caller()))
            return None
        self._guard = guard = self._guard_class(auth, token)
        guard.stand_by(request)
        self._handled = sys.exception()
        return request

    def _is_over(self, response: Any) -> bool:
        """Tell whether a call took its usual course to the end; else there are steps now."""
        guard, request = self._guard, self._request
        assert guard is not None
        is_answer = response.status_code != 401 and response.request is request
        if not is_answer or response.next_request is not None:
            self._take_up(guard)
            return False
        if self._auth.hides:
            self._auth.hide(request, guard.token)
            self._auth.hide(response, guard.token)
        guard.end(response)
        self._steps = _OVER
        return True

    def _take_up(self, guard: Guard) -> None:
        """Go through the steps from where the request has been sent."""
        steps = self._start(_sent(self._auth, self._request, guard, self._caller()))
        # The first of them is to send it.
        self._sent, self._step = self._request, cast("Call", next(steps))

    def _start(self, steps: Steps[Any]) -> Steps[Any]:
        self._steps = steps
        self._ours: list[Any] = []
        return steps

    def _caller(self) -> Caller:
        return Caller(_streams.timeout_of(self._request), blocks=self._guard_class is Guard)

    def _outgoing(self, step: Call | Exchange) -> Any:
        if isinstance(step, Call):
            self._sent = step.request
        else:
            self._sent = _streams.token_request(
                self._request, step, blocks=self._guard_class is Guard
            )
        self._step = step
        self._handled = sys.exception()
        return self._sent

    def _end(self, response: Any) -> None:
        # The token request, with its secret, and the 401 are no part of the caller's history.
        self._step = None
        if response is not None:
            for answer in (response, *response.history):
                answer.history = [past for past in answer.history if past not in self._ours]

    def _abandon(self) -> None:
        """Tell the flow how its call ended, when the client closes it before its end."""
        if self._steps is _OVER:
            return
        # The client closes the flow while it handles what its own sending met. What was being
        # handled before the request went out is somebody else's.
        error = sys.exception()
        is_met = isinstance(error, Exception) and error is not self._handled
        if self._steps is None and self._guard is not None and is_met:
            self._take_up(self._guard)
        steps, self._steps = self._steps, _OVER
        step, self._step = self._step, None
        if isinstance(step, Exchange):
            _streams.forget(self._sent)
        if steps is None:
            return
        if step is not None and error is not None and is_met:
            # Whatever the flow makes of it, the error is on its way to the caller already.
            with suppress(BaseException):
                steps.throw(error)
        steps.close()

    def _give_up(self) -> None:
        """End a call that somebody else's flow has broken off."""
        steps, self._steps = self._steps, _OVER
        if steps is not None:
            steps.close()


class SyncDrive(Drive, Generator[Any, Any, None]):
    """The flow for ``httpx.Client`` and ``httpx2.Client``."""

    _guard_class = Guard

    def send(self, response: Any) -> Any:
        """Take the response to the request given last, and give the next request.

        Raises:
            StopIteration: The response is the caller's.
        """
        if self._steps is None:
            if self._guard is None:
                if (request := self._begin()) is not None:
                    return request
            elif self._is_over(response):
                raise StopIteration
        steps = self._steps or _OVER
        pending, self._step = self._step, None
        try:
            step = advance(steps, self._receive, pending, response)
            while not isinstance(step, Call | Exchange):
                step = advance(steps, self._perform, step)
            return self._outgoing(step)
        except StopIteration as end:
            self._end(end.value)
            raise StopIteration from None

    def __next__(self) -> Any:
        """Give the first request."""
        return self.send(None)

    def throw(self, typ: Any, val: Any = None, tb: Any = None) -> NoReturn:
        """Give the call up with an exception."""
        self._give_up()
        raise typ if val is None else val

    def close(self) -> None:
        """End the call; the client does so after its last response and after an error."""
        self._abandon()

    def _receive(self, pending: Step | None, response: Any) -> Any:
        if not isinstance(pending, Exchange):
            return response
        self._ours.append(response)
        return _streams.read_answer(response, self._sent, pending)

    def _perform(self, step: Step) -> Any:
        if isinstance(step, Peek):
            self._ours.append(step.response)
            return _streams.peek(step)
        return perform_blocking(step)
