"""The secrets of a sign-in, each as a stand-in or an authorization URL has it, and its kind."""

from conformance.methods import REDIRECT_URI
from dtz_dastra_auth import dastra_authorization_url, dtz_authorization_url
from dtz_dastra_auth.testing import StandIns
from security.leaks import Give


def _dastra_verifier(_: StandIns) -> str:
    return str(dastra_authorization_url("public", REDIRECT_URI).code_verifier)


def _dtz_verifier(_: StandIns) -> str:
    return str(dtz_authorization_url("context-1", REDIRECT_URI).code_verifier)


# By name: what gives one, and what is said of it where it shows.
SECRETS: dict[str, tuple[Give, str]] = {
    "Dastra code": (
        lambda services: services.dastra.make_code(REDIRECT_URI),
        "Dastra authorization code",
    ),
    "DTZ code": (
        lambda services: services.dtz.make_code(REDIRECT_URI),
        "DTZ authorization code",
    ),
    "refresh token": (
        lambda services: services.dastra.make_refresh_token(),
        "Dastra refresh token",
    ),
    "Dastra verifier": (_dastra_verifier, "code verifier of an authorization URL"),
    "DTZ verifier": (_dtz_verifier, "code verifier of an authorization URL"),
    "password": (
        lambda services: services.dastra.password,
        "password of a person at Dastra",
    ),
}
# Where each may be in the body of a request, by host and path; nowhere else, and nothing but there.
BODIES = {
    "Dastra code": "https://account.dastra.eu/connect/token",
    "DTZ code": "https://identity.dtz.rocks/api/2021-02-21/oauth/token",
    "refresh token": "https://account.dastra.eu/connect/token",
    "Dastra verifier": "https://account.dastra.eu/connect/token",
    "DTZ verifier": "https://identity.dtz.rocks/api/2021-02-21/oauth/token",
    "password": "https://account.dastra.eu/connect/authorize",
}
PLACES = (
    *dict.fromkeys(BODIES.values()),
    "https://api.dastra.eu/v1/workspaces",
    "https://api.dtz.rocks/v1/me",
    "https://identity.dtz.rocks/api/2021-02-21/token/auth",
    "https://identity.dtz.rocks/api/2021-02-21/token/refresh",
    "https://identity.dtz.rocks/api/2021-02-21/auth/apikey",
    "https://shop.example/callback",
    "https://account.dastra.eu:8443/connect/token",
    "https://evil.example/connect/token",
)
