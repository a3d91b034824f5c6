"""The caches that users have, each made by the recipe of its own project.

A process is told of a cache by a name in `CACHES` and a `Servers`, both of which it can be sent,
and makes its own. No question to any of them takes longer than about a second.
"""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

# Without `retry`, redis-py asks up to eleven times: fifteen seconds where Redis stands still.
ONE_SECOND: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": None}
_CACHELIB_FILES, _DJANGO_FILES, _DJANGO_DATABASE = "cachelib", "django", "django.sqlite3"
_DJANGO_TABLE, _DELETE_ALL = "shared_tokens", "DELETE FROM shared_tokens"


class Cache(Protocol):
    """What a test asks of a cache; timeouts in seconds."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: str, timeout: Any = ...) -> Any: ...

    def add(self, key: str, value: str, timeout: Any = ...) -> Any: ...

    def delete(self, key: str) -> Any: ...


@dataclass(frozen=True)
class Servers:
    """Where a process finds what its caches are kept in.

    Attributes:
        redis_url: The Redis, password included.
        memcached: Host and port of the Memcached.
        directory: Where files are; the database is one of them.
    """

    redis_url: str
    memcached: str
    directory: str

    def described(self) -> dict[str, str]:
        """Give what makes an equal one, for sending it to another process."""
        return asdict(self)

    def path(self, name: str) -> str:
        """Give the path of a file or directory."""
        return str(Path(self.directory, name))

    def clear_files(self) -> None:
        """Forget every key that is kept in files or in the database, whoever has them open."""
        for name in (_CACHELIB_FILES, _DJANGO_FILES):
            for file in Path(self.directory, name).glob("*"):
                file.unlink(missing_ok=True)
        database = self.path(_DJANGO_DATABASE)
        if Path(database).exists():
            with closing(sqlite3.connect(database)) as connection, connection:
                connection.execute(_DELETE_ALL)


@dataclass(frozen=True)
class CacheKind:
    """One kind of cache.

    Attributes:
        name: Its name in `CACHES`.
        make: Makes one, and may be called any number of times in a process.
        add_is_atomic: Whether only one of those that add a key at the same time is told it did.
        add_is_one_step: Whether an added key has its time from the beginning.
        add_sees_the_end: Whether a key whose time is over can be added without deleting it first.
    """

    name: str
    make: Callable[[Servers], Cache]
    add_is_atomic: bool = True
    add_is_one_step: bool = True
    add_sees_the_end: bool = True


# Each imports what it needs: a process of a fleet has one cache, and all of them take a second.
def _plain_redis(servers: Servers) -> Cache:
    from fleet.plain_redis import PlainRedis

    return PlainRedis(servers.redis_url)


def _cachelib_redis(servers: Servers) -> Cache:
    import cachelib
    import redis

    return cachelib.RedisCache(redis.Redis.from_url(servers.redis_url, **ONE_SECOND))


def _cachelib_files(servers: Servers) -> Cache:
    import cachelib

    return cachelib.FileSystemCache(servers.path(_CACHELIB_FILES))


def _flask_redis(servers: Servers) -> Cache:
    import flask
    import flask_caching

    app = flask.Flask(__name__)
    app.config.from_mapping(
        CACHE_TYPE="RedisCache", CACHE_REDIS_URL=servers.redis_url, CACHE_OPTIONS=dict(ONE_SECOND)
    )
    return flask_caching.Cache(app)


def _django(alias: str) -> Callable[[Servers], Cache]:
    def make(servers: Servers) -> Cache:
        _set_django_up(servers)
        from django.core.cache import caches  # type: ignore[import-untyped]  # it has none
        from django.utils.connection import ConnectionProxy  # type: ignore[import-untyped]

        # As `django.core.cache.cache` is made, which is the one of the alias "default": it leads
        # each thread to a cache of its own, where `caches[alias]` is that of one thread.
        shared: Any = ConnectionProxy(caches, alias)
        return shared  # type: ignore[no-any-return]  # it has the methods of a cache

    return make


@cache
def _set_django_up(servers: Servers) -> None:
    """Configure Django, which a process can do once."""
    import django  # type: ignore[import-untyped]  # it has none
    from django.conf import settings  # type: ignore[import-untyped]
    from django.core.management import CommandError, call_command  # type: ignore[import-untyped]

    backends = "django.core.cache.backends"
    memcached = {"BACKEND": f"{backends}.memcached.PyMemcacheCache", "LOCATION": servers.memcached}
    # Django's own example is quiet about failures: it tells of them as of keys that are not there.
    pooled = {"connect_timeout": 1, "timeout": 1, "use_pooling": True, "max_pool_size": 4}
    settings.configure(
        USE_TZ=True,
        CACHES={
            "redis": {
                "BACKEND": f"{backends}.redis.RedisCache",
                "LOCATION": servers.redis_url,
                "OPTIONS": dict(ONE_SECOND),
            },
            "memcached": {**memcached, "OPTIONS": pooled},
            "memcached-quiet": {**memcached, "OPTIONS": {**pooled, "ignore_exc": True}},
            "database": {"BACKEND": f"{backends}.db.DatabaseCache", "LOCATION": _DJANGO_TABLE},
            "files": {
                "BACKEND": f"{backends}.filebased.FileBasedCache",
                "LOCATION": servers.path(_DJANGO_FILES),
            },
        },
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": servers.path(_DJANGO_DATABASE),
                # Two that would both write wait for each other here, and fail without it.
                "OPTIONS": {"timeout": 1, "transaction_mode": "IMMEDIATE"},
            }
        },
    )
    django.setup()
    try:
        call_command("createcachetable", verbosity=0)
    except CommandError:
        # Another process has made it since this one looked; who looks again sees it.
        call_command("createcachetable", verbosity=0)


def forget_django_connections() -> None:
    """Close what Django has opened for this thread; a client of Memcached remembers outages."""
    if "django.core.cache" not in sys.modules:
        return
    from django.core.cache import caches
    from django.db import connections  # type: ignore[import-untyped]

    handlers: tuple[Any, ...] = (caches, connections)
    for opened in handlers:
        opened.close_all()
        for alias in opened.settings:
            # Opened in this thread, or not.
            with suppress(AttributeError):
                del opened[alias]


CACHES = {
    kind.name: kind
    for kind in (
        CacheKind("plain-redis", _plain_redis),
        CacheKind("cachelib-redis", _cachelib_redis, add_is_one_step=False),
        CacheKind("flask-redis", _flask_redis, add_is_one_step=False),
        CacheKind("django-redis", _django("redis")),
        CacheKind("django-memcached", _django("memcached")),
        CacheKind("django-memcached-quiet", _django("memcached-quiet")),
        CacheKind("django-database", _django("database")),
        CacheKind("django-files", _django("files"), add_is_atomic=False),
        CacheKind("cachelib-files", _cachelib_files, add_is_atomic=False, add_sees_the_end=False),
    )
}
