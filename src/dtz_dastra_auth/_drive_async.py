"""The flow in the async clients of httpx and httpx2, on asyncio and trio.

A room of its own, imported with the first call: who has no event loop does without anyio.
"""

import inspect
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, NoReturn

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from . import _streams
from ._drive_httpx import Drive
from ._flow import Ask, Await, Call, Exchange, Pause, Peek, Step
from ._follow_httpx import AsyncGuard
from ._hidden import conceal


class AsyncDrive(Drive, AsyncGenerator[Any, Any]):
    """The flow for ``httpx.AsyncClient`` and ``httpx2.AsyncClient``, on asyncio and trio."""

    _guard_class = AsyncGuard

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        """Give the first request."""
        return self.asend(None)

    async def asend(self, response: Any) -> Any:
        """Take the response to the request given last, and give the next request.

        Raises:
            StopAsyncIteration: The response is the caller's.
        """
        if self._steps is None:
            if self._guard is None:
                if (request := self._begin()) is not None:
                    return request
            elif self._is_over(response):
                raise StopAsyncIteration
        try:
            pending, self._step = self._step, None
            step = self._resume(*await _outcome(self._receive(pending, response)))
            while not isinstance(step, Call | Exchange):
                step = self._resume(*await _outcome(self._perform(step)))
            return self._outgoing(step)
        except StopIteration as end:
            self._end(end.value)
        raise StopAsyncIteration

    async def athrow(self, typ: Any, val: Any = None, tb: Any = None) -> NoReturn:
        """Give the call up with an exception."""
        self._give_up()
        raise typ if val is None else val

    def aclose(self) -> Coroutine[Any, Any, None]:
        """End the call; the client does so after its last response and after an error."""
        # Not a coroutine function: what the client is handling is seen only while it calls.
        self._abandon()
        return _done()

    def _resume(self, outcome: Any, error: BaseException | None) -> Step:
        assert self._steps is not None
        return self._steps.send(outcome) if error is None else self._steps.throw(error)

    async def _receive(self, pending: Step | None, response: Any) -> Any:
        if not isinstance(pending, Exchange):
            return response
        self._ours.append(response)
        return await _streams.read_answer_async(response, self._sent, pending)

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Peek):
            self._ours.append(step.response)
            return await _streams.peek_async(step)
        if isinstance(step, Await):
            return await step.flight.join_async(step.deadline.left())
        if isinstance(step, Pause):
            return await anyio.sleep(step.seconds)
        assert isinstance(step, Ask), step
        if inspect.iscoroutinefunction(step.function):
            return conceal(await step.function())
        outcome = await anyio.to_thread.run_sync(
            step.function, abandon_on_cancel=step.may_be_left, limiter=_limiter(step)
        )
        return conceal(await outcome if inspect.isawaitable(outcome) else outcome)


async def _outcome(performed: Coroutine[Any, Any, Any]) -> tuple[Any, BaseException | None]:
    # The flow is resumed by the caller: a StopIteration cannot leave a coroutine.
    try:
        return await performed, None
    except BaseException as error:
        return None, error


# Threads of our own: those of the default limiter may all be waiting for the very token that this
# step is needed for.
_limiters: RunVar[dict[bool, anyio.CapacityLimiter]] = RunVar("dtz_dastra_auth_threads")


def _limiter(step: Ask) -> anyio.CapacityLimiter:
    try:
        limiters = _limiters.get()
    except LookupError:
        limiters = {is_ours: anyio.CapacityLimiter(40) for is_ours in (False, True)}
        _limiters.set(limiters)
    return limiters[step.is_ours]


async def _done() -> None:
    """Have nothing left to do."""
