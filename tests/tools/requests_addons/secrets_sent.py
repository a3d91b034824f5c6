"""What a tool may have kept of the credentials that went over the wire."""

from pathlib import Path

import pytest

from conformance.methods import METHODS
from dtz_dastra_auth.testing import StandIns


def secrets_sent(services: StandIns) -> set[bytes]:
    """Give the keys and tokens that the stand-ins were sent, without the words around them."""
    values = set()
    for call in [*services.dastra.calls, *services.dtz.calls]:
        values |= {value for name, value in call.query if name == "apiKey"}
        values |= set(call.headers_named("X-API-KEY"))
        values |= {value.partition(" ")[2] for value in call.headers_named("Authorization")}
        values |= {value.partition("dtz-auth=")[2] for value in call.headers_named("Cookie")}
    return {value.encode() for value in values if value}


def files_below(directory: Path) -> bytes:
    """Give the bytes of all files in a directory and below it."""
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


_ONE_OF_EACH = (
    "dastra-client-credentials",
    "dastra-api-key",
    "dtz-api-key",
    "dtz-bearer-login",
    "dtz-basic-key",
    "dtz-cookie",
    "dtz-query",
)
# urllib3 logs the URL of each call at DEBUG, the query key in it.
EVERY_METHOD = [
    pytest.param(
        each,
        id=each.name,
        marks=[pytest.mark.logs("the query key")] if "query" in each.name else [],
    )
    for each in METHODS
    if each.name in _ONE_OF_EACH
]
