"""HTTPie plug-in: ``http --auth-type=dastra -a PUBLIC:PRIVATE https://api.dastra.eu/v1/workspaces``.

HTTPie loads every plug-in on every run, so nothing but HTTPie's own base class is imported before
one of these types is chosen.

Without ``-a`` the credentials come from the environment, as in each class's ``from_env()``. The
variables for other deployments (``DASTRA_ORIGINS`` and its neighbours) count either way.
"""

from typing import TYPE_CHECKING

from httpie.plugins import AuthPlugin

if TYPE_CHECKING:
    from ._auth import Auth


class _OneSecret(AuthPlugin):  # type: ignore[misc]  # HTTPie has no types
    """A type whose ``-a`` is one secret, colons and all."""

    auth_require = False
    auth_parse = False


class _Pair(AuthPlugin):  # type: ignore[misc]  # HTTPie has no types
    """A type whose ``-a`` is ``NAME:SECRET``."""

    auth_require = False


class DastraPlugin(_Pair):
    """``dastra``: a key pair, by client credentials."""

    name = "Dastra key pair"
    auth_type = "dastra"
    description = "-a PUBLIC:PRIVATE, or DASTRA_PUBLIC_KEY and DASTRA_PRIVATE_KEY"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DastraClientCredentials, _environment
        from .dastra import ORIGINS, TOKEN_URL

        if username is None:
            return DastraClientCredentials.from_env()
        return DastraClientCredentials(
            username,
            password or "",
            token_url=_environment.get("DASTRA_TOKEN_URL") or TOKEN_URL,
            origins=_environment.listed("DASTRA_ORIGINS") or ORIGINS,
        )


class DastraKeyPlugin(_OneSecret):
    """``dastra-key``: the private key alone, in ``X-API-KEY``."""

    name = "Dastra API key"
    auth_type = "dastra-key"
    description = "-a PRIVATE, or DASTRA_PRIVATE_KEY"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DastraApiKey, _environment
        from .dastra import ORIGINS

        if self.raw_auth is None:
            return DastraApiKey.from_env()
        origins = _environment.listed("DASTRA_ORIGINS") or ORIGINS
        return DastraApiKey(self.raw_auth, origins=origins)


class DtzKeyPlugin(_OneSecret):
    """``dtz-key``: an API key in ``X-API-KEY``."""

    name = "DTZ API key"
    auth_type = "dtz-key"
    description = "-a apikey-…, or DTZ_API_KEY; DTZ_CONTEXT_ID chooses a context"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DtzApiKey, _environment
        from .dtz import origins_from_env

        if self.raw_auth is None:
            return DtzApiKey.from_env()
        context_id = _environment.get("DTZ_CONTEXT_ID")
        return DtzApiKey(self.raw_auth, context_id=context_id, origins=origins_from_env())


class DtzQueryPlugin(_OneSecret):
    """``dtz-query``: an API key in the query."""

    name = "DTZ API key in the query"
    auth_type = "dtz-query"
    description = "-a apikey-…, or DTZ_API_KEY; DTZ_CONTEXT_ID chooses a context"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DtzQueryKey, _environment
        from .dtz import origins_from_env

        if self.raw_auth is None:
            return DtzQueryKey.from_env()
        context_id = _environment.get("DTZ_CONTEXT_ID")
        return DtzQueryKey(self.raw_auth, context_id=context_id, origins=origins_from_env())


class DtzBearerPlugin(_OneSecret):
    """``dtz-bearer``: a token in ``Authorization: Bearer``."""

    name = "DTZ bearer token"
    auth_type = "dtz-bearer"
    description = "-a TOKEN, or DTZ_ACCESS_TOKEN"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DtzBearer
        from .dtz import origins_from_env

        if self.raw_auth is None:
            return DtzBearer.from_env()
        return DtzBearer(self.raw_auth, origins=origins_from_env())


class DtzCookiePlugin(_OneSecret):
    """``dtz-cookie``: a token in the ``dtz-auth`` cookie."""

    name = "DTZ cookie"
    auth_type = "dtz-cookie"
    description = "-a TOKEN, or DTZ_ACCESS_TOKEN"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DtzCookie
        from .dtz import origins_from_env

        if self.raw_auth is None:
            return DtzCookie.from_env()
        return DtzCookie(self.raw_auth, origins=origins_from_env())


class DtzBasicPlugin(_Pair):
    """``dtz-basic``: a key or a token in ``Authorization: Basic``."""

    name = "DTZ Basic"
    auth_type = "dtz-basic"
    description = "-a apikey:apikey-… or -a bearer:TOKEN, or DTZ_API_KEY, or DTZ_ACCESS_TOKEN"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DtzBasic
        from .dtz import origins_from_env

        if username is None:
            return DtzBasic.from_env()
        return DtzBasic(username, password or "", origins=origins_from_env())


class DtzLoginPlugin(_Pair):
    """``dtz-login``: a user name and password, by a bearer token."""

    name = "DTZ login"
    auth_type = "dtz-login"
    description = "-a USER:PASSWORD, or DTZ_USERNAME and DTZ_PASSWORD"

    def get_auth(self, username: str | None = None, password: str | None = None) -> "Auth":
        """Make the auth object HTTPie asks for."""
        from . import DtzBearer, DtzLogin, _environment
        from .dtz import IDENTITY_URL, origins_from_env

        if username is None:
            return DtzBearer(DtzLogin.from_env(), origins=origins_from_env())
        login = DtzLogin(
            username,
            password or "",
            context_id=_environment.get("DTZ_CONTEXT_ID"),
            identity_url=_environment.get("DTZ_IDENTITY_URL") or IDENTITY_URL,
        )
        return DtzBearer(login, origins=origins_from_env())
