"""Tokens in a cache that other processes use too: what is in it, and what is believed of it."""

import copy
import json
import logging
import pickle
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache, SimpleCache

from dtz_dastra_auth import DastraClientCredentials, DtzLogin, SharedTokenStore, _shared
from dtz_dastra_auth._flow import Ask, Exchange, Steps
from dtz_dastra_auth._stores import Identity
from dtz_dastra_auth._token import Deadline, SystemClock, Token

IDENTITY = Identity(("client_credentials", "https://token.example/", "shop", "api1"), "hunter2")
OTHER_TENANT = Identity(("client_credentials", "https://token.example/", "mall", "api1"), "hunter3")
VALUE = "T0ken.rabbit"
HOUR = 3600.0


class DictCache:
    """A cache as Django's and cachelib's are, with what it holds open to the test."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self.timeouts: dict[str, Any] = {}
        self.gets = 0

    def get(self, key: str) -> Any:
        self.gets += 1
        return self.held.get(key)

    def set(self, key: str, value: str, timeout: Any = None) -> Any:
        self.held[key] = value
        self.timeouts[key] = timeout

    def add(self, key: str, value: str, timeout: Any = None) -> Any:
        return key not in self.held and not self.set(key, value, timeout)

    def delete(self, key: str) -> Any:
        self.held.pop(key, None)


class Down(DictCache):
    """A cache that cannot be reached; its errors hold its address and password."""

    def get(self, key: str) -> Any:
        self.gets += 1
        raise ConnectionError("redis://user:hunter2@cache.example")

    def set(self, key: str, value: str, timeout: Any = None) -> Any:
        raise ConnectionError("redis://user:hunter2@cache.example")


class Time:
    """The two clocks, in the place of the `time` that the store reads."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def time(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds - 1_799_000_000.0


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(_shared, "time", clock)
    return clock


@pytest.fixture(params=["dict", "SimpleCache", "FileSystemCache"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "dict": DictCache,
        "SimpleCache": SimpleCache,
        "FileSystemCache": lambda: FileSystemCache(str(tmp_path)),
    }
    return makers[request.param]()


class Process:
    """One process: a store of its own in front of a cache that it shares."""

    def __init__(self, cache: Any, **options: Any) -> None:
        self.store = SharedTokenStore(cache, **options)
        self.requests = 0

    def token(
        self,
        identity: Identity = IDENTITY,
        *,
        answer: tuple[str, float] = (VALUE, HOUR),
        previous: str | None = None,
    ) -> tuple[str, float]:
        """Get a token as a renewal does: from the cache, or else by a token request."""

        def obtain(deadline: Deadline, previous: Token | None) -> Steps[tuple[str, float]]:
            self.requests += 1
            given: tuple[str, float] = yield Exchange("https://token.example/", {}, b"", deadline)
            return given

        steps = self.store.obtaining(identity, obtain)(
            Deadline.after(SystemClock(), 30), Token(previous) if previous else None
        )
        outcome: object = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                found: tuple[str, float] = end.value
                return found
            if isinstance(step, Ask):
                outcome = step.function()
            else:
                assert isinstance(step, Exchange)
                outcome = answer


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING and record.name == "dtz_dastra_auth"
    ]


def filled(**options: Any) -> DictCache:
    cache = DictCache()
    Process(cache, **options).token()
    assert len(cache.held) == 1
    return cache


# Two processes


def test_the_first_process_makes_a_token_request(cache: Any) -> None:
    first = Process(cache)

    assert first.token() == (VALUE, HOUR)
    assert first.requests == 1


def test_the_second_process_uses_the_token_of_the_first(cache: Any) -> None:
    Process(cache).token()
    second = Process(cache)

    value, left = second.token()

    assert value == VALUE
    assert HOUR - 30 < left <= HOUR
    assert second.requests == 0


def test_the_second_process_counts_what_is_left_of_the_tokens_life(time: Time) -> None:
    cache = DictCache()
    Process(cache).token()
    time.seconds += 1000

    assert Process(cache).token() == (VALUE, HOUR - 1000)


def test_the_cache_is_told_when_the_token_ends() -> None:
    assert list(filled().timeouts.values()) == [3600]


def test_an_expired_token_is_not_taken(time: Time) -> None:
    cache = DictCache()
    Process(cache).token()
    time.seconds += HOUR
    second = Process(cache)

    assert second.token(answer=("newer", HOUR)) == ("newer", HOUR)
    assert second.requests == 1


@pytest.mark.parametrize("lifetime", [0.0, 0.5])
def test_a_token_that_is_as_good_as_expired_is_not_stored(lifetime: float) -> None:
    cache = DictCache()

    Process(cache).token(answer=(VALUE, lifetime))

    assert cache.held == {}


def test_a_rejected_token_in_the_cache_is_not_taken_again(cache: Any) -> None:
    Process(cache).token()
    second = Process(cache)

    assert second.token(answer=("newer", HOUR), previous=VALUE) == ("newer", HOUR)
    assert second.requests == 1


def test_the_token_that_follows_a_rejected_one_is_for_all(cache: Any) -> None:
    Process(cache).token()
    Process(cache).token(answer=("newer", HOUR), previous=VALUE)
    third = Process(cache)

    assert third.token()[0] == "newer"
    assert third.requests == 0


def test_a_token_that_another_process_has_renewed_is_taken_for_a_rejected_one(cache: Any) -> None:
    Process(cache).token(answer=("newer", HOUR))
    second = Process(cache)

    assert second.token(previous=VALUE)[0] == "newer"
    assert second.requests == 0


def test_two_tenants_never_meet(cache: Any) -> None:
    Process(cache).token()
    second = Process(cache)

    assert second.token(OTHER_TENANT, answer=("theirs", HOUR)) == ("theirs", HOUR)
    assert second.requests == 1
    assert second.token()[0] == VALUE


@pytest.mark.parametrize(
    "other",
    [
        Identity(IDENTITY.parts, "other"),
        Identity((*IDENTITY.parts[:3], "api2"), "hunter2"),
        Identity(("client_credentials", "https://other.example/", "shop", "api1"), "hunter2"),
    ],
    ids=["secret", "scope", "url"],
)
def test_what_makes_another_token_is_not_shared(other: Identity) -> None:
    second = Process(filled())

    second.token(other, answer=("theirs", HOUR))

    assert second.requests == 1


def test_stores_with_two_prefixes_share_nothing() -> None:
    second = Process(filled(), prefix="other:")

    second.token()

    assert second.requests == 1


def test_every_key_starts_with_the_prefix() -> None:
    assert all(key.startswith("my app:") for key in filled(prefix="my app:").held)


# What is in the cache


@pytest.mark.parametrize(
    "identity",
    [IDENTITY, Identity(("dtz_login", "https://id.example", "shop", ""), "hunter2", True)],
    ids=["key pair", "password"],
)
def test_nothing_in_the_cache_can_be_read(identity: Identity) -> None:
    cache = DictCache()
    Process(cache).token(identity)

    everything = repr(cache.held)
    for part in (VALUE, *identity.parts[1:3], identity.secret):
        assert part not in everything


def test_nothing_in_the_files_of_a_cache_can_be_read(tmp_path: Path) -> None:
    Process(FileSystemCache(str(tmp_path))).token()

    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert everything
    for part in (VALUE, "shop", "hunter2"):
        assert part.encode() not in everything


def test_the_same_token_is_never_stored_as_the_same_bytes() -> None:
    assert set(filled().held.values()).isdisjoint(filled().held.values())


def test_what_is_stored_is_text() -> None:
    (value,) = filled().held.values()

    assert isinstance(value, str)
    assert value.isascii()


def test_without_encryption_readable_json_is_stored(time: Time) -> None:
    (value,) = filled(encrypt=False).held.values()

    assert json.loads(value) == [VALUE, time.seconds + HOUR]


def test_without_encryption_the_second_process_uses_the_token_too(cache: Any) -> None:
    Process(cache, encrypt=False).token()
    second = Process(cache, encrypt=False)

    assert second.token()[0] == VALUE
    assert second.requests == 0


def test_without_encryption_the_key_shows_no_secret() -> None:
    (key,) = filled(encrypt=False).held

    assert "hunter2" not in key
    assert "shop" not in key


# What is not believed


def spoilt(value: Any, **options: Any) -> tuple[Process, DictCache]:
    """Give a second process over a cache in which something else stands under our key."""
    cache = filled(**options)
    (key,) = cache.held
    cache.held[key] = value
    return Process(cache, **options), cache


BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


# Of the last character before the padding not all bits count.
@pytest.mark.parametrize("bit", [1, 32], ids=["lowest bit", "highest bit"])
def test_a_value_with_any_character_changed_is_not_believed(
    bit: int, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    cache = filled()
    ((key, value),) = cache.held.items()
    for place, character in enumerate(value):
        other = "A" if character == "=" else BASE64[BASE64.index(character) ^ bit]
        cache.held[key] = value[:place] + other + value[place + 1 :]
        caplog.clear()
        second = Process(cache)

        assert second.token(answer=("newer", HOUR)) == ("newer", HOUR), place
        assert second.requests == 1
        assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "A",
        "AAAA",
        "A" * 200,
        "[]",
        "null",
        "é",
        b"",
        b"\x00\xff",
        5,
        5.5,
        [],
        {},
        True,
        object,
    ],
    ids=repr,
)
@pytest.mark.parametrize("encrypt", [True, False])
def test_garbage_is_not_believed(
    encrypt: bool, garbage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    second, _ = spoilt(garbage, encrypt=encrypt)

    assert second.token(answer=("newer", HOUR)) == ("newer", HOUR)
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        '["T"]',
        '["T", 1, 2]',
        '["T", "soon"]',
        '["T", null]',
        '{"T": 1, "U": 2}',
        "[null, 9e9]",
        "[5, 9e9]",
        '["", 9e9]',
        '["T\\r\\nX-Injected: 1", 9e9]',
        '["T T", 9e9]',
        '["T", NaN]',
        "[" * 100_000,
    ],
    ids=lambda text: text[:32],
)
def test_garbage_in_the_shape_of_an_unencrypted_value_is_not_believed(garbage: str) -> None:
    second, _ = spoilt(garbage, encrypt=False)

    assert second.token(answer=("newer", HOUR)) == ("newer", HOUR)


def test_an_unencrypted_value_is_not_believed_where_values_are_encrypted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Whoever can write to the cache plants a token of theirs.
    second, _ = spoilt(json.dumps(["planted", 9e9]))

    assert second.token(answer=("newer", HOUR)) == ("newer", HOUR)
    assert len(warnings(caplog)) == 1


def test_another_versions_value_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(_shared, "_VERSION", "0")
        (value,) = filled().held.values()
    second, _ = spoilt(value)

    assert second.token(answer=("newer", HOUR)) == ("newer", HOUR)
    assert len(warnings(caplog)) == 1


def test_another_tenants_value_under_our_key_is_not_believed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache = DictCache()
    Process(cache).token(OTHER_TENANT, answer=("theirs", HOUR))
    (value,) = cache.held.values()
    second, _ = spoilt(value)

    assert second.token(answer=("newer", HOUR)) == ("newer", HOUR)
    assert len(warnings(caplog)) == 1


def test_a_value_that_is_not_believed_is_replaced_by_the_next_token() -> None:
    second, cache = spoilt("garbage")

    second.token(answer=("newer", HOUR))

    assert Process(cache).token()[0] == "newer"


# A cache that fails


def test_callers_never_see_that_the_cache_is_down(caplog: pytest.LogCaptureFixture) -> None:
    process = Process(Down())

    assert process.token() == (VALUE, HOUR)
    (message,) = warnings(caplog)
    assert "ConnectionError" in message
    assert "hunter2" not in message
    assert "cache.example" not in message


def test_a_cache_that_is_down_is_left_alone_for_half_a_minute(
    time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Down()
    process = Process(cache)
    process.token()

    time.seconds += 29
    process.token()
    assert cache.gets == 1
    time.seconds += 2
    process.token()
    assert cache.gets == 2

    assert len(warnings(caplog)) == 2


def test_a_cache_that_takes_nothing_costs_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    class Full(DictCache):
        def set(self, key: str, value: str, timeout: Any = None) -> Any:
            raise OSError("no space left for hunter2")

    assert Process(Full()).token() == (VALUE, HOUR)
    (message,) = warnings(caplog)
    assert "hunter2" not in message


def test_a_cache_that_came_back_is_used_again(time: Time) -> None:
    class Flapping(DictCache):
        down = True

        def get(self, key: str) -> Any:
            if self.down:
                raise ConnectionError
            return super().get(key)

    cache = Flapping()
    process = Process(cache)
    process.token()
    cache.down = False
    time.seconds += 31
    process.token()

    assert Process(cache).token()[0] == VALUE


def test_a_cache_is_not_asked_before_the_first_call() -> None:
    cache = Down()
    DastraClientCredentials("shop", "hunter2", store=SharedTokenStore(cache))

    assert cache.gets == 0


# The store as an object


def test_a_copy_of_a_store_is_the_store() -> None:
    store = SharedTokenStore(DictCache())

    assert copy.copy(store) is store
    assert copy.deepcopy(store) is store


@pytest.mark.parametrize("encrypt", [True, False])
def test_a_pickled_store_uses_the_cache_it_had(encrypt: bool, tmp_path: Path) -> None:
    first = Process(FileSystemCache(str(tmp_path)), encrypt=encrypt, prefix="mine:")
    first.token()

    second = Process(DictCache())
    second.store = pickle.loads(pickle.dumps(first.store))

    assert second.token()[0] == VALUE
    assert second.requests == 0


def test_a_pickled_store_holds_no_token_and_no_secret(tmp_path: Path) -> None:
    process = Process(FileSystemCache(str(tmp_path)), encrypt=False)
    process.token()

    pickled = pickle.dumps(process.store)

    assert VALUE.encode() not in pickled
    assert b"hunter2" not in pickled


def test_a_cleared_store_forgets_what_this_process_holds() -> None:
    store = SharedTokenStore(DictCache())
    slot = store.slot(IDENTITY)

    store.clear()

    assert store.slot(IDENTITY) is not slot


def test_repr_shows_nothing_of_the_cache() -> None:
    shown = repr(SharedTokenStore(DictCache(), prefix="mine:"))

    assert shown == "SharedTokenStore(encrypt=True, prefix='mine:')"


@pytest.mark.parametrize("missing", ["get", "set", "add", "delete"])
def test_a_cache_has_to_have_four_methods(missing: str) -> None:
    cache = DictCache()
    setattr(cache, missing, None)

    with pytest.raises(ValueError, match=r"^cache: "):
        SharedTokenStore(cache)


@pytest.mark.parametrize("prefix", [None, 5, b"bytes"])
def test_a_prefix_has_to_be_text(prefix: Any) -> None:
    with pytest.raises(ValueError, match=r"^prefix: "):
        SharedTokenStore(DictCache(), prefix=prefix)


def test_logins_and_key_pairs_can_be_kept_in_one_cache() -> None:
    cache = DictCache()
    process = Process(cache)
    for auth in (DastraClientCredentials("a", "b")._source, DtzLogin("a", "b")):
        process.token(auth._identity)  # type: ignore[attr-defined]  # both are renewing sources

    assert len(cache.held) == 2
    assert process.requests == 2
