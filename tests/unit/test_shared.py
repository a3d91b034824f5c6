"""The store that processes share: what it shares, with whom, and what it is as an object."""

import copy
import functools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache, SimpleCache

from dtz_dastra_auth import DastraClientCredentials, DtzLogin, SharedTokenStore
from dtz_dastra_auth._stores import Identity
from unit.caches import HOUR, IDENTITY, OTHER_TENANT, DictCache
from unit.clock import FakeClock
from unit.fleet import Fleet


@pytest.fixture(params=["dict", "SimpleCache", "FileSystemCache"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Fleet:
    makers: dict[str, Callable[[], Any]] = {
        "dict": lambda: None,
        "SimpleCache": SimpleCache,
        "FileSystemCache": lambda: FileSystemCache(str(tmp_path)),
    }
    return Fleet(makers[request.param]())


# Two processes


def test_the_first_process_makes_a_token_request(fleet: Fleet) -> None:
    first = fleet.process()

    assert first.obtain("first").value == "first"
    assert first.requests == 1


def test_the_second_process_uses_the_token_of_the_first(fleet: Fleet) -> None:
    fleet.process().obtain("first")
    second = fleet.process()

    assert second.obtain().value == "first"
    assert second.requests == 0


def test_the_second_process_counts_what_is_left_of_the_tokens_life() -> None:
    fleet = Fleet()
    fleet.process().obtain()
    fleet.pass_(1000)
    second = fleet.process()

    assert second.left(second.obtain()) == HOUR - 1000


def test_the_time_that_the_answer_took_is_no_part_of_the_life_that_others_count() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    fleet.pass_(5)
    leader.answer("first")
    second = fleet.process()

    assert second.left(second.obtain()) == HOUR - 5


def test_an_expired_token_is_not_taken() -> None:
    fleet = Fleet()
    fleet.process().obtain("first")
    # Whatever the cache makes of it.
    value = fleet.cache.peek("token")
    fleet.pass_(HOUR)
    fleet.cache.plant("token", value)
    second = fleet.process()

    assert second.obtain("new").value == "new"
    assert second.requests == 1


def test_a_rejected_token_in_the_cache_is_not_taken_again(fleet: Fleet) -> None:
    first = fleet.process()
    old = first.obtain("old")
    fleet.pass_(10)

    assert first.obtain("new", rejected=old).value == "new"
    assert first.requests == 2


def test_the_token_that_follows_a_rejected_one_is_for_all(fleet: Fleet) -> None:
    first, second = fleet.some(2)
    old = first.obtain("old")
    second.obtain()
    fleet.pass_(10)
    first.obtain("new", rejected=old)

    assert second.obtain(rejected=old).value == "new"
    assert fleet.process().obtain().value == "new"
    assert fleet.requests == 2


def test_a_token_that_was_rejected_without_a_replay_is_renewed_for_all() -> None:
    fleet = Fleet()
    first, second = fleet.sharing(2)
    fleet.pass_(10)
    first.grant.reject(first.obtain())

    assert first.obtain("new").value == "new"
    second.grant.reject(second.obtain())
    assert second.obtain().value == "new"


def test_two_tenants_never_meet(fleet: Fleet) -> None:
    ours, theirs = fleet.process(), fleet.process(identity=OTHER_TENANT)
    ours.obtain("ours")

    assert theirs.obtain("theirs").value == "theirs"
    assert fleet.process().obtain().value == "ours"


@pytest.mark.parametrize(
    "other",
    [
        Identity(IDENTITY.parts, "other"),
        Identity((*IDENTITY.parts[:3], "api2"), "hunter2"),
        Identity((IDENTITY.parts[0], "https://other.example/", *IDENTITY.parts[2:]), "hunter2"),
    ],
    ids=["secret", "scope", "url"],
)
def test_what_makes_another_token_is_not_shared(other: Identity) -> None:
    fleet = Fleet()
    fleet.process().obtain("ours")

    assert fleet.process(identity=other).obtain("theirs").value == "theirs"


def test_stores_with_two_prefixes_share_nothing(fleet: Fleet) -> None:
    fleet.process().obtain("ours")

    assert fleet.process(prefix="other:").obtain("theirs").value == "theirs"


def test_logins_and_key_pairs_can_be_kept_in_one_cache() -> None:
    fleet = Fleet()
    process = fleet.process()
    for auth, value in (
        (DastraClientCredentials("a", "b")._source, "A"),
        (DtzLogin("a", "b"), "B"),
    ):
        identity = auth._identity  # type: ignore[attr-defined]  # both are renewing sources
        assert process.obtain(value, grant=process.granted(identity)).value == value

    assert len(fleet.cache.held) == 2


# The memory of the process


def test_a_cache_is_not_asked_before_the_first_call() -> None:
    cache = DictCache(FakeClock())
    DastraClientCredentials("shop", "hunter2", store=SharedTokenStore(cache))

    assert cache.questions == []


def test_a_cache_is_not_asked_while_the_process_has_a_good_token() -> None:
    fleet = Fleet()
    (process,) = fleet.sharing(1)

    def go_on() -> None:
        for _ in range(100):
            process.obtain()
            fleet.pass_((HOUR - 61) / 100)

    assert fleet.asked(go_on) == []


def test_callers_that_wait_for_their_own_process_ask_the_cache_nothing() -> None:
    fleet = Fleet()
    process = fleet.process()
    process.call()

    assert fleet.asked(lambda: [process.call() for _ in range(50)]) == []
    assert process.requests == 1


def test_a_cleared_store_takes_its_token_from_the_cache() -> None:
    fleet = Fleet()
    (process,) = fleet.sharing(1)
    slot = process.store.slot(IDENTITY)

    process.store.clear()

    assert process.store.slot(IDENTITY) is not slot
    assert process.obtain().value == "old"
    assert process.requests == 1


def test_a_store_forgets_what_its_memory_forgets() -> None:
    fleet = Fleet()
    (process,) = fleet.sharing(1)
    assert len(process.store._shares) == 1

    process.store.clear()

    assert len(process.store._shares) == 0


# The store as an object


def test_a_copy_of_a_store_is_the_store() -> None:
    store = SharedTokenStore(SimpleCache())

    assert copy.copy(store) is store
    assert copy.deepcopy(store) is store


@pytest.mark.parametrize("encrypt", [True, False])
def test_a_pickled_store_uses_the_cache_it_had(encrypt: bool, tmp_path: Path) -> None:
    fleet = Fleet(FileSystemCache(str(tmp_path)), encrypt=encrypt, prefix="mine:")
    fleet.process().obtain("first")
    arrived = pickle.loads(pickle.dumps(fleet.processes[0].store))

    second = Fleet(DictCache(FakeClock())).process()
    second.store = arrived

    assert repr(arrived) == repr(fleet.processes[0].store)
    # It reads the machine's clocks, by which a token from the fake clock's future is fresh.
    assert second.obtain(grant=second.granted(IDENTITY)).value == "first"
    assert second.requests == 0


def test_a_pickled_store_holds_no_token_and_no_secret(tmp_path: Path) -> None:
    fleet = Fleet(FileSystemCache(str(tmp_path)), encrypt=False)
    process = fleet.process()
    process.obtain("T0ken.rabbit")

    pickled = pickle.dumps(process.store)

    assert b"T0ken.rabbit" not in pickled
    assert b"hunter2" not in pickled


def test_repr_shows_nothing_of_the_cache() -> None:
    shown = repr(SharedTokenStore(SimpleCache(), prefix="mine:"))

    assert shown == "SharedTokenStore(encrypt=True, prefix='mine:')"


@pytest.mark.parametrize("missing", ["get", "set", "add", "delete"])
def test_a_cache_has_to_have_four_methods(missing: str) -> None:
    cache = SimpleCache()
    setattr(cache, missing, None)

    with pytest.raises(ValueError, match=r"^cache: "):
        SharedTokenStore(cache)


@pytest.mark.parametrize("cache", [None, "redis://", {}, SimpleCache], ids=str)
def test_a_cache_has_to_be_one(cache: Any) -> None:
    with pytest.raises(ValueError, match=r"^cache: "):
        SharedTokenStore(cache)


@pytest.mark.parametrize("method", ["get", "set", "add", "delete"])
@pytest.mark.parametrize("is_partial", [False, True])
def test_a_cache_for_async_code_is_refused(method: str, is_partial: bool) -> None:
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        return None

    cache = SimpleCache()
    setattr(cache, method, functools.partial(coroutine) if is_partial else coroutine)

    with pytest.raises(ValueError, match=r"^cache: .*blocking"):
        SharedTokenStore(cache)


@pytest.mark.parametrize("prefix", [None, 5, b"bytes"])
def test_a_prefix_has_to_be_text(prefix: Any) -> None:
    with pytest.raises(ValueError, match=r"^prefix: "):
        SharedTokenStore(SimpleCache(), prefix=prefix)


@pytest.mark.parametrize("encrypt", [None, 0, "no"])
def test_whether_to_encrypt_is_said_by_a_bool(encrypt: Any) -> None:
    with pytest.raises(ValueError, match=r"^encrypt: "):
        SharedTokenStore(SimpleCache(), encrypt=encrypt)


@pytest.mark.parametrize(
    "store", [SharedTokenStore, SimpleCache(), "redis://"], ids=["class", "cache", "url"]
)
def test_a_store_has_to_be_one(store: Any) -> None:
    with pytest.raises(ValueError, match=r"^store: "):
        DastraClientCredentials("shop", "hunter2", store=store)
