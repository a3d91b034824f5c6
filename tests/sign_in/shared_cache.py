"""A cache in a file that processes share, of the smallest kind that adds a key in one step."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

_TABLE = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT, until REAL)"


class SqliteCache:
    """What a shared token store asks of a cache; timeouts in seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run(_TABLE)

    def get(self, key: str) -> str | None:
        return self._run("SELECT value FROM kept WHERE key = ? AND until > ?", key, time.time())

    def set(self, key: str, value: str, timeout: float = 0) -> None:
        self._run("REPLACE INTO kept VALUES (?, ?, ?)", key, value, time.time() + timeout)

    def add(self, key: str, value: str, timeout: float = 0) -> bool:
        now = time.time()
        added = self._run(
            "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value, until = excluded.until WHERE until <= ? RETURNING key",
            *(key, value, now + timeout, now),
        )
        return added is not None

    def delete(self, key: str) -> None:
        self._run("DELETE FROM kept WHERE key = ?", key)

    def _run(self, statement: str, *values: object) -> str | None:
        # One connection each: it is asked from several threads.
        with closing(sqlite3.connect(self._path, timeout=5)) as connection, connection:
            row = connection.execute(statement, values).fetchone()
            return None if row is None else str(row[0])
