"""What no constructor takes: every parameter, and every kind of bad value."""

from collections.abc import Callable
from typing import Any

import requests

from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    MemoryTokenStore,
    SharedTokenStore,
)

Build = Callable[[Any], object]
# The parameter's name and what passes a value for it, by class and parameter.
Parameters = dict[str, tuple[str, Build]]

# Each bad value is made of these, so that a message with a part of it is found too.
HEAD, TAIL, NUMBER = "Zx9hunter", "Qv7rabbit", 987123654


def _pair(value: Any = "private", **options: Any) -> DastraClientCredentials:
    return DastraClientCredentials("public", value, **options)


def _login(value: Any = "password", **options: Any) -> DtzLogin:
    return DtzLogin("user", value, **options)


def _of_both(parameter: str) -> Parameters:
    """Give a parameter that both renewing sources have."""
    return {
        f"DastraClientCredentials.{parameter}": (parameter, lambda v: _pair(**{parameter: v})),
        f"DtzLogin.{parameter}": (parameter, lambda v: _login(**{parameter: v})),
    }


KEY_PAIR: Parameters = {
    "DastraClientCredentials.public_key": (
        "public_key",
        lambda value: DastraClientCredentials(value, "private"),
    ),
    "DastraClientCredentials.private_key": ("private_key", _pair),
}

ANY_TEXT: Parameters = {
    **KEY_PAIR,
    "DtzLogin.username": ("username", lambda value: DtzLogin(value, "password")),
    "DtzLogin.password": ("password", _login),
}

SCOPE: Parameters = {
    "DastraClientCredentials.scope": ("scope", lambda value: _pair(scope=value)),
}

# These go into a header or a cookie as they are.
TOKENS: Parameters = {
    "DastraApiKey.private_key": ("private_key", DastraApiKey),
    "DtzBearer.token": ("token", DtzBearer),
    "DtzCookie.token": ("token", DtzCookie),
    "DtzBasic.password": ("password", lambda value: DtzBasic("bearer", value)),
}

DTZ_KEYS: Parameters = {
    "DtzApiKey.api_key": ("api_key", DtzApiKey),
    "DtzQueryKey.api_key": ("api_key", DtzQueryKey),
    "DtzBasic.apikey": ("password", lambda value: DtzBasic("apikey", value)),
}

CONTEXTS: Parameters = {
    "DtzApiKey.context_id": ("context_id", lambda value: DtzApiKey("apikey-1", context_id=value)),
    "DtzQueryKey.context_id": (
        "context_id",
        lambda value: DtzQueryKey("apikey-1", context_id=value),
    ),
    "DtzLogin.context_id": ("context_id", lambda value: _login(context_id=value)),
}

TOKEN_URL: Parameters = {
    "DastraClientCredentials.token_url": ("token_url", lambda value: _pair(token_url=value)),
}
IDENTITY_URL: Parameters = {
    "DtzLogin.identity_url": ("identity_url", lambda value: _login(identity_url=value)),
}
ENDPOINTS: Parameters = {**TOKEN_URL, **IDENTITY_URL}

ORIGINS: Parameters = {
    "DastraClientCredentials.origins": ("origins", lambda value: _pair(origins=value)),
    "DastraApiKey.origins": ("origins", lambda value: DastraApiKey("private", origins=value)),
    "DtzApiKey.origins": ("origins", lambda value: DtzApiKey("apikey-1", origins=value)),
    "DtzBearer.origins": ("origins", lambda value: DtzBearer("token", origins=value)),
    "DtzBasic.origins": ("origins", lambda value: DtzBasic("bearer", "token", origins=value)),
    "DtzCookie.origins": ("origins", lambda value: DtzCookie("token", origins=value)),
    "DtzQueryKey.origins": ("origins", lambda value: DtzQueryKey("apikey-1", origins=value)),
}

NO_TEXT = {
    "None": None,
    "an int": NUMBER,
    "True": True,
    "bytes": HEAD.encode(),
    "a list": [HEAD],
    "a pair": (HEAD, TAIL),
    "empty": "",
    "blanks": "   ",
    "a tab": "\t",
    "a byte order mark alone": "\ufeff",
    "zero-width spaces alone": "\u200b \u200b",
    "a blank before": f" {HEAD}",
    "a blank behind": f"{HEAD} ",
    "a no-break space behind": f"{HEAD}\xa0",
    "an em space before": f"\u2003{HEAD}",
    "an ideographic space behind": f"{HEAD}\u3000",
    "a line separator behind": f"{HEAD}\u2028",
    "a byte order mark before": f"\ufeff{HEAD}",
    "a zero-width space behind": f"{HEAD}\u200b",
    "a left-to-right mark before": f"\u200e{HEAD}",
    "an embedding before": f"\u202a{HEAD}",
    "a word joiner behind": f"{HEAD}\u2060",
    "a soft hyphen behind": f"{HEAD}\xad",
    "the newline of a file": f"{HEAD}\n",
    "CR LF behind": f"{HEAD}\r\n",
    "a byte order mark and a newline": f"\ufeff{HEAD}\n",
    "CR inside": f"{HEAD}\r{TAIL}",
    "LF inside": f"{HEAD}\n{TAIL}",
    "NUL inside": f"{HEAD}\x00{TAIL}",
    "NUL behind": f"{HEAD}\x00",
    "ESC inside": f"{HEAD}\x1b{TAIL}",
    "DEL inside": f"{HEAD}\x7f{TAIL}",
    "NEL inside": f"{HEAD}\x85{TAIL}",
    "half a surrogate": f"{HEAD}\ud800{TAIL}",
}

NO_TOKEN = {
    **NO_TEXT,
    "a space inside": f"{HEAD} {TAIL}",
    "the scheme before it": f"Bearer {HEAD}",
    "a letter beyond ASCII": f"{HEAD}é{TAIL}",
    "a euro sign": f"{HEAD}€{TAIL}",
    "an emoji": f"{HEAD}\U0001f511{TAIL}",
    "full-width digits": f"{HEAD}\uff11\uff12",
    "a no-break space inside": f"{HEAD}\xa0{TAIL}",
    "a soft hyphen inside": f"{HEAD}\xad{TAIL}",
    "a zero-width space inside": f"{HEAD}\u200b{TAIL}",
}

NO_SCOPE = {
    **NO_TEXT,
    "a quote": f'"{HEAD}"',
    "a backslash": f"{HEAD}\\{TAIL}",
    "two spaces": f"{HEAD}  {TAIL}",
    "a no-break space inside": f"{HEAD}\xa0{TAIL}",
    "a letter beyond ASCII": f"{HEAD}é",
}

NO_DTZ_KEY = {
    **{what: f"apikey-{v}" if isinstance(v, str) else v for what, v in NO_TOKEN.items() if v},
    "empty": "",
    "blanks": "   ",
    "None": None,
    "no prefix": HEAD,
    "the prefix alone": "apikey-",
    "the prefix in capitals": f"APIKEY-{HEAD}",
    "the prefix after a blank": f" apikey-{HEAD}",
    "another prefix": f"context-{HEAD}",
}

NO_COOKIE = {
    "a semicolon": f"{HEAD};{TAIL}",
    "a comma": f"{HEAD},{TAIL}",
    "a quote": f'{HEAD}"{TAIL}',
    "quotes around it": f'"{HEAD}"',
    "a backslash": f"{HEAD}\\{TAIL}",
    "its name before it": f"dtz-auth={HEAD}",
}


class _Cache:
    """Has the methods that a cache has."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: str, timeout: Any = None) -> Any: ...

    def add(self, key: str, value: str, timeout: Any = None) -> Any: ...

    def delete(self, key: str) -> Any: ...


class _Lookalike:
    """Has none of the methods that a session or a store has."""

    def __repr__(self) -> str:
        return HEAD


OTHERS: tuple[tuple[Parameters, dict[str, Any]], ...] = (
    (
        {"DtzBasic.username": ("username", lambda value: DtzBasic(value, "apikey-1"))},
        {
            "None": None,
            "an int": NUMBER,
            "bytes": b"apikey",
            "a pair": (HEAD, TAIL),
            "empty": "",
            "another": HEAD,
            "capitals": "APIKEY",
            "a newline behind": "apikey\n",
            "the password": f"apikey-{HEAD}",
        },
    ),
    (
        _of_both("timeout"),
        {
            "None": None,
            "a str": str(NUMBER),
            "True": True,
            "0": 0,
            "negative": -NUMBER,
            "infinite": float("inf"),
            "not a number": float("nan"),
            "a pair, as requests takes it": (3.05, NUMBER),
            "milliseconds beyond all bounds": NUMBER * 1000,
            "an int that no float can hold": 10**400,
        },
    ),
    (
        _of_both("session"),
        {
            "a str": HEAD,
            "False": False,
            "the class": requests.Session,
            "a client of another kind": _Lookalike(),
        },
    ),
    (
        _of_both("store"),
        {
            "a dict": {HEAD: TAIL},
            "False": False,
            "the class": MemoryTokenStore,
            "another object": _Lookalike(),
        },
    ),
    (
        {"SharedTokenStore.cache": ("cache", SharedTokenStore)},
        {
            "None": None,
            "a dict": {HEAD: TAIL},
            "an address": f"redis://{HEAD}:{TAIL}@localhost",
            "the class": _Cache,
        },
    ),
    (
        {"SharedTokenStore.encrypt": ("encrypt", lambda v: SharedTokenStore(_Cache(), encrypt=v))},
        {"None": None, "0": 0, "a str": "no"},
    ),
)
