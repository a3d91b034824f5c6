"""HTTPie plug-in: ``http --auth-type=dastra -a PUBLIC:PRIVATE https://api.dastra.eu/v1/workspaces``.

HTTPie loads every plug-in on every run, so nothing but HTTPie's own base class is imported before
one of these types is chosen. It also parses the package's whole metadata for each entry point,
which takes longer than all else: there is one entry point, and the other types register themselves.

Without ``-a`` the credentials come from the environment, as in each class's ``from_env()``. The
variables for other deployments (``DASTRA_ORIGINS`` and its neighbours) count either way.
"""

import sys
from typing import TYPE_CHECKING

from httpie.plugins import AuthPlugin

if TYPE_CHECKING:
    from ._auth import Auth


# What HTTPie sets by itself on what comes from an entry point.
_PACKAGE = "dtz-dastra-auth"


class _OneSecret(AuthPlugin):  # type: ignore[misc]  # HTTPie has no types
    """A type whose ``-a`` is one secret, colons and all."""

    package_name = _PACKAGE
    auth_require = False
    auth_parse = False

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for, from what it was given or the environment."""
        from ._httpie import make

        # Old files of sessions have a name in the place of what ``-a`` was.
        secret = username if self.raw_auth is None else self.raw_auth
        return make(str(self.auth_type), None if secret is None else (secret,))


class _Pair(AuthPlugin):  # type: ignore[misc]  # HTTPie has no types
    """A type whose ``-a`` is ``NAME:SECRET``."""

    package_name = _PACKAGE
    auth_require = False

    @property
    def auth_parse(self) -> bool:
        """Have ``-a`` taken apart where there is one; a session of HTTPie may be without."""
        return self.raw_auth is not None

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for, from what it was given or the environment."""
        from ._httpie import make

        return make(str(self.auth_type), None if username is None else (username, password or ""))


class DastraPlugin(_Pair):
    """``dastra``: a key pair, by client credentials."""

    name = "Dastra key pair"
    auth_type = "dastra"
    description = "-a PUBLIC:PRIVATE, or DASTRA_PUBLIC_KEY and DASTRA_PRIVATE_KEY"


class DastraKeyPlugin(_OneSecret):
    """``dastra-key``: the private key alone, in ``X-API-KEY``."""

    name = "Dastra API key"
    auth_type = "dastra-key"
    description = "-a PRIVATE, or DASTRA_PRIVATE_KEY"


class DtzKeyPlugin(_OneSecret):
    """``dtz-key``: an API key in ``X-API-KEY``."""

    name = "DTZ API key"
    auth_type = "dtz-key"
    description = "-a apikey-…, or DTZ_API_KEY; DTZ_CONTEXT_ID chooses a context"


class DtzQueryPlugin(_OneSecret):
    """``dtz-query``: an API key in the query."""

    name = "DTZ API key in the query"
    auth_type = "dtz-query"
    description = "-a apikey-…, or DTZ_API_KEY; DTZ_CONTEXT_ID chooses a context"


class DtzBearerPlugin(_OneSecret):
    """``dtz-bearer``: a token in ``Authorization: Bearer``."""

    name = "DTZ bearer token"
    auth_type = "dtz-bearer"
    description = "-a TOKEN, or DTZ_ACCESS_TOKEN"


class DtzCookiePlugin(_OneSecret):
    """``dtz-cookie``: a token in the ``dtz-auth`` cookie."""

    name = "DTZ cookie"
    auth_type = "dtz-cookie"
    description = "-a TOKEN, or DTZ_ACCESS_TOKEN"


class DtzBasicPlugin(_Pair):
    """``dtz-basic``: a key or a token in ``Authorization: Basic``."""

    name = "DTZ Basic"
    auth_type = "dtz-basic"
    description = "-a apikey:apikey-… or -a bearer:TOKEN, or DTZ_API_KEY, or DTZ_ACCESS_TOKEN"


class DtzLoginPlugin(_Pair):
    """``dtz-login``: a user name and password, by a bearer token."""

    name = "DTZ login"
    auth_type = "dtz-login"
    description = "-a USER:PASSWORD, or DTZ_USERNAME and DTZ_PASSWORD"


_OTHERS = (
    DastraKeyPlugin,
    DtzKeyPlugin,
    DtzQueryPlugin,
    DtzBearerPlugin,
    DtzCookiePlugin,
    DtzBasicPlugin,
    DtzLoginPlugin,
)

# Not there where something else than HTTPie imports this module: it would pull in requests.
if (_registry := sys.modules.get("httpie.plugins.registry")) is not None:
    _registry.plugin_manager.register(*_OTHERS)
