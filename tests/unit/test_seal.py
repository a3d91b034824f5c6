"""What is in the cache: names and values from which nothing can be read."""

import hashlib
import hmac
import json
import math
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cachelib import FileSystemCache

from dtz_dastra_auth import TokenError, _seal
from dtz_dastra_auth._flow import Ask
from dtz_dastra_auth._seal import Seal
from dtz_dastra_auth._stores import Identity
from unit.caches import HOUR, IDENTITY, LOGIN, PREFIX, DictCache
from unit.fleet import Fleet

VALUE = "T0ken.rabbit"
REFUSED = TokenError("refused", error="invalid_grant", description="of rabbits", status_code=400)
EACH_IDENTITY = pytest.mark.parametrize("identity", [IDENTITY, LOGIN], ids=["key pair", "password"])


def used(**options: Any) -> DictCache:
    """Give a cache that has held a token, a lease and a failure."""
    fleet = Fleet(**options)
    fleet.process().obtain(VALUE)
    fleet.pass_(HOUR)
    fleet.process().call().fail(REFUSED)
    return fleet.cache


# Values


@EACH_IDENTITY
def test_nothing_in_the_cache_can_be_read(identity: Identity) -> None:
    cache = used(identity=identity)

    everything = repr((cache.held, cache.given))
    for part in (VALUE, *identity.parts[1:3], identity.secret, "invalid_grant", "rabbits", "shop"):
        assert part not in everything


def test_nothing_in_the_files_of_a_cache_can_be_read(tmp_path: Path) -> None:
    Fleet(FileSystemCache(str(tmp_path))).process().obtain(VALUE)

    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert everything
    for part in (VALUE, "shop", "hunter2"):
        assert part.encode() not in everything


def test_the_same_token_is_never_stored_as_the_same_bytes() -> None:
    assert set(used().given).isdisjoint(used().given)


@pytest.mark.parametrize("encrypt", [True, False])
def test_only_plain_str_is_given_to_the_cache(encrypt: bool) -> None:
    cache = used(encrypt=encrypt)

    # Caches pickle values: a class of ours would have to be wherever they are read.
    assert [type(value) for value in (*cache.given, *cache.held)] == [str] * 6
    assert all(value.isascii() for value in cache.given)


@pytest.mark.parametrize("lifetime", [1.0, 1.5, 2.999, HOUR, 86_400.25])
def test_all_timeouts_are_whole_seconds(lifetime: float) -> None:
    fleet = Fleet()
    first = fleet.process()
    first.obtain(VALUE, lifetime)
    fleet.pass_(lifetime + 0.1)
    first.call().fail(TokenError("busy", status_code=503, retry_after=2.5))

    assert [type(timeout) for _, timeout in fleet.cache.timeouts] == [int] * 4
    assert min(timeout for _, timeout in fleet.cache.timeouts) >= 1
    assert dict(fleet.cache.timeouts)["set token"] == math.ceil(lifetime)


def test_the_cache_is_told_when_the_token_ends() -> None:
    fleet = Fleet()
    leader = fleet.process().call()
    fleet.pass_(4.5)
    leader.answer(VALUE, 300)

    assert dict(fleet.cache.timeouts)["set token"] == 296


def test_without_encryption_readable_json_is_stored() -> None:
    fleet = Fleet(encrypt=False)
    taken = fleet.world.wall
    fleet.process().obtain(VALUE)

    assert json.loads(fleet.cache.peek("token")) == [1, "token", VALUE, HOUR, taken]


def test_without_encryption_the_second_process_uses_the_token_too() -> None:
    fleet = Fleet(encrypt=False)
    fleet.process().obtain(VALUE)
    second = fleet.process()

    assert second.obtain().value == VALUE
    assert second.requests == 0


@pytest.mark.parametrize("encrypt", [True, False])
def test_a_token_from_the_cache_does_not_show_itself(encrypt: bool) -> None:
    fleet = Fleet(encrypt=encrypt)
    fleet.process().obtain(VALUE)

    assert repr(fleet.process().obtain().value) == "'***'"


# Names


@EACH_IDENTITY
@pytest.mark.parametrize("encrypt", [True, False])
def test_a_key_is_the_prefix_and_64_hex_digits(encrypt: bool, identity: Identity) -> None:
    cache = used(encrypt=encrypt, identity=identity, prefix="my app:")

    assert len(cache.held) == 2
    assert all(re.fullmatch(r"my app:[0-9a-f]{64}", key) for key in cache.held)


def test_no_key_starts_as_another_does() -> None:
    keys = list(used().held)

    assert keys[0][: len(PREFIX) + 8] != keys[1][: len(PREFIX) + 8]


def test_a_key_is_no_hash_of_what_can_be_guessed() -> None:
    # Who reads the cache could else try passwords at the speed of a hash.
    said = json.dumps([_seal.VERSION, *LOGIN.parts]).encode()
    secret = LOGIN.secret.encode()
    guesses = {hashlib.sha256(text).hexdigest() for text in (secret, said, said + secret)}
    guesses |= {hmac.new(secret, text, hashlib.sha256).hexdigest() for text in (said, b"")}

    assert guesses.isdisjoint({key.removeprefix(PREFIX) for key in used(identity=LOGIN).held})


# Keys


@pytest.fixture
def scrypts(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Note with what each password's key is derived, and derive it in no time."""
    calls: list[dict[str, Any]] = []

    def scrypt(password: bytes, **options: Any) -> bytes:
        calls.append(options)
        return hashlib.sha256(password).digest()

    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    return calls


def test_a_passwords_key_is_derived_once_for_all_stores_of_a_process(
    scrypts: list[dict[str, Any]],
) -> None:
    fleet = Fleet(identity=LOGIN)
    first, second = fleet.sharing(2)
    fleet.process(encrypt=False).obtain()
    first.store.clear()
    second.obtain(rejected=first.obtain())

    ((cost),) = scrypts
    assert (cost["n"], cost["r"], cost["p"]) == (2**15, 8, 1)


def test_each_password_costs_a_derivation_of_its_own(scrypts: list[dict[str, Any]]) -> None:
    fleet = Fleet()
    for name in ("a", "b"):
        fleet.process(identity=Identity((name,), "hunter2", from_password=True)).obtain()

    assert len({options["salt"] for options in scrypts}) == 2


def test_a_key_pairs_key_is_not_derived_as_a_passwords_is(scrypts: list[dict[str, Any]]) -> None:
    Fleet().process().obtain()

    assert scrypts == []


def test_a_key_is_derived_where_the_cache_is_asked(scrypts: list[dict[str, Any]]) -> None:
    # In async clients that is a worker thread.
    caller = Fleet(identity=LOGIN).process().caller()

    assert isinstance(caller.go(questions=0).step, Ask)
    assert scrypts == []
    caller.go(questions=1)
    assert len(scrypts) == 1


def test_the_keys_of_a_process_are_bounded(
    scrypts: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_seal, "MOST_IDENTITIES", 3)
    for number in range(20):
        Seal(Identity((str(number),), "hunter2"), encrypt=True)

    assert len(_seal._roots) <= 3


# What does not open

BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/="


def opens(seal: Seal, purpose: str, value: Any) -> bool:
    try:
        seal.open(purpose, value)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("purpose", ["token", "lease"])
def test_no_value_opens_with_any_bit_flipped(purpose: str) -> None:
    seal = Seal(IDENTITY, encrypt=True)
    value = seal.close(purpose, [VALUE, HOUR, 0.0])
    assert opens(seal, purpose, value)

    for place, character in enumerate(value):
        for bit in range(8):
            spoilt = value[:place] + chr(ord(character) ^ 1 << bit) + value[place + 1 :]
            assert not opens(seal, purpose, spoilt), (place, bit)


def test_no_value_opens_with_any_character_changed_for_another_of_base64() -> None:
    seal = Seal(IDENTITY, encrypt=True)
    value = seal.close("lease", ["asking"])

    for place, character in enumerate(value):
        for other in BASE64.replace(character, ""):
            assert not opens(seal, "lease", value[:place] + other + value[place + 1 :]), place


@pytest.mark.parametrize("encrypt", [True, False])
@pytest.mark.parametrize(("purpose", "other"), [("token", "lease"), ("lease", "token")])
def test_a_value_opens_for_its_own_purpose_alone(purpose: str, other: str, encrypt: bool) -> None:
    seal = Seal(IDENTITY, encrypt=encrypt)

    assert not opens(seal, other, seal.close(purpose, [VALUE, HOUR, 0.0]))


@pytest.mark.parametrize("encrypt", [True, False])
def test_a_value_opens_in_its_own_version_alone(
    encrypt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = Seal(IDENTITY, encrypt=encrypt)
    value = seal.close("token", [VALUE, HOUR, 0.0])

    monkeypatch.setattr(_seal, "VERSION", 2)

    assert not opens(seal, "token", value)
    assert not opens(Seal(IDENTITY, encrypt=encrypt), "token", value)


def with_another_secret() -> Identity:
    return Identity(IDENTITY.parts, "hunter3")


def with_another_scope() -> Identity:
    return Identity((*IDENTITY.parts[:3], "api2"), IDENTITY.secret)


@pytest.mark.parametrize("other", [with_another_secret, with_another_scope])
def test_a_value_opens_for_its_own_identity_alone(other: Callable[[], Identity]) -> None:
    value = Seal(other(), encrypt=True).close("token", [VALUE, HOUR, 0.0])

    assert not opens(Seal(IDENTITY, encrypt=True), "token", value)


def test_a_value_is_bound_to_its_identity_whatever_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_seal, "_derive", lambda identity: bytes(32))
    value = Seal(with_another_scope(), encrypt=True).close("token", [VALUE, HOUR, 0.0])

    assert not opens(Seal(IDENTITY, encrypt=True), "token", value)


@pytest.mark.parametrize("convert", [str.encode, str], ids=["bytes", "str"])
@pytest.mark.parametrize("encrypt", [True, False])
def test_a_value_opens_as_the_bytes_that_some_caches_give_back(
    encrypt: bool, convert: Callable[[str], Any]
) -> None:
    seal = Seal(IDENTITY, encrypt=encrypt)

    assert seal.open("token", convert(seal.close("token", [VALUE]))) == [VALUE]
