"""What somebody who can write to the cache gets out of a sign-in: nothing, and no reuse."""

from base64 import b64encode
from typing import Any

import pytest

from dtz_dastra_auth import TokenError
from unit.caches import GARBAGE
from unit.rotating_server import HOUR, access_token, code_of, refresh_token
from unit.sign_ins import PRIVATE_KEY, PUBLIC_KEY, Process, World

NOTES = ["token", "told", "root 1", "lease"]


def plant(world: World, name: str, value: Any) -> None:
    world.cache.held[world.cache.key(name)] = (value, world.clock.monotonic + 100 * HOUR)


def renewed(count: int) -> tuple[World, Process, list[Any]]:
    """Have one process renew so many times; give what was kept each time too."""
    world = World()
    process = world.process()
    kept = []
    for number in range(1, count + 1):
        assert process.got() == access_token(number)
        kept.append(world.cache.value("token"))
        world.pass_(HOUR + 1)
    return world, process, kept


def test_nothing_secret_is_in_a_key_or_value() -> None:
    world = World()
    with_code = world.process_with(code_of())
    asking = with_code.call()
    keys = set(world.cache.held)
    asking.served()
    later = world.process(0)
    for _ in range(3):
        later.got()
        keys |= set(world.cache.held)
        world.pass_(HOUR + 1)
    world.server.revoke()
    with pytest.raises(AssertionError):
        later.got()

    everything = "\n".join([*keys, *map(str, world.cache.given)])
    secrets = [PRIVATE_KEY, PUBLIC_KEY, code_of()]
    for number in range(4):
        secrets += [refresh_token(number), access_token(number)]
    # Notes that lead to the beginning, what was told, leases, tokens and a failure.
    assert len(world.cache.given) > 10
    for secret in secrets:
        assert secret not in everything
        assert b64encode(secret.encode()).rstrip(b"=")[:-1].decode() not in everything


# A note also leads from the refresh token that is sent first.
@pytest.mark.parametrize(("purpose", "count"), [("root", 4), ("told", 3), ("token", 3)])
def test_no_value_is_the_same_twice(purpose: str, count: int) -> None:
    world, _, _ = renewed(3)
    given = zip(world.cache.timeouts, world.cache.given, strict=True)
    values = [value for (question, _), value in given if purpose in question]
    assert len(set(values)) == len(values) == count


@pytest.mark.parametrize("old", range(3))
def test_an_old_value_that_is_put_back_leads_nobody_who_knows_better_back(old: int) -> None:
    world, process, kept = renewed(4)
    plant(world, "token", kept[old])
    assert process.got() == access_token(5)
    assert world.server.requests[-1] == refresh_token(4)
    assert world.server.reuses == 0


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("value", GARBAGE, ids=repr)
def test_garbage_costs_no_refresh_token_and_raises_nothing_else(name: str, value: Any) -> None:
    world, process, _ = renewed(2)
    plant(world, name, value)
    errand = process.caller().finish()
    assert isinstance(errand.error, TokenError | None)
    world.cache.lose(name)
    world.pass_(HOUR + 1)
    process.got()
    assert world.server.reuses == 0


@pytest.mark.parametrize("name", ["token", "root 2"])
def test_a_process_that_finds_garbage_sends_no_refresh_token_that_was_spent(name: str) -> None:
    world, first, _ = renewed(2)
    plant(world, name, "x" * 200)
    later = world.process(2)
    for process in (later, first, later):
        process.caller().finish()
        world.pass_(HOUR + 1)
    assert world.server.reuses == 0


@pytest.mark.parametrize("name", ["token", "root 1", "told"])
def test_a_value_with_one_bit_changed_is_not_believed(name: str) -> None:
    world, process, _ = renewed(2)
    value = world.cache.value(name)
    for place in range(0, len(value), 7):
        changed = chr(ord(value[place]) ^ 1)
        plant(world, name, value[:place] + changed + value[place + 1 :])
        errand = process.caller().finish()
        assert isinstance(errand.error, TokenError | None)
        world.pass_(HOUR + 1)
    assert world.server.reuses == 0


def test_a_value_is_believed_under_its_own_name_alone() -> None:
    world, process, _ = renewed(2)
    token, root, told = (world.cache.value(name) for name in ("token", "root 1", "told"))
    for name, value in (("token", told), ("root 2", told), ("told", token), ("token", root)):
        plant(world, name, value)
        process.caller().finish()
        world.pass_(HOUR + 1)
    assert world.server.reuses == 0


def test_what_belongs_to_another_person_is_not_believed() -> None:
    world, process, _ = renewed(1)
    bob = world.process_with("refresh-bob-0")
    before = set(world.cache.held)
    bob.got()
    values = [value for key, (value, _) in world.cache.held.items() if key not in before]
    for value in values:
        plant(world, "token", value)
        errand = process.caller().finish()
        assert errand.error is not None or "bob" not in errand.got()
        world.pass_(HOUR + 1)
    assert world.server.reuses == 0
