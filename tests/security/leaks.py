"""Everything that an auth object can do wrong with a secret, each done on purpose."""

import base64
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests

from conformance.methods import DASTRA_URL, DTZ_URL
from dtz_dastra_auth import ConfigurationError, DtzApiKey, TokenError
from dtz_dastra_auth.testing import DastraStandIn, StandIns

Leak = Callable[[str], object]
LeakInCall = Callable[[str, Any], None]


class Showing(DtzApiKey):
    """An auth object whose text is the secret."""

    def __init__(self, secret: str, how: str) -> None:
        super().__init__(secret)
        self._shown_how = how
        self._secret_itself = _Silent(secret)

    def __repr__(self) -> str:
        """Show it, if this is how."""
        return f"Showing({self._secret_itself.value})" if self._shown_how == "repr" else "Showing"

    def __str__(self) -> str:
        """Show it, if this is how."""
        return self._secret_itself.value if self._shown_how == "str" else "Showing"


class _Silent:
    """Holds a secret and does not show it."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "***"


class Leaking:
    """An auth object for every client that does with a request what it should not."""

    def __init__(self, leak: Callable[[Any], object]) -> None:
        self._leak = leak

    def __call__(self, request: Any) -> Any:
        """Leak, and give the request back, as all three libraries want it."""
        self._leak(request)
        return request


def in_a_log_record(secret: str) -> None:
    logging.getLogger("third.party").debug("sending %s", secret)


def in_a_traceback_that_is_logged(secret: str) -> None:
    try:
        raise KeyError(secret)
    except KeyError:
        logging.getLogger("third.party").debug("failed", exc_info=True)


def in_a_warning(secret: str) -> None:
    with warnings.catch_warnings(record=True, action="always"):
        warnings.warn(f"do not use {secret}", stacklevel=1)


def in_an_error_of_ours(secret: str) -> TokenError:
    return TokenError("no token", description=f"{secret} is not known")


def in_the_output_of_a_process(secret: str) -> None:
    program = "import sys; print(sys.stdin.read())"
    subprocess.run(
        [sys.executable, "-c", program], input=secret.encode(), capture_output=True, check=True
    )


# Each with what is said of where it was found.
OUTSIDE_CALLS: dict[str, tuple[Leak, str]] = {
    "repr": (lambda secret: Showing(f"apikey-{secret}", "repr"), "repr of Showing"),
    "str": (lambda secret: Showing(f"apikey-{secret}", "str"), "str of Showing"),
    "a log record": (in_a_log_record, "log record of third.party (DEBUG)"),
    "a traceback in the log": (in_a_traceback_that_is_logged, "log record of third.party (DEBUG)"),
    "a warning": (in_a_warning, "warning"),
    "an error of ours": (in_an_error_of_ours, "TokenError"),
    "the output of a process": (in_the_output_of_a_process, "stdout of a process"),
}


def text(secret: str, _: object) -> None:
    raise ValueError(f"bad key {secret}")


def argument(secret: str, _: object) -> None:
    raise ConfigurationError("bad key", {"key": secret})


def cause(secret: str, _: object) -> None:
    try:
        raise KeyError(secret)
    except KeyError as error:
        raise ValueError("bad key") from error


def hidden_context(secret: str, _: object) -> None:
    try:
        raise KeyError(secret)
    except KeyError:
        raise ValueError("bad key") from None


def note(secret: str, _: object) -> None:
    error = ValueError("bad key")
    error.add_note(secret)
    raise error


def group(secret: str, _: object) -> None:
    raise ExceptionGroup("two", [ValueError("bad key"), KeyError(secret)])


def attribute(secret: str, _: object) -> None:
    error = ValueError("bad key")
    error.__dict__["request"] = requests.Request("GET", "https://x.example", {"X": secret})
    raise error


IN_ERRORS: dict[str, tuple[LeakInCall, str]] = {
    "text": (text, "str of ValueError"),
    "argument": (argument, "repr of ConfigurationError"),
    "cause": (cause, "str of KeyError"),
    "context behind `from None`": (hidden_context, "str of KeyError"),
    "note": (note, "notes of ValueError"),
    "member of a group": (group, "str of KeyError"),
    "request that hangs on it": (attribute, "headers of Request of ValueError"),
}


def in_the_query(secret: str, request: Any) -> None:
    if isinstance(request.url, str):
        request.url += f"?apiKey={secret}"
    else:
        request.url = request.url.copy_with(params={"apiKey": secret})


def in_a_plain_header(secret: str, request: Any) -> None:
    request.headers["X-API-KEY"] = secret


def in_basic(secret: str, request: Any) -> None:
    request.headers["Authorization"] = f"Basic {basic(secret, 'id')}"


def basic(secret: str, identifier: str) -> str:
    return base64.b64encode(f"{identifier}:{secret}".encode()).decode()


def every_percent(secret: str) -> str:
    return "".join(f"%{byte:02x}" for byte in secret.encode())


def some_percent(secret: str) -> str:
    return "".join(
        character if place % 5 else every_percent(character)
        for place, character in enumerate(secret)
    )


def every_escape(secret: str) -> str:
    return json.dumps("".join(f"\\u{ord(character):04x}" for character in secret))


# What is done to a secret before it shows, and what is said of that.
CODINGS: dict[str, tuple[Callable[[str], str], str]] = {
    "plain": (str, "plain"),
    "a part of 8 characters": (lambda secret: secret[9:17], "plain"),
    "its last 8 characters": (lambda secret: secret[-8:], "plain"),
    "base64": (lambda secret: base64.b64encode(secret.encode()).decode(), "base64"),
    "url-safe base64": (
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
        "base64",
    ),
    "base64 of i:secret": (lambda secret: basic(secret, "i"), "base64"),
    "base64 of id:secret": (lambda secret: basic(secret, "id"), "base64"),
    "base64 of ids:secret": (lambda secret: basic(secret, "ids"), "base64"),
    "base64 of 8 characters": (
        lambda secret: base64.b64encode(secret[9:17].encode()).decode(),
        "base64",
    ),
    "base64, cut at both ends": (lambda secret: basic(secret, "id")[7:30], "base64"),
    "percent here and there": (some_percent, "percent or backslash escapes"),
    "percent, all of it": (every_percent, "percent or backslash escapes"),
    "percent in capitals": (
        lambda secret: every_percent(secret).upper(),
        "percent or backslash escapes",
    ),
    "percent, twice": (
        lambda secret: quote(every_percent(secret)),
        "percent or backslash escapes",
    ),
    "JSON escapes": (every_escape, "percent or backslash escapes"),
    "base64 of percent": (
        lambda secret: base64.b64encode(every_percent(secret).encode()).decode(),
        "escapes in base64",
    ),
    "percent of base64": (
        lambda secret: every_percent(base64.b64encode(secret.encode()).decode()),
        "base64",
    ),
    "hexadecimal": (lambda secret: secret.encode().hex(), "hexadecimal digits"),
}

# Whose secret, where it is sent and in which header, and what is said of that.
Give = Callable[[StandIns], str]
MISPLACED: dict[str, tuple[Give, str, str, str]] = {
    "Dastra's key at DTZ": (
        *(lambda services: services.dastra.private_key, DTZ_URL, "X-API-KEY"),
        "Dastra private key in the x-api-key of a request to https://api.dtz.rocks",
    ),
    "DTZ's key at Dastra": (
        *(lambda services: services.dtz.api_key, DASTRA_URL, "X-API-KEY"),
        "DTZ API key in the x-api-key of a request to https://api.dastra.eu",
    ),
    "another port of the same host": (
        *(lambda services: services.dastra.private_key, "https://api.dastra.eu:8443/me"),
        *(
            "X-API-KEY",
            "Dastra private key in the x-api-key of a request to https://api.dastra.eu:8443",
        ),
    ),
    "another header": (
        *(lambda services: services.dtz.api_key, DTZ_URL, "Referer"),
        "DTZ API key in the referer of a request to https://api.dtz.rocks",
    ),
    "a password that is no token request's": (
        *(lambda services: services.dtz.password, DTZ_URL, "Authorization"),
        "DTZ password in the authorization of a request to https://api.dtz.rocks",
    ),
    "a token at the token endpoint": (
        *(lambda services: services.dastra.make_token(), DastraStandIn.token_url, "Authorization"),
        "Dastra access token in the authorization of a token request to https://account.dastra.eu",
    ),
}
