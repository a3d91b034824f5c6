"""What every driver does alike: step through a flow, and wait on a thread."""

import inspect
import time
from collections.abc import Callable
from typing import Any

from ._errors import ConfigurationError, TokenError
from ._flow import Ask, Await, Pause, Step, Steps
from ._hidden import conceal

# Answers of token endpoints, and bodies of a 401, are read up to this many bytes.
CAP = 64 * 1024

# Seconds; a timeout of 0 means something else in urllib3 and in some transports.
LEAST_TIMEOUT = 0.001

REDIRECTS = "the token endpoint redirects"
LARGE = "the token answer is larger than 64 kB"
LATE = "the token answer took longer than allowed"
COMPRESSED = "the token answer is compressed, which was not asked for"


def is_large(response: Any) -> bool:
    """Tell whether a response says that its body is longer than the cap.

    Args:
        response: A response of any library.
    """
    length = response.headers.get("Content-Length", "")
    return length.isdecimal() and int(length) > CAP


def refuse_compressed(response: Any) -> None:
    """Refuse a token answer that would grow while it is read.

    Args:
        response: A response of any library.

    Raises:
        TokenError: It has a content coding.
    """
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise TokenError(COMPRESSED, status_code=response.status_code)


def advance(steps: Steps[Any], perform: Callable[..., Any], *args: Any) -> Step:
    """Carry out a step and give the next one.

    Args:
        steps: The flow.
        perform: Carries the step out; what it raises is what the flow meets.
        *args: What `perform` is called with.

    Raises:
        StopIteration: The flow has ended; its ``value`` is the flow's result.
    """
    try:
        outcome = perform(*args)
    except BaseException as error:
        return steps.throw(error)
    return steps.send(outcome)


def perform_blocking(step: Step) -> Any:
    """Carry out a step that needs no HTTP library, on this thread.

    Raises:
        ConfigurationError: The step is to ask a coroutine function.
        TimeoutError: Another caller's flight did not end in time.
    """
    if isinstance(step, Await):
        return step.flight.join(step.deadline.left())
    if isinstance(step, Pause):
        return time.sleep(step.seconds)
    assert isinstance(step, Ask), step
    if not inspect.iscoroutinefunction(step.function):
        outcome = step.function()
        if not inspect.isawaitable(outcome):
            return conceal(outcome)
        if inspect.iscoroutine(outcome):
            outcome.close()
    raise ConfigurationError(f"{step.parameter}: an async function needs an async client")
