"""The HTTP libraries that are installed, and the base classes they ask of us.

The one place that knows. Importing it imports requests, httpx and, where installed, httpx2, so only
what needs a base class imports it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import requests
from requests.auth import AuthBase

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from types import ModuleType

    from ._httpx2 import Auth as Httpx2Auth
    from ._httpx2 import RequestError as Httpx2RequestError

__all__ = ["HTTPX_LIBRARIES", "AuthBases", "RequestErrors"]

# Whatever request type the calling library hands in, it gets the same one back.
R = TypeVar("R")


def _find_httpx_libraries() -> tuple[ModuleType, ...]:
    """Find httpx and, where it is installed and not the same thing, httpx2.

    Raises:
        ImportError: httpx2 is installed and broken.
    """
    try:
        httpx2 = importlib.import_module("httpx2")
    except ModuleNotFoundError as error:
        # Only its own absence is an answer. Taken for absent, a broken httpx2 would leave its users
        # with objects that it refuses.
        if error.name != "httpx2":
            raise
        return (httpx,)
    # After httpx2.alias_httpx() the two names stand for one module, and a class cannot be a base
    # twice. Their classes are compared, not the modules: a shim would re-export them.
    return (httpx,) if httpx2.Auth is httpx.Auth else (httpx, httpx2)


HTTPX_LIBRARIES: tuple[ModuleType, ...] = _find_httpx_libraries()

if TYPE_CHECKING:
    # Type checkers want bases by name, and every method that two of them define with their own
    # Request and Response reconciled here, once: generic in the request, so that each base finds
    # its own type in it. The answer sent back in is Any for the same reason.
    class AuthBases(AuthBase, httpx.Auth, Httpx2Auth):
        # `r` is requests' name for it, and a caller may use it.
        def __call__(self, r: R) -> R: ...

        def auth_flow(self, request: R) -> Generator[R, Any, None]: ...

        def sync_auth_flow(self, request: R) -> Generator[R, Any, None]: ...

        def async_auth_flow(self, request: R) -> AsyncGenerator[R, Any]: ...

    class RequestErrors(requests.RequestException, httpx.RequestError, Httpx2RequestError):
        # An attribute in requests, a property over `_request` in the others; None, or the request
        # of whichever library is calling.
        request: Any
        _request: Any

else:

    class AuthBases(AuthBase, *(library.Auth for library in HTTPX_LIBRARIES)):
        """Be what every installed client takes as ``auth=``."""

    class RequestErrors(
        requests.RequestException, *(library.RequestError for library in HTTPX_LIBRARIES)
    ):
        """Be what callers of every installed client already catch."""

        # In the class, so that it outlives pickle and copy, and so that httpx's property of the
        # same name, which raises while unset, is out of the way.
        request = None
        response = None
