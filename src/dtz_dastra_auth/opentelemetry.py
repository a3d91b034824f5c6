"""OpenTelemetry plug-in: sessions for the OTLP exporters over HTTP, chosen by the environment.

``OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER=dastra`` chooses one for all signals. Each
takes its credentials from the environment, as the ``from_env()`` of its class does;
``DASTRA_ORIGINS`` or ``DTZ_ORIGINS`` has to name the collector. A token request takes no longer
than an export may: ``OTEL_EXPORTER_OTLP_TIMEOUT``, or 10 seconds.
"""

import os

import requests

# What the exporters wait for, in seconds, where nothing else is said.
_TIMEOUT = 10.0


def dastra() -> requests.Session:
    """Make a session with a Dastra key pair, by client credentials.

    Raises:
        ConfigurationError: A variable is missing, or cannot work.
    """
    return _session("DastraClientCredentials")


def dastra_key() -> requests.Session:
    """Make a session with a Dastra private key, in ``X-API-KEY``.

    Raises:
        ConfigurationError: A variable is missing, or cannot work.
    """
    return _session("DastraApiKey")


def dtz_key() -> requests.Session:
    """Make a session with a DTZ API key, in ``X-API-KEY``.

    Raises:
        ConfigurationError: A variable is missing, or cannot work.
    """
    return _session("DtzApiKey")


def dtz_bearer() -> requests.Session:
    """Make a session with a DTZ token, or a user name and password, by bearer.

    Raises:
        ConfigurationError: A variable is missing, or cannot work.
    """
    return _session("DtzBearer")


def _session(method: str) -> requests.Session:
    import dtz_dastra_auth

    from ._sources import renewing

    auth = getattr(dtz_dastra_auth, method).from_env()
    if (source := renewing(auth._source)) is not None:
        source._timeout = _seconds(os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT", ""))
    session = requests.Session()
    session.auth = auth
    return session


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return _TIMEOUT
    return seconds if 0 < seconds < float("inf") else _TIMEOUT
