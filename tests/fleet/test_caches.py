"""What a shared token store relies on, in every cache that users have."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from redis.exceptions import NoPermissionError, OutOfMemoryError

from fleet.caches import CACHES, Cache, CacheKind, Servers
from fleet.children import Child, at_once, environment
from fleet.memcached_server import MemcachedServer
from fleet.redis_server import RedisServer

KEY = "dtz-dastra-auth:" + "0123456789abcdef" * 4
LATER = KEY[:-1]
# As a sealed token is written, with a token of a usual length.
VALUE = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ" * 64
# What texts may hold where nothing is encrypted.
AWKWARD = '{"token": "€ \u2028 \\u0000 !1 12"}'
PROCESSES, KEYS, GAP = 8, 50, 0.03
# Seconds. A timeout of one is over long before, wherever whole seconds are counted.
SOON = 10.0

ATOMIC = [kind for kind in CACHES.values() if kind.add_is_atomic]
SEES_THE_END = [kind for kind in CACHES.values() if kind.add_sees_the_end]
REDIS = [kind for kind in CACHES.values() if kind.name.endswith("-redis")]
ON_SERVERS = [*REDIS, CACHES["django-memcached"], CACHES["django-memcached-quiet"]]

# What an error counts as, beside the answers that are not one.
FAILED = ""


def answer(question: Callable[[], object]) -> object:
    try:
        return question()
    except Exception:
        return FAILED


def named(kind: CacheKind) -> str:
    return kind.name


def wait_until(happens: Callable[[], object]) -> None:
    """Look again and again at something that is bound to happen soon."""
    end = time.monotonic() + SOON
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def rivals() -> Iterator[list[Child]]:
    """Run the processes that add the same keys at the same time."""
    with ExitStack() as stack:
        yield [stack.enter_context(Child("rival", environment())) for _ in range(PROCESSES)]


@pytest.mark.parametrize("value", [VALUE, AWKWARD, "12", ""], ids=["long", "awkward", "12", "''"])
def test_a_str_comes_back_as_the_same_str(cache: Cache, value: str) -> None:
    cache.set(KEY, value, timeout=60)
    back = cache.get(KEY)
    assert back == value
    assert type(back) is str


def test_a_key_that_is_not_there_is_none(cache: Cache) -> None:
    assert cache.get(KEY) is None


def test_set_puts_a_value_in_the_place_of_another(cache: Cache) -> None:
    cache.set(KEY, "one", timeout=60)
    cache.set(KEY, "two", timeout=60)
    assert cache.get(KEY) == "two"


def test_a_value_is_gone_when_its_time_is_over(cache: Cache) -> None:
    cache.set(KEY, VALUE, timeout=1)
    wait_until(lambda: cache.get(KEY) is None)
    assert cache.get(KEY) is None


def test_a_value_is_there_until_its_time_is_nearly_over(cache: Cache) -> None:
    begin = time.monotonic()
    cache.set(KEY, VALUE, timeout=3)
    wait_until(lambda: cache.get(KEY) is None)
    # Where whole seconds are counted, up to one is lost.
    assert time.monotonic() - begin > 1.9


def test_the_second_to_add_a_key_is_told_so(cache: Cache) -> None:
    assert cache.add(KEY, "one", timeout=60)
    assert not cache.add(KEY, "two", timeout=60)
    assert cache.get(KEY) == "one"


def test_a_key_can_be_added_after_it_was_deleted(cache: Cache) -> None:
    cache.add(KEY, "one", timeout=60)
    cache.delete(KEY)
    assert cache.get(KEY) is None
    assert cache.add(KEY, "two", timeout=60)
    assert cache.get(KEY) == "two"


def test_a_key_that_is_not_there_can_be_deleted(cache: Cache) -> None:
    cache.delete(KEY)
    assert cache.add(KEY, "one", timeout=60)


def test_set_replaces_the_time_of_what_was_added_too(cache: Cache) -> None:
    cache.add(KEY, "one", timeout=1)
    cache.set(KEY, "two", timeout=60)
    cache.set(LATER, VALUE, timeout=3)
    wait_until(lambda: cache.get(LATER) is None)
    assert cache.get(KEY) == "two"


@pytest.mark.parametrize("cache_kind", SEES_THE_END, ids=named)
def test_a_key_can_be_added_again_when_its_time_is_over(cache: Cache) -> None:
    assert cache.add(KEY, "one", timeout=1)
    wait_until(lambda: cache.add(KEY, "two", timeout=60))
    assert cache.get(KEY) == "two"


def test_a_key_can_be_added_again_when_its_time_is_over_and_it_was_deleted(cache: Cache) -> None:
    cache.add(KEY, "one", timeout=1)
    wait_until(lambda: cache.get(KEY) is None)
    cache.delete(KEY)
    assert cache.add(KEY, "two", timeout=60)


@pytest.mark.parametrize("cache_kind", [CACHES["cachelib-files"]], ids=named)
def test_in_cachelibs_files_a_key_whose_time_is_over_is_in_the_way(cache: Cache) -> None:
    # What a store has to live with: nobody ever adds this key again, unless somebody deletes it.
    cache.add(KEY, "one", timeout=1)
    wait_until(lambda: cache.get(KEY) is None)
    assert not cache.add(KEY, "two", timeout=60)


@pytest.mark.parametrize("cache_kind", REDIS, ids=named)
def test_who_dies_while_it_adds_a_key_can_leave_it_there_for_ever_in_cachelib(
    cache_kind: CacheKind, cache: Cache, redis: RedisServer
) -> None:
    # In its place: after the first of two commands, one that is refused the second.
    redis.forbid("expire")
    if cache_kind.add_is_one_step:
        assert cache.add(KEY, "one", timeout=60)
    else:
        with pytest.raises(NoPermissionError):
            cache.add(KEY, "one", timeout=60)
    [seconds_left] = redis.seconds_left().values()
    assert seconds_left == (60 if cache_kind.add_is_one_step else None)


@pytest.mark.parametrize("cache_kind", ON_SERVERS, ids=named)
@pytest.mark.parametrize("outage", ["stop", "freeze"])
def test_a_server_that_does_not_answer_is_an_error_or_a_cache_that_adds_nothing(
    cache_kind: CacheKind, cache: Cache, outage: str, redis: RedisServer, memcached: MemcachedServer
) -> None:
    cache.set(KEY, VALUE, timeout=60)
    getattr(redis if cache_kind in REDIS else memcached, outage)()
    begin = time.monotonic()
    told = [answer(lambda: cache.get(KEY)), answer(lambda: cache.add(LATER, VALUE, timeout=60))]
    # A client that tries again and again takes a quarter of a minute for each.
    assert time.monotonic() - begin < 8
    assert not any(told)
    if cache_kind in REDIS:
        assert told == [FAILED, FAILED]


@pytest.mark.parametrize("cache_kind", REDIS, ids=named)
def test_a_redis_that_is_full_is_an_error(cache: Cache, redis: RedisServer) -> None:
    cache.set(KEY, VALUE, timeout=60)
    redis.configure(maxmemory=1)
    with pytest.raises(OutOfMemoryError):
        cache.set(KEY, "other", timeout=60)
    with pytest.raises(OutOfMemoryError):
        cache.add(LATER, VALUE, timeout=60)
    assert cache.get(KEY) == VALUE


@pytest.mark.parametrize("cache_kind", ATOMIC, ids=named)
def test_of_eight_processes_that_add_a_key_at_once_one_is_told_that_it_did(
    cache_kind: CacheKind, servers: Servers, rivals: list[Child]
) -> None:
    keys = [f"{KEY}{number}" for number in range(KEYS)]
    described = {"cache": cache_kind.name, "servers": servers.described()}
    for rival in rivals:
        rival.send({**described, "keys": keys, "gap": GAP})
    assert all(rival.receive(60)["ready"] for rival in rivals)
    at_once(rivals, 0.2)
    answers = [rival.receive(60) for rival in rivals]
    assert sorted(key for answer in answers for key in answer["won"]) == sorted(keys)
