"""Where a watch gets to see things: in the HTTP libraries, in logging, and in this package.

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
from canary.kinds import is_random
from canary.stand_ins import after, tap_stand_ins
from canary.watch import Watch, current
from canary.wire import normal
from dtz_dastra_auth import SharedTokenStore, _errors, _sources, _stores, _token, dastra, dtz
from dtz_dastra_auth._auth import Auth

Function = Callable[..., Any]

_CLIENTS = (
    *("requests.Session", "httpx.Client", "httpx.AsyncClient"),
    *("httpx2.Client", "httpx2.AsyncClient", "niquests.Session", "niquests.AsyncSession"),
)
_PUBLIC: tuple[Any, ...] = (
    *(dastra.DastraClientCredentials, dastra.DastraApiKey),
    *(dtz.DtzApiKey, dtz.DtzBearer, dtz.DtzBasic, dtz.DtzCookie, dtz.DtzQueryKey, dtz.DtzLogin),
)
_OBJECTS: tuple[type, ...] = (
    *(_sources.StaticSource, _sources.CallableSource, _sources.CheckedSource),
    *(_stores.MemoryTokenStore, SharedTokenStore),
)
_ROLES = {
    "private_key": "private_key",
    "api_key": "api_key",
    "token": "token",
    "password": "password",
}


def tap_everything(patched: pytest.MonkeyPatch) -> None:
    """Let every watch see what happens, until the patches are undone."""
    _tap_logging(patched)
    _tap_warnings(patched)
    _tap_processes(patched)
    _tap_clients(patched)
    _tap_package(patched)
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
        _saw("warning", f"{self.message} {self.message!r}")

    after(patched, warnings.WarningMessage, "__init__", see)


def _tap_processes(patched: pytest.MonkeyPatch) -> None:
    def see(self: Any, *args: Any, **kwargs: Any) -> None:
        for stream in ("stdout", "stderr"):
            said = getattr(self, stream)
            said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
            _saw(f"{stream} of a process", said or "")

    after(patched, subprocess.CompletedProcess, "__init__", see)


def _saw(where: str, text: str) -> None:
    watch = current()
    if watch is not None:
        watch.saw([(where, text)])


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
        watch.saw(shown.of_response(response))
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
        watch.saw(shown.of_response(response))
        return response

    return call


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


def _tap_package(patched: pytest.MonkeyPatch) -> None:
    for cls in _PUBLIC:
        patched.setattr(cls, "__init__", _constructor(cls, cls.__init__))
    for each in _OBJECTS:
        after(patched, each, "__init__", _made)

    def token(self: Any, *args: Any, **kwargs: Any) -> None:
        watch = current()
        if watch is not None:
            watch.token(self.value, "token")
            watch.saw([("repr of Token", repr(self))])

    def identity(self: Any, *args: Any, **kwargs: Any) -> None:
        _saw("repr of Identity", repr(self))

    def error(self: Any, *args: Any, **kwargs: Any) -> None:
        _saw(f"{type(self).__name__}", f"{self} {self!r} {self.args!r} {vars(self)!r}")

    after(patched, _token.Token, "__init__", token)
    after(patched, _stores.Identity, "__init__", identity)
    for kind in (_errors.ConfigurationError, _errors.TokenError):
        after(patched, kind, "__init__", error)


def _made(self: object, *args: Any, **kwargs: Any) -> None:
    watch = current()
    if watch is not None:
        watch.made(self)


def _constructor(cls: Any, original: Function) -> Function:
    parameters = inspect.signature(original)

    @wraps(original)
    def constructor(self: Any, *args: Any, **kwargs: Any) -> None:
        watch = current()
        if watch is None:
            original(self, *args, **kwargs)
            return
        try:
            given = parameters.bind(self, *args, **kwargs).arguments
        except TypeError:
            given = {}
        _take(watch, cls, given)
        try:
            original(self, *args, **kwargs)
        except BaseException as error:
            watch.saw(shown.of_error(error))
            raise
        # One of a class made from ours is looked at when its own constructor is done, too.
        watch.made(self, ready=type(self) is cls)

    return constructor


def _take(watch: Watch, cls: Any, given: dict[str, Any]) -> None:
    """Take the secrets that a public class is given, and where it is told that they may go."""
    house = cls.__module__.rpartition(".")[2].removeprefix("_").partition("_")[0]
    origins = given.get("origins")
    places = [given.get("token_url"), given.get("identity_url")]
    places += list(origins) if isinstance(origins, list | tuple) else []
    named = {normal(place) for place in places if isinstance(place, str)}
    roles = dict(_ROLES)
    if cls is dtz.DtzBasic:
        roles["password"] = "api_key" if given.get("username") == "apikey" else "token"
    for name, role in roles.items():
        secret = given.get(name)
        if isinstance(secret, str) and is_random(secret):
            kind = f"{name} given to {cls.__name__}"
            watch.canaries.add(secret, kind, role, houses={house}, origins=named, is_held=True)
