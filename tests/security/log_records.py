"""What handlers show of every record, and whose credentials are in it, in whatever form."""

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from dtz_dastra_auth import CredentialFilter
from dtz_dastra_auth.testing import StandIns
from security.scenes_wire import signed_in_with

# A part of a secret that is as long as this counts as the secret.
_PART = 8


class Shown(logging.Handler):
    """Keeps what it shows, as name of the logger and text; what servers log is not the client's."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.threadName != "dtz-dastra-auth stand-ins":
            self.lines.append((record.name, self.format(record)))

    def take(self) -> list[tuple[str, str]]:
        """Give what was kept, and forget it."""
        lines, self.lines = self.lines, []
        return lines


@contextmanager
def everything() -> Iterator[tuple[Shown, Shown]]:
    """Have all records shown by two handlers, the second one with the filter."""
    root, without, filtered = logging.getLogger(), Shown(), Shown()
    filtered.addFilter(CredentialFilter())
    level = root.level
    root.setLevel(logging.NOTSET + 1)
    # In this order: what the filter takes out of a record is out of it for all that come later.
    for handler in (without, filtered):
        root.addHandler(handler)
    try:
        yield without, filtered
    finally:
        root.setLevel(level)
        for handler in (without, filtered):
            root.removeHandler(handler)


def secrets_of(services: StandIns) -> set[str]:
    """Give what is secret at this moment, without the parts that all such secrets have."""
    dastra, dtz = services.dastra, services.dtz
    # What stands before the first dot of a JWT names its algorithm.
    tokens = {token.partition(".")[2] for token in dtz.tokens_in_force}
    key = dtz.api_key.removeprefix("apikey-")
    given = {dastra.private_key, key, dtz.password, dastra.password, *signed_in_with(services)}
    return {*given, *dastra.tokens_in_force, *tokens}


def loggers_that_show(secrets: set[str], lines: list[tuple[str, str]]) -> set[str]:
    """Give the names of the loggers with a secret, or a part of one, in any of these lines."""
    parts = {part for secret in secrets for form in _forms(secret) for part in _parts(form)}
    return {name for name, text in lines if not parts.isdisjoint(_parts(text))}


def _parts(text: str) -> set[str]:
    return {text[start : start + _PART] for start in range(len(text) - _PART + 1)}


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield "".join(f"%{byte:02X}" for byte in secret.encode())
    for offset in range(3):
        # Without the characters that depend on what stands before and behind.
        encoded = base64.b64encode(b"\0" * offset + secret.encode()).decode().rstrip("=")
        yield encoded[(0, 2, 3)[offset] : -1]
