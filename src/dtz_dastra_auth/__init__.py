"""Authentication for the Dastra and DTZ APIs, as objects for requests, httpx and httpx2.

Nothing is imported before a name is used (PEP 562), so that a sub-module such as the pytest
plug-in can be loaded without pulling in an HTTP client.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._authorization import AuthorizationUrl as AuthorizationUrl
    from ._authorization import code_from_callback as code_from_callback
    from ._authorization import dastra_authorization_url as dastra_authorization_url
    from ._authorization import dtz_authorization_url as dtz_authorization_url
    from ._dastra_sign_in import DastraAuthorizationCode as DastraAuthorizationCode
    from ._dastra_sign_in import DastraRefreshToken as DastraRefreshToken
    from ._errors import AuthError as AuthError
    from ._errors import AuthorizationError as AuthorizationError
    from ._errors import ConfigurationError as ConfigurationError
    from ._errors import SignInRequiredError as SignInRequiredError
    from ._errors import TokenError as TokenError
    from ._log_filter import CredentialFilter as CredentialFilter
    from ._shared import SharedTokenStore as SharedTokenStore
    from ._sources import TokenSource as TokenSource
    from ._stores import MemoryTokenStore as MemoryTokenStore
    from ._stores import TokenStore as TokenStore
    from .dastra import DastraApiKey as DastraApiKey
    from .dastra import DastraClientCredentials as DastraClientCredentials
    from .dtz import DtzApiKey as DtzApiKey
    from .dtz import DtzApiKeyExchange as DtzApiKeyExchange
    from .dtz import DtzAuthorizationCode as DtzAuthorizationCode
    from .dtz import DtzBasic as DtzBasic
    from .dtz import DtzBearer as DtzBearer
    from .dtz import DtzCookie as DtzCookie
    from .dtz import DtzLogin as DtzLogin
    from .dtz import DtzQueryKey as DtzQueryKey

_ROOMS = {
    "AuthError": "._errors",
    "AuthorizationError": "._errors",
    "AuthorizationUrl": "._authorization",
    "ConfigurationError": "._errors",
    "CredentialFilter": "._log_filter",
    "DastraApiKey": ".dastra",
    "DastraAuthorizationCode": "._dastra_sign_in",
    "DastraClientCredentials": ".dastra",
    "DastraRefreshToken": "._dastra_sign_in",
    "DtzApiKey": ".dtz",
    "DtzApiKeyExchange": ".dtz",
    "DtzAuthorizationCode": ".dtz",
    "DtzBasic": ".dtz",
    "DtzBearer": ".dtz",
    "DtzCookie": ".dtz",
    "DtzLogin": ".dtz",
    "DtzQueryKey": ".dtz",
    "MemoryTokenStore": "._stores",
    "SharedTokenStore": "._shared",
    "SignInRequiredError": "._errors",
    "TokenError": "._errors",
    "TokenSource": "._sources",
    "TokenStore": "._stores",
    "code_from_callback": "._authorization",
    "dastra_authorization_url": "._authorization",
    "dtz_authorization_url": "._authorization",
}

__all__ = [
    "AuthError",
    "AuthorizationError",
    "AuthorizationUrl",
    "ConfigurationError",
    "CredentialFilter",
    "DastraApiKey",
    "DastraAuthorizationCode",
    "DastraClientCredentials",
    "DastraRefreshToken",
    "DtzApiKey",
    "DtzApiKeyExchange",
    "DtzAuthorizationCode",
    "DtzBasic",
    "DtzBearer",
    "DtzCookie",
    "DtzLogin",
    "DtzQueryKey",
    "MemoryTokenStore",
    "SharedTokenStore",
    "SignInRequiredError",
    "TokenError",
    "TokenSource",
    "TokenStore",
    "code_from_callback",
    "dastra_authorization_url",
    "dtz_authorization_url",
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
