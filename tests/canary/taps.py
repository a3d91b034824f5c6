"""Where a watch gets to see things: in the HTTP libraries, in logging, in processes.

Nothing is changed for a test: what it would not have seen in its log it does not see now either.
"""

import inspect
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from canary import shown
from canary.package import tap_package
from canary.stand_ins import after, tap_stand_ins
from canary.watch import Watch, current, saw
from dtz_dastra_auth._auth import Auth

Function = Callable[..., Any]

_CLIENTS = (
    *("requests.Session", "httpx.Client", "httpx.AsyncClient"),
    *("httpx2.Client", "httpx2.AsyncClient", "niquests.Session", "niquests.AsyncSession"),
)


def tap_everything(patched: pytest.MonkeyPatch) -> None:
    """Let every watch see what happens, until the patches are undone."""
    _tap_logging(patched)
    _tap_warnings(patched)
    _tap_processes(patched)
    _tap_clients(patched)
    tap_package(patched)
    tap_stand_ins(patched)


def _tap_logging(patched: pytest.MonkeyPatch) -> None:
    is_enabled, call_handlers = logging.Logger.isEnabledFor, logging.Logger.callHandlers

    def every_level(self: logging.Logger, level: int) -> bool:
        return current() is not None or is_enabled(self, level)

    def heard(self: logging.Logger, record: logging.LogRecord) -> None:
        watch = current()
        if watch is not None:
            watch.heard(record)
        if is_enabled(self, record.levelno):
            call_handlers(self, record)

    patched.setattr(logging.Logger, "isEnabledFor", every_level)
    patched.setattr(logging.Logger, "callHandlers", heard)


def _tap_warnings(patched: pytest.MonkeyPatch) -> None:
    def see(self: warnings.WarningMessage, *args: Any, **kwargs: Any) -> None:
        saw("warning", f"{self.message} {self.message!r}")

    after(patched, warnings.WarningMessage, "__init__", see)


def _tap_processes(patched: pytest.MonkeyPatch) -> None:
    def see(self: Any, *args: Any, **kwargs: Any) -> None:
        for stream in ("stdout", "stderr"):
            said = getattr(self, stream)
            said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
            saw(f"{stream} of a process", said or "")

    after(patched, subprocess.CompletedProcess, "__init__", see)


def _tap_clients(patched: pytest.MonkeyPatch) -> None:
    for path in _CLIENTS:
        library, _, name = path.partition(".")
        # Whoever tests a library has imported it by now.
        cls = getattr(sys.modules.get(library), name, None)
        if cls is None:
            continue
        methods = ("request", "send") if "Session" in name else ("send",)
        for method in methods:
            tap = _async_call if inspect.iscoroutinefunction(getattr(cls, method)) else _call
            patched.setattr(cls, method, tap(getattr(cls, method)))


def _call(original: Function) -> Function:
    @wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        watch = current()
        if watch is None or _is_inner(sys._getframe(1).f_globals["__name__"]):
            return original(self, *args, **kwargs)
        _before(watch, self, args, kwargs)
        try:
            response = original(self, *args, **kwargs)
        except BaseException as error:
            watch.saw(shown.of_error(error))
            raise
        finally:
            _auth_of(watch, self, kwargs)
        watch.saw(_of_answer(response, self, kwargs))
        return response

    return call


def _async_call(original: Function) -> Function:
    @wraps(original)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        watch = current()
        if watch is None:
            return await original(self, *args, **kwargs)
        _before(watch, self, args, kwargs)
        try:
            response = await original(self, *args, **kwargs)
        except BaseException as error:
            watch.saw(shown.of_error(error))
            raise
        finally:
            _auth_of(watch, self, kwargs)
        watch.saw(_of_answer(response, self, kwargs))
        return response

    return call


def _of_answer(response: Any, client: Any, options: dict[str, Any]) -> shown.Shown:
    # What a request has that no auth object has touched, the test has put there: a thief's, say.
    given = (options.get("auth"), getattr(client, "auth", None))
    is_by_hand = all(isinstance(each, tuple | None) for each in given)
    for where, text in shown.of_response(response):
        if not (is_by_hand and where == "headers of request of response"):
            yield where, text


def _is_inner(caller: str) -> bool:
    # requests calls itself for redirects, and this package for tokens: what is seen there is not
    # what a caller sees.
    inside = caller.startswith(("requests.", "niquests.", "dtz_dastra_auth."))
    return inside and not caller.endswith(".api")


def _before(watch: Watch, client: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    # Credentials that our auth objects have put on do not show themselves here. Large bodies are
    # left out: a test that sends a secret in one would have to say so.
    given = {name: value for name, value in options.items() if not _is_large(name, value)}
    by_hand = [repr(given), repr(client.headers.items()), repr(client.cookies)]
    for each in args:
        if isinstance(each, str):
            by_hand.append(each)
        elif hasattr(each, "headers"):
            content = getattr(each, "body", getattr(each, "_content", None))
            by_hand += [repr(list(each.headers.items())), str(each.url)]
            by_hand += [] if _is_large("", content) else [repr(content)]
    watch.by_hand += by_hand
    for name in ("HTTPS_PROXY", "https_proxy"):
        watch.proxy(os.environ.get(name, ""))


def _is_large(name: str, value: object) -> bool:
    return name == "files" or (isinstance(value, bytes) and len(value) > 2**16)


def _auth_of(watch: Watch, client: Any, options: dict[str, Any]) -> None:
    for auth in (options.get("auth"), getattr(client, "auth", None)):
        if isinstance(auth, Auth):
            watch.saw(shown.of_object(auth))
