"""A Redis, a Memcached, and every cache that is kept in them or in files."""

from collections.abc import Iterator

import pytest

from fleet.caches import CACHES, Cache, CacheKind, Servers, forget_django_connections
from fleet.memcached_server import MemcachedServer
from fleet.redis_server import RedisServer


@pytest.fixture(scope="session")
def _redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def _memcached() -> Iterator[MemcachedServer]:
    with MemcachedServer() as server:
        yield server


@pytest.fixture
def redis(_redis: RedisServer) -> Iterator[RedisServer]:
    """Give a Redis that holds nothing; a test may stop, freeze, kill or fill it."""
    _redis.undo()
    yield _redis
    _redis.undo()


@pytest.fixture
def memcached(_memcached: MemcachedServer) -> Iterator[MemcachedServer]:
    """Give a Memcached that holds nothing; a test may stop, freeze or kill it."""
    _memcached.restore()
    _memcached.flush()
    yield _memcached
    _memcached.restore()


@pytest.fixture(scope="session")
def _cache_files(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("caches"))


@pytest.fixture
def servers(redis: RedisServer, memcached: MemcachedServer, _cache_files: str) -> Iterator[Servers]:
    """Give what all caches are kept in; it is the same for a session, and holds nothing.

    Django can be configured once in the life of a process, and so its caches cannot move.
    """
    servers = Servers(redis.url, memcached.address, _cache_files)
    servers.clear_files()
    yield servers
    forget_django_connections()


@pytest.fixture(params=CACHES)
def cache_kind(request: pytest.FixtureRequest) -> CacheKind:
    """Name a cache; a test that takes this runs once for each."""
    return CACHES[request.param]


@pytest.fixture
def cache(cache_kind: CacheKind, servers: Servers) -> Cache:
    """Give a cache that holds nothing."""
    return cache_kind.make(servers)
