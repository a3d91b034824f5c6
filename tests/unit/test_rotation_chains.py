"""Sign-ins as one process knows them: what they are found by, and for how long."""

import copy
import gc
import pickle
import weakref

import pytest

from dtz_dastra_auth import DastraRefreshToken, MemoryTokenStore
from dtz_dastra_auth import _rotation as rotation
from dtz_dastra_auth._rotation import Beginning, Chain, chain_of, identity_of
from dtz_dastra_auth._stores import MOST_IDENTITIES
from unit.rotating_server import HOUR, access_token, refresh_token
from unit.sign_ins import CLIENT, PRIVATE_KEY, PUBLIC_KEY, World


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with no sign-in known."""
    monkeypatch.setattr(rotation, "_known", type(rotation._known)())


def beginning(text: str) -> Beginning:
    return Beginning(identity_of(CLIENT, text), CLIENT, text)


def untold(chain: Chain) -> str | None:
    return chain.untold


def test_a_chain_is_found_by_each_refresh_token_that_it_has_had() -> None:
    chain = chain_of(beginning("r0"))
    for number in range(1, 10):
        chain.advance(f"r{number}", number)
    assert all(chain_of(beginning(f"r{number}")) is chain for number in range(10))
    assert chain.refresh_token == "r9"


def test_a_chain_is_found_by_the_latest_64_and_by_its_first() -> None:
    chain = chain_of(beginning("r0"))
    for number in range(1, 3000):
        chain.advance(f"r{number}", number)
    assert len(chain.keys) == 64
    assert all(chain_of(beginning(f"r{number}")) is chain for number in (0, 2937, 2950, 2999))
    assert chain_of(beginning("r2936")) is not chain


def test_of_chains_that_nobody_has_those_used_last_are_kept() -> None:
    first = weakref.ref(chain_of(beginning("first")))
    second = weakref.ref(chain_of(beginning("second")))
    for number in range(MOST_IDENTITIES - 2):
        chain_of(beginning(f"r{number}"))
    assert chain_of(beginning("first")) is first()

    chain_of(beginning("one more"))
    gc.collect()
    assert first() is not None
    assert second() is None
    assert len(rotation._known._chains) == MOST_IDENTITIES


def test_a_chain_whose_object_lives_stays() -> None:
    kept = chain_of(beginning("kept"))
    kept.advance("kept-1", 1)
    for number in range(MOST_IDENTITIES + 10):
        chain_of(beginning(f"r{number}"))
    gc.collect()
    assert chain_of(beginning("kept")) is kept
    assert chain_of(beginning("kept-1")) is kept


def test_what_a_chain_was_found_by_goes_with_it() -> None:
    chain = chain_of(beginning("r0"))
    for number in range(1, 100):
        chain.advance(f"r{number}", number)
    del chain
    rotation._known._recent.clear()
    gc.collect()
    assert len(rotation._known._chains) == 0


def test_a_new_refresh_token_is_untold_until_it_is_told() -> None:
    chain = chain_of(beginning("r0"))
    assert untold(chain) is None
    chain.advance("r1", 1)
    assert untold(chain) == "r1"
    chain.was_told("r0")
    assert untold(chain) == "r1"
    chain.was_told("r1")
    assert untold(chain) is None


def test_the_same_refresh_token_again_is_none_to_tell() -> None:
    chain = chain_of(beginning("r0"))
    chain.advance("r0", 1)
    assert (chain.refresh_token, chain.untold) == ("r0", None)


def test_whoever_makes_an_object_of_a_refresh_token_was_told_of_it() -> None:
    chain = chain_of(beginning("r0"))
    chain.advance("r1", 1)
    chain_of(beginning("r0"))
    assert untold(chain) == "r1"
    chain_of(beginning("r1"))
    assert untold(chain) is None


def test_what_another_process_got_is_learnt() -> None:
    chain = chain_of(beginning("r0"))
    chain.learn("r1", 1, is_told=False)
    assert (chain.refresh_token, chain.untold) == ("r1", "r1")
    chain.learn("r2", 2, is_told=True)
    assert (chain.refresh_token, chain.untold) == ("r2", None)
    assert chain_of(beginning("r2")) is chain


@pytest.mark.parametrize("since", [0, 1, 9], ids=["undated", "old", "as if new"])
@pytest.mark.parametrize("old", ["r0", "r1", "r2"])
def test_what_this_process_has_had_is_not_learnt_again(old: str, since: float) -> None:
    chain = chain_of(beginning("r0"))
    for number in range(1, 4):
        chain.advance(f"r{number}", number)
    chain.learn(old, since, is_told=True)
    assert (chain.refresh_token, chain.untold) == ("r3", "r3")


def test_a_code_that_another_process_has_exchanged_is_begun() -> None:
    chain = chain_of(Beginning(identity_of(CLIENT, "code")))
    begun = [chain.is_begun]
    chain.learn(None, 0, is_told=False)
    begun.append(chain.is_begun)
    assert begun == [False, True]
    assert chain.refresh_token is None


def test_a_chain_shows_no_refresh_token() -> None:
    chain = chain_of(beginning("r0-secret"))
    chain.advance("r1-secret", 1)
    for shown in (repr(chain), repr([chain.refresh_token, chain.untold]), repr(vars(Chain))):
        assert "secret" not in shown


def made(text: str) -> DastraRefreshToken:
    return DastraRefreshToken(text, PUBLIC_KEY, PRIVATE_KEY)


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy])
def test_a_copy_shares_the_sign_in(again: object) -> None:
    assert callable(again)
    auth = made("r0")
    copied = again(auth)
    assert copied._source._chain is auth._source._chain  # type: ignore[attr-defined]
    assert copied == auth


def test_a_pickle_brings_no_refresh_token_but_its_own() -> None:
    auth = made("r0-kept")
    auth._source._chain.advance("r1-secret", 1)  # type: ignore[attr-defined]
    pickled = pickle.dumps(auth)
    assert b"r0-kept" in pickled
    assert b"r1-secret" not in pickled


@pytest.mark.parametrize("survives", [True, False], ids=["requests", "httpx"])
def test_another_process_uses_a_token_that_lives_and_then_names_the_shared_store(
    survives: bool,
) -> None:
    world = World()
    process = world.process(store=MemoryTokenStore(clock=world.clock))
    assert process.got() == access_token(1)
    # As in a child that was forked.
    process.chain._home = b"another"
    world.pass_(HOUR - 30)
    assert process.got(survives=survives) == access_token(1)
    world.pass_(31)
    assert "SharedTokenStore" in str(process.caller(survives=survives).finish().met())
    assert world.server.requests == [refresh_token(0)]


def test_an_object_of_the_first_goes_on_with_the_newest_without_a_store() -> None:
    world = World()
    process = world.process()
    assert process.got() == access_token(1)
    again = process.signed_in(refresh_token(0))
    world.pass_(3601)
    assert process.got(source=again) == access_token(2)
    assert world.server.requests == [refresh_token(0), refresh_token(1)]
