"""Everything that an error, a response, a request or an object shows."""

import pprint
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from _pytest._io.saferepr import saferepr

Shown = Iterator[tuple[str, str]]
"""Where a text was found, and the text."""


def of_error(error: BaseException) -> Shown:
    """Give every text of an error, and of all that hangs on it."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        name = type(each).__name__
        if not isinstance(each, BaseException):
            yield from _of_what_hangs_on_it(each, f"{name} of {type(error).__name__}")
            continue
        # One by one, since `from None` hides a context that is there all the same; and without the
        # lines of source in between, which have no secret and take most of the time.
        yield f"traceback of {name}", "".join(traceback.format_exception_only(each))
        yield from _texts(each, name)
        yield f"notes of {name}", "\n".join(map(str, getattr(each, "__notes__", ())))
        waiting += [*each.args, *vars(each).values()]
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def _of_what_hangs_on_it(thing: Any, name: str) -> Shown:
    if hasattr(thing, "status_code") and hasattr(thing, "history"):
        yield from of_response(thing, name)
    elif hasattr(thing, "headers") and hasattr(thing, "url"):
        yield from of_request(thing, name)
    else:
        yield from _texts(thing, name)


def of_response(response: Any, name: str = "response") -> Shown:
    """Give what a response shows of itself, of its request and of those before it."""
    # In requests, each response of a history has a history of its own.
    seen: set[int] = set()
    waiting = [(name, response)]
    while waiting:
        name, each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield from _texts(each, name)
        yield f"url of {name}", f"{each.url} {each.url!r}"
        with suppress(RuntimeError):  # httpx: without its request
            yield from of_request(each.request, f"request of {name}")
        for attribute in ("next", "next_request"):
            following = getattr(each, attribute, None)
            if hasattr(following, "headers"):
                yield from of_request(following, f"{attribute} of {name}")
        yield from _of_its_status(each, name)
        waiting += [
            (f"history of {name.removeprefix('history of ')}", past) for past in each.history
        ]


def _of_its_status(response: Any, name: str) -> Shown:
    if response.status_code is None or response.status_code < 300:
        return
    error: Exception | None = None
    try:
        response.raise_for_status()
    except Exception as raised:
        error = raised
    if error is not None:
        yield from _texts(error, f"raise_for_status of {name}")
        yield f"args of raise_for_status of {name}", repr(error.args)


def of_request(request: Any, name: str) -> Shown:
    """Give what a request shows."""
    yield from _texts(request, name)
    yield f"url of {name}", f"{request.url} {request.url!r}"
    yield f"headers of {name}", f"{request.headers} {request.headers!r}"


def of_object(thing: object) -> Shown:
    """Give what tools show of an object: their texts of it, and of what it holds."""
    name = type(thing).__name__
    yield from _texts(thing, name)
    ways: dict[str, Callable[[Any], str]] = {
        "pytest's text": saferepr,
        "pprint": pprint.pformat,
        "attributes": lambda it: repr(vars(it)),
        "slots": lambda it: repr(_slots(it)),
    }
    for how, way in ways.items():
        # Without attributes there are none to show.
        with suppress(TypeError):
            yield f"{how} of {name}", way(thing)


def _slots(thing: Any) -> dict[str, Any]:
    names = [name for each in type(thing).__mro__ for name in getattr(each, "__slots__", ())]
    return {name: getattr(thing, name, None) for name in names if not name.startswith("__")}


def _texts(thing: object, name: str) -> Shown:
    for text, how in ((repr, "repr"), (str, "str")):
        with suppress(Exception):  # whatever a test has made, and cannot be shown
            yield f"{how} of {name}", text(thing)
