"""Stand in for Dastra and DTZ on loopback, for tests of code that calls them.

Install with ``pip install 'dtz-dastra-auth[testing]'``. `serve` starts both services and points
every HTTP client of this process, and of its subprocesses, at them; with pytest, ask for the
fixtures ``dastra``, ``dtz`` and ``stand_ins`` instead.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._cassettes import cassette_filter
    from ._commands import Hold
    from ._dastra import DastraStandIn
    from ._dtz import DtzStandIn
    from ._messages import Recorded
    from ._proxy import Proxy, Tunnel
    from ._serve import StandIns, serve

__all__ = [
    "DastraStandIn",
    "DtzStandIn",
    "Hold",
    "Proxy",
    "Recorded",
    "StandIns",
    "Tunnel",
    "cassette_filter",
    "serve",
]

_HOMES = {
    "DastraStandIn": "_dastra",
    "DtzStandIn": "_dtz",
    "Hold": "_commands",
    "Proxy": "_proxy",
    "Recorded": "_messages",
    "StandIns": "_serve",
    "Tunnel": "_proxy",
    "cassette_filter": "_cassettes",
    "serve": "_serve",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # pytest imports this package on every run of anybody who has us installed, because of the
        # plug-in's entry point: the servers may only be loaded once somebody asks for them. Type
        # checkers do not see this, or they would take any name.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(f".{_HOMES[name]}", __name__)
        except ModuleNotFoundError as error:
            message = f"The stand-ins for Dastra and DTZ need the module {error.name!r}. "
            message += "Install it with: pip install 'dtz-dastra-auth[testing]'"
            raise ModuleNotFoundError(message, name=error.name) from None
        return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
