"""The clients of hishel 2 are clients of httpx and httpx2, which take the object as ever.

hishel writes the headers of requests into its storage: the storages here leave credentials out.
"""

from dataclasses import replace
from pathlib import Path

from hishel import AsyncSqliteStorage, Entry, Headers, Request, Response, SqliteStorage
from hishel.httpx import CacheClient

from dtz_dastra_auth import DastraClientCredentials

SECRET = ("authorization", "cookie", "x-api-key")


def shown(request: Request) -> Request:
    headers = {name: value for name, value in request.headers.items() if name not in SECRET}
    return replace(request, headers=Headers(headers))


class Storage(SqliteStorage):
    """Answers, and their requests without credentials, in a file."""

    def create_entry(
        self, request: Request, response: Response, key: str, **limits: float | None
    ) -> Entry:
        return super().create_entry(shown(request), response, key, **limits)


class AsyncStorage(AsyncSqliteStorage):
    """The same for async clients."""

    async def create_entry(
        self, request: Request, response: Response, key: str, **limits: float | None
    ) -> Entry:
        return await super().create_entry(shown(request), response, key, **limits)


def workspaces(path: Path) -> list[int]:
    """Call twice; the second answer is read from a file."""
    storage = Storage(database_path=path, default_ttl=300)
    with CacheClient(storage=storage, auth=DastraClientCredentials.from_env()) as client:
        answers = [client.get("https://api.dastra.eu/v1/workspaces") for _ in range(2)]
        return [answer.json()["total"] for answer in answers]
