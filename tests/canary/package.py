"""Where a watch gets to see what this package makes: its objects, and what they are given."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import pytest

from canary import shown
from canary.stand_ins import after
from canary.watch import Watch, current, saw
from canary.wire import normal
from dtz_dastra_auth import (
    SharedTokenStore,
    _authorization,
    _code,
    _dastra_sign_in,
    _dtz_api_key_exchange,
    _dtz_sign_in,
    _errors,
    _rotation,
    _sources,
    _stores,
    _token,
    dastra,
    dtz,
)

Function = Callable[..., Any]

_PUBLIC: tuple[Any, ...] = (
    *(dastra.DastraClientCredentials, dastra.DastraApiKey),
    *(_dastra_sign_in.DastraAuthorizationCode, _dastra_sign_in.DastraRefreshToken),
    *(dtz.DtzApiKey, dtz.DtzBearer, dtz.DtzBasic, dtz.DtzCookie, dtz.DtzQueryKey, dtz.DtzLogin),
    *(_dtz_sign_in.DtzAuthorizationCode, _dtz_api_key_exchange.DtzApiKeyExchange),
)
_OBJECTS: tuple[type, ...] = (
    *(_sources.StaticSource, _sources.CallableSource, _sources.CheckedSource),
    *(_stores.MemoryTokenStore, SharedTokenStore, _rotation.Chain),
)
_WITHOUT_REFERENCES: tuple[type, ...] = (_rotation.Beginning, _code.Code)
# The parameters that are secret, each by the role that it is called after.
_SECRETS = (
    *("private_key", "api_key", "token", "password"),
    *("refresh_token", "code", "code_verifier"),
)


def tap_package(patched: pytest.MonkeyPatch) -> None:
    for cls in _PUBLIC:
        patched.setattr(cls, "__init__", _constructor(cls, cls.__init__))
    for each in _OBJECTS:
        after(patched, each, "__init__", _made)
    for each in _WITHOUT_REFERENCES:
        after(patched, each, "__init__", _begun)
    _tap_authorization_urls(patched)

    def token(self: Any, *args: Any, **kwargs: Any) -> None:
        watch = current()
        if watch is not None:
            watch.token(self.value, "token")
            watch.saw([("repr of Token", repr(self))])

    def identity(self: Any, *args: Any, **kwargs: Any) -> None:
        saw("repr of Identity", repr(self))

    def error(self: Any, *args: Any, **kwargs: Any) -> None:
        saw(f"{type(self).__name__}", f"{self} {self!r} {self.args!r} {vars(self)!r}")

    after(patched, _token.Token, "__init__", token)
    after(patched, _stores.Identity, "__init__", identity)
    for kind in (_errors.ConfigurationError, _errors.AuthorizationError, _errors.TokenError):
        after(patched, kind, "__init__", error)


def _made(self: object, *args: Any, **kwargs: Any) -> None:
    watch = current()
    if watch is not None:
        watch.made(self)


def _begun(self: object, *args: Any, **kwargs: Any) -> None:
    watch = current()
    if watch is not None:
        watch.saw(shown.of_object(self))


def _tap_authorization_urls(patched: pytest.MonkeyPatch) -> None:
    original = _authorization.AuthorizationUrl.__new__

    @wraps(original)
    def new(cls: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        made = original(cls, url, *args, **kwargs)
        watch, verifier = current(), made.code_verifier
        if watch is not None:
            # Of 43 characters that were drawn, more than 30 differ; where a test has written its
            # own, it is one over and over, or words.
            if verifier is not None and len(set(verifier)) > 20:
                house = "dtz" if urlsplit(url).path.endswith("/oauth/authorize") else "dastra"
                kind = "code verifier of an authorization URL"
                watch.canaries.add(str(verifier), kind, "code_verifier", houses={house})
            watch.saw(shown.of_object(made))
        return made

    patched.setattr(_authorization.AuthorizationUrl, "__new__", staticmethod(new))


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
    callback = str(given.get("redirect_uri"))
    roles = {name: name for name in _SECRETS}
    if cls is dtz.DtzBasic:
        roles["password"] = "api_key" if given.get("username") == "apikey" else "token"
    for name, role in roles.items():
        secret = given.get(name)
        if isinstance(secret, str) and watch.canaries.is_secret(secret):
            kind = f"{name} given to {cls.__name__}"
            allowed = named | ({normal(callback)} if role == "code" else set())
            watch.canaries.add(secret, kind, role, houses={house}, origins=allowed, is_held=True)
