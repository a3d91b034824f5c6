"""Authentication for the Dastra and DTZ APIs, as objects for requests, httpx and httpx2.

Nothing is imported before a name is used (PEP 562), so that a sub-module such as the pytest
plug-in can be loaded without pulling in an HTTP client.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._errors import AuthError as AuthError
    from ._errors import ConfigurationError as ConfigurationError
    from ._errors import TokenError as TokenError
    from ._log_filter import CredentialFilter as CredentialFilter
    from ._shared import SharedTokenStore as SharedTokenStore
    from ._sources import TokenSource as TokenSource
    from ._stores import MemoryTokenStore as MemoryTokenStore
    from ._stores import TokenStore as TokenStore
    from .dastra import DastraApiKey as DastraApiKey
    from .dastra import DastraClientCredentials as DastraClientCredentials
    from .dtz import DtzApiKey as DtzApiKey
    from .dtz import DtzBasic as DtzBasic
    from .dtz import DtzBearer as DtzBearer
    from .dtz import DtzCookie as DtzCookie
    from .dtz import DtzLogin as DtzLogin
    from .dtz import DtzQueryKey as DtzQueryKey

_ROOMS = {
    "AuthError": "._errors",
    "ConfigurationError": "._errors",
    "CredentialFilter": "._log_filter",
    "DastraApiKey": ".dastra",
    "DastraClientCredentials": ".dastra",
    "DtzApiKey": ".dtz",
    "DtzBasic": ".dtz",
    "DtzBearer": ".dtz",
    "DtzCookie": ".dtz",
    "DtzLogin": ".dtz",
    "DtzQueryKey": ".dtz",
    "MemoryTokenStore": "._stores",
    "SharedTokenStore": "._shared",
    "TokenError": "._errors",
    "TokenSource": "._sources",
    "TokenStore": "._stores",
}

__all__ = [
    "AuthError",
    "ConfigurationError",
    "CredentialFilter",
    "DastraApiKey",
    "DastraClientCredentials",
    "DtzApiKey",
    "DtzBasic",
    "DtzBearer",
    "DtzCookie",
    "DtzLogin",
    "DtzQueryKey",
    "MemoryTokenStore",
    "SharedTokenStore",
    "TokenError",
    "TokenSource",
    "TokenStore",
]


# A type checker that saw these would take every misspelt name for an object.
if not TYPE_CHECKING:

    def __getattr__(name):
        try:
            room = _ROOMS[name]
        except KeyError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        value = getattr(import_module(room, __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
