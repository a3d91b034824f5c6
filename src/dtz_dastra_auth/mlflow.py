"""MLflow plug-in: with ``MLFLOW_TRACKING_AUTH=dastra`` its clients authenticate their calls.

Each provider takes its credentials from the environment, as the ``from_env()`` of its class does;
``DASTRA_ORIGINS`` or ``DTZ_ORIGINS`` has to name the tracking server. MLflow makes one of each
provider at its first call, calls ``get_auth`` at every call, and needs no base class.
"""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ._auth import Auth


class _Provider:
    name: ClassVar[str]
    method: ClassVar[str]

    def get_name(self) -> str:
        """Give the value of ``MLFLOW_TRACKING_AUTH`` that chooses this provider."""
        return self.name

    def get_auth(self) -> "Auth":
        """Make the auth object of one call.

        Raises:
            ConfigurationError: A variable is missing, or cannot work.
        """
        import dtz_dastra_auth

        auth: Auth = getattr(dtz_dastra_auth, self.method).from_env()
        return auth


class DastraProvider(_Provider):
    """``dastra``: a key pair, by client credentials."""

    name, method = "dastra", "DastraClientCredentials"


class DastraKeyProvider(_Provider):
    """``dastra-key``: the private key alone, in ``X-API-KEY``."""

    name, method = "dastra-key", "DastraApiKey"


class DtzKeyProvider(_Provider):
    """``dtz-key``: an API key in ``X-API-KEY``."""

    name, method = "dtz-key", "DtzApiKey"


class DtzBearerProvider(_Provider):
    """``dtz-bearer``: a token, or a user name and password, in ``Authorization: Bearer``."""

    name, method = "dtz-bearer", "DtzBearer"
