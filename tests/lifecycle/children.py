"""What processes of their own do; imported by name where a process is spawned."""

from typing import Any

import clients
from conformance.methods import DASTRA_URL, DTZ_URL
from dtz_dastra_auth import DastraClientCredentials, DastraRefreshToken, TokenError

# What programs are told the method by, in their arguments.
FROM_ENV: dict[str, Any] = {
    "client-credentials": DastraClientCredentials.from_env,
    "refresh-token": DastraRefreshToken.from_env,
}


def call(kind: str, auth: Any) -> int:
    """Make one call with an auth object that came from another process, and give its status."""
    client = clients.make(kind, auth)
    url = DTZ_URL if type(auth).__name__.startswith("Dtz") else DASTRA_URL
    try:
        status: int = client.get(url).status_code
        return status
    finally:
        client.close()


def told(call: Any) -> str:
    """Make a call, and tell its status or the error that there is no token."""
    try:
        return str(call().status_code)
    except TokenError as error:
        return f"{type(error).__name__}: {error}"
