"""What the stand-ins have made, and what has arrived at them and at their proxy."""

import inspect
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from canary.watch import current
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Tunnel
from dtz_dastra_auth.testing._service import Service

Function = Callable[..., Any]

services: "weakref.WeakSet[DastraStandIn | DtzStandIn]" = weakref.WeakSet()


def after(patched: pytest.MonkeyPatch, cls: type, name: str, see: Function) -> None:
    """Have a method followed by a function that sees the same arguments."""
    original: Function = getattr(cls, name)

    @wraps(original)
    def followed(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        see(self, *args, **kwargs)
        return result

    patched.setattr(cls, name, followed)


def tap_stand_ins(patched: pytest.MonkeyPatch) -> None:
    """Let every watch see what stand-ins make and get."""

    def made(self: Any) -> None:
        services.add(self)
        watch = current()
        if watch is not None:
            watch.services_secrets([self])

    for cls in (DastraStandIn, DtzStandIn):
        after(patched, cls, "__init__", made)
    patched.setattr(DastraStandIn, "make_token", _token_maker(DastraStandIn.make_token, "dastra"))
    patched.setattr(DtzStandIn, "_issue", _token_maker(DtzStandIn._issue, "dtz"))
    for cls in (DastraStandIn, DtzStandIn):
        patched.setattr(cls, "_make_code", _code_maker(cls._make_code, cls))
    patched.setattr(
        *(DastraStandIn, "_make_refresh_token"),
        _refresh_token_maker(DastraStandIn._make_refresh_token),
    )
    arrived = Service.arrived

    def arriving(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = arrived(self, *args, **kwargs)
        watch = current()
        if watch is not None:
            watch.arrived(self, request)
        return request

    def asked(self: Tunnel, *args: Any, **kwargs: Any) -> None:
        watch = current()
        if watch is not None:
            watch.tunnels.append(self)

    patched.setattr(Service, "arrived", arriving)
    after(patched, Tunnel, "__init__", asked)


def _token_maker(original: Function, house: str) -> Function:
    @wraps(original)
    def make(self: Any, *args: Any, **kwargs: Any) -> str:
        value: str = original(self, *args, **kwargs)
        watch = current()
        if watch is not None:
            name = {"dastra": "Dastra", "dtz": "DTZ"}[house]
            watch.token(value, f"{name} access token", house)
        return value

    return make


def _code_maker(original: Function, cls: type) -> Function:
    parameters = inspect.signature(original)
    name, house = ("Dastra", "dastra") if cls is DastraStandIn else ("DTZ", "dtz")

    @wraps(original)
    def make(*args: Any, **kwargs: Any) -> str:
        value: str = original(*args, **kwargs)
        watch = current()
        if watch is not None:
            redirect_uri = parameters.bind(*args, **kwargs).arguments["redirect_uri"]
            watch.code(value, f"{name} authorization code", house, redirect_uri)
        return value

    return make


def _refresh_token_maker(original: Function) -> Function:
    @wraps(original)
    def make(self: Any, *args: Any, **kwargs: Any) -> str:
        value: str = original(self, *args, **kwargs)
        watch = current()
        if watch is not None:
            kind = "Dastra refresh token"
            watch.canaries.add(value, kind, "refresh_token", houses={"dastra"})
        return value

    return make
