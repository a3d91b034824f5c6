"""What processes of their own do; imported by name where a process is spawned."""

from typing import Any

import clients
from conformance.methods import DASTRA_URL


def call(kind: str, auth: Any) -> int:
    """Make one call with an auth object that came from another process, and give its status."""
    client = clients.make(kind, auth)
    try:
        status: int = client.get(DASTRA_URL).status_code
        return status
    finally:
        client.close()
