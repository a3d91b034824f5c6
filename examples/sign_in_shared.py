"""What the two web applications beside it share: settings, what they keep, and their pages."""

import os
import sqlite3
import time
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

from dtz_dastra_auth import SharedTokenStore

# --- Settings ------------------------------------------------------------------------------------

PUBLIC_KEY, PRIVATE_KEY = os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"]
# What cookies are signed with: random, the same in all worker processes, and known to nobody else.
SECRET_KEY = os.environ["SECRET_KEY"]
# As Dastra knows it. It is not made of the Host header, which says what a browser was told to say.
REDIRECT_URI = os.environ["REDIRECT_URI"]
AUTHORIZATION_URL = os.getenv(
    "DASTRA_AUTHORIZATION_URL", "https://account.dastra.eu/connect/authorize"
)
API_URL = os.getenv("DASTRA_API_URL", "https://api.dastra.eu/v1/workspaces")
SERVICE: dict[str, Any] = {
    "token_url": os.getenv("DASTRA_TOKEN_URL", "https://account.dastra.eu/connect/token"),
    "origins": os.getenv("DASTRA_ORIGINS", "https://api.dastra.eu").split(","),
}
# One worker process needs no cache. Two without one may send the same refresh token, which a
# service takes for stolen then. docs/shared-tokens.md has other caches.
if redis_url := os.getenv("REDIS_URL"):
    import cachelib
    import redis

    client = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1, retry=None)
    SERVICE["store"] = SharedTokenStore(cachelib.RedisCache(client))
# With this prefix, browsers take it from no other host of the domain, and over TLS alone.
COOKIE = "__Host-session"

# --- What is secret, by the name that a session has for it ---------------------------------------


class Secrets:
    """Code verifiers and refresh tokens, in a file that all worker processes use.

    They are on the server, and never in a cookie, which is signed and not encrypted: a copy of it
    would be good for months, and an old one would bring back a refresh token that was spent, for
    which a service ends the sign-in. Nobody could take it back, either, as signing out does here.
    """

    # Seconds: of a refresh token, and of what is kept until somebody comes back from signing in.
    LONGEST, SIGNING_IN = 30 * 86_400, 600

    def __init__(self, path: str) -> None:
        self._path = path
        # It is as secret as the private key.
        Path(path).touch(mode=0o600)
        self._run(
            "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, secret TEXT, until REAL)"
        )
        self._run("CREATE INDEX IF NOT EXISTS kept_until ON kept (until)")

    def put(self, name: str, secret: str, lasts: float = LONGEST) -> None:
        """Keep a secret, and forget those that nobody has come back for."""
        now = time.time()
        self._run("DELETE FROM kept WHERE until < ?", now)
        self._run("REPLACE INTO kept VALUES (?, ?, ?)", name, secret, now + lasts)

    def replace(self, name: str, secret: str) -> None:
        """Keep another secret, if there is one: who has signed out meanwhile stays signed out."""
        until = time.time() + self.LONGEST
        self._run("UPDATE kept SET secret = ?, until = ? WHERE name = ?", secret, until, name)

    def get(self, name: str | None) -> str | None:
        """Give the secret, if there is one."""
        return self._run("SELECT secret FROM kept WHERE name = ?", name)

    def take(self, name: str | None) -> str | None:
        """Give the secret, if there is one, and forget it."""
        return self._run("DELETE FROM kept WHERE name = ? RETURNING secret", name)

    def _run(self, statement: str, *values: object) -> str | None:
        # One connection each, since threads share none.
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            row = connection.execute(statement, values).fetchone()
            return None if row is None else str(row[0])


SECRETS = Secrets(os.getenv("DATABASE", "sign_ins.sqlite3"))

# --- Pages ---------------------------------------------------------------------------------------

# A page is for one person: neither a proxy nor the browser's "back" shows it to the next.
HEADERS = {"Cache-Control": "no-store"}


def _page(content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Workspaces</title><link rel="icon" href="data:,"></head>
<body><h1>Workspaces</h1>{content}</body>
</html>
"""


def welcome() -> str:
    return _page('<p><a href="/sign-in">Sign in to Dastra</a></p>')


def listed(labels: list[str]) -> str:
    items = "".join(f"<li>{escape(label)}</li>" for label in labels)
    return _page(
        f'<ul>{items}</ul><form method="post" action="/sign-out"><button>Sign out</button></form>'
    )


def problem(text: str) -> str:
    # What the service says is somebody else's text.
    return _page(f'<p role="alert">{escape(text)}</p><p><a href="/">Back</a></p>')
