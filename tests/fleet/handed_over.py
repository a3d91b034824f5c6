"""What a process does with an auth object that another one has made; imported by name there."""

from collections.abc import Mapping
from typing import Any

import clients
from fleet.caches import CACHES, Servers
from fleet.plans import URL


class SentCache:
    """A cache that is sent to another process by its name, and made anew there."""

    def __init__(self, name: str, described: Mapping[str, str]) -> None:
        self._sent = name, dict(described)
        cache = CACHES[name].make(Servers(**described))
        self.get, self.set, self.add, self.delete = cache.get, cache.set, cache.add, cache.delete

    def __reduce__(self) -> tuple[Any, ...]:
        """Send what it was made of."""
        return SentCache, self._sent


def outcome(kind: str, auth: Any) -> Any:
    """Make one call; give its status, or class and message of its error."""
    client = clients.make(kind, auth, timeout=30.0)
    try:
        return client.get(URL).status_code
    except Exception as error:
        return type(error).__name__, str(error)
    finally:
        client.close()
