"""What makes two objects share a token, and what a store does with copies, pickles and forks."""

import copy
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
import requests

from dtz_dastra_auth import (
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
    MemoryTokenStore,
    _stores,
)
from dtz_dastra_auth._flow import Answer, Caller, Exchange
from dtz_dastra_auth._renewing_source import RenewingSource
from dtz_dastra_auth._stores import Identity, default_store
from dtz_dastra_auth._token import Token
from unit.clock import FakeClock

PRIVATE = "private"


def identity(*parts: str, secret: str = PRIVATE) -> Identity:
    return Identity(parts, secret)


# Keys


def test_the_same_identity_has_the_same_key() -> None:
    assert identity("a", "b").key() == identity("a", "b").key()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (identity("a", "b"), identity("a", "c")),
        (identity("a", secret="b"), identity("a", secret="c")),
        (identity("a", "b"), identity("b", "a")),
        (identity("ab", "c"), identity("a", "bc")),
        (identity("ab", ""), identity("", "ab")),
        (identity("a", "b"), identity("ab")),
        (identity("a", ""), identity("a")),
        (identity("a", "b", secret="c"), identity("a", secret="bc")),
        (identity("a", "b", secret=""), identity("a", secret="b")),
        (identity("a\x00b"), identity("a", "b")),
        (identity("é"), identity("e\u0301")),
    ],
)
def test_another_identity_has_another_key(one: Identity, other: Identity) -> None:
    assert one.key() != other.key()


def test_nothing_can_be_read_from_a_key() -> None:
    key = identity("client_credentials", "shop", secret="hunter2").key()

    assert b"shop" not in key
    assert b"hunter2" not in key


def test_an_identity_shows_no_secret() -> None:
    assert "hunter2" not in repr(identity("shop", secret="hunter2"))


def run(script: str) -> str:
    """Run a script in a process of its own, which shares no state with this one."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_another_process_files_the_same_identity_under_another_key() -> None:
    script = """
        from dtz_dastra_auth._stores import Identity
        print(Identity(("a",), "private").key().hex())
    """

    assert run(script) != run(script)


def test_two_threads_that_come_first_at_once_have_the_same_key() -> None:
    # The first thread is held up while it makes the process's random key, until the second has
    # begun to make one too, or has been waiting for the first for half a second.
    assert (
        run("""
        import secrets, threading
        from dtz_dastra_auth._stores import Identity

        token_bytes, inside, both = secrets.token_bytes, [], threading.Event()

        def held_up(count):
            inside.append(count)
            if len(inside) > 1:
                both.set()
            both.wait(0.5)
            return token_bytes(count)

        secrets.token_bytes = held_up
        keys = []
        threads = [
            threading.Thread(target=lambda: keys.append(Identity(("a",), "b").key()))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("same" if keys[0] == keys[1] else "different")
    """)
        == "same"
    )


def test_two_threads_that_come_first_at_once_share_the_default_store() -> None:
    assert (
        run("""
        import threading
        from dtz_dastra_auth import _stores

        start, inside, both = _stores.MemoryTokenStore.__init__, [], threading.Event()

        def held_up(self, **options):
            inside.append(self)
            if len(inside) > 1:
                both.set()
            both.wait(0.5)
            start(self, **options)

        _stores.MemoryTokenStore.__init__ = held_up
        stores = []
        threads = [
            threading.Thread(target=lambda: stores.append(_stores.default_store()))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("same" if stores[0] is stores[1] else "different")
    """)
        == "same"
    )


# Objects that share


def source(auth: Any) -> RenewingSource:
    found = auth if isinstance(auth, RenewingSource) else auth._source
    found = getattr(found, "_source", found)
    assert isinstance(found, RenewingSource)
    return found


def slot_of(auth: Any) -> object:
    found = source(auth)
    store = default_store() if found._store is None else found._store
    return store.slot(found._identity)


def credentials(**changes: Any) -> DastraClientCredentials:
    options = {"public_key": "public", "private_key": "private", **changes}
    return DastraClientCredentials(**options)


def login(**changes: Any) -> DtzLogin:
    return DtzLogin(**{"username": "user", "password": "password", **changes})


@pytest.mark.parametrize("make", [credentials, login])
def test_equal_objects_share_a_token(make: Callable[[], object]) -> None:
    assert make() == make()
    assert hash(make()) == hash(make())
    assert slot_of(make()) is slot_of(make())


@pytest.mark.parametrize(
    "changes",
    [
        {"public_key": "other"},
        {"private_key": "other"},
        {"scope": "api1 offline_access"},
        {"token_url": "https://account.example/connect/token"},
        {"public_key": "private", "private_key": "public"},
    ],
    ids="+".join,
)
def test_what_makes_another_token_is_not_shared(changes: dict[str, str]) -> None:
    assert credentials(**changes) != credentials()
    assert slot_of(credentials(**changes)) is not slot_of(credentials())


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "other"},
        {"password": "other"},
        {"context_id": "context-1"},
        {"identity_url": "https://identity.example"},
    ],
    ids="+".join,
)
def test_what_makes_another_login_is_not_shared(changes: dict[str, str]) -> None:
    assert login(**changes) != login()
    assert slot_of(login(**changes)) is not slot_of(login())


@pytest.mark.parametrize(
    "changes",
    [
        {"origins": ["https://api.example"]},
        {"timeout": 5.0},
        {"session": requests.Session()},
    ],
    ids="+".join,
)
def test_what_makes_no_other_token_is_shared(changes: dict[str, Any]) -> None:
    assert slot_of(credentials(**changes)) is slot_of(credentials())


@pytest.mark.parametrize("other", [DtzBearer, DtzCookie])
def test_one_login_serves_several_methods(other: Any) -> None:
    assert slot_of(other(login())) is slot_of(DtzBasic("bearer", login()))


def test_an_object_with_a_store_of_its_own_shares_nothing() -> None:
    assert slot_of(credentials(store=MemoryTokenStore())) is not slot_of(credentials())


def test_two_objects_share_the_store_that_both_were_given() -> None:
    store = MemoryTokenStore()

    assert slot_of(credentials(store=store)) is slot_of(credentials(store=store))


def test_a_token_taken_through_one_object_serves_an_equal_one() -> None:
    take_token(credentials())

    assert isinstance(first_step(credentials()), Token)


def test_a_token_of_one_tenant_does_not_serve_another() -> None:
    take_token(credentials())

    assert isinstance(first_step(credentials(private_key="other")), Exchange)


@pytest.mark.parametrize(
    "auth",
    [
        credentials(),
        credentials(store=MemoryTokenStore()),
        credentials(session=requests.Session()),
        DtzApiKey("apikey-1", context_id="context-1"),
        DtzQueryKey("apikey-1"),
        DtzBasic("apikey", "apikey-1"),
        DtzBearer("jwt"),
        DtzBearer(login()),
        DtzCookie(login(context_id="context-1")),
    ],
    ids=repr,
)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_a_copy_is_equal_and_shares(auth: Any, again: Callable[[Any], Any]) -> None:
    copied = again(auth)

    assert copied == auth
    assert hash(copied) == hash(auth)
    if isinstance(auth._source, RenewingSource):
        assert slot_of(copied) is slot_of(auth)


@pytest.mark.parametrize(
    "auth",
    [
        credentials(),
        DtzApiKey("apikey-1", context_id="context-1"),
        DtzQueryKey("apikey-1"),
        DtzBasic("apikey", "apikey-1"),
        DtzBearer("jwt"),
        DtzBearer(login()),
        DtzCookie(login(context_id="context-1")),
        login(),
    ],
    ids=repr,
)
def test_a_pickled_object_is_equal(auth: Any) -> None:
    assert pickle.loads(pickle.dumps(auth)) == auth


def test_a_pickled_object_with_a_store_of_its_own_can_be_used() -> None:
    auth = pickle.loads(pickle.dumps(credentials(store=MemoryTokenStore())))

    assert isinstance(source(auth)._store, MemoryTokenStore)


# The store


def test_a_store_gives_one_identity_one_slot() -> None:
    store = MemoryTokenStore()

    assert store.slot(identity("a")) is store.slot(identity("a"))
    assert store.slot(identity("a")) is not store.slot(identity("b"))


def test_a_store_forgets_the_identity_that_was_asked_for_longest_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_stores, "MOST_IDENTITIES", 3)
    store = MemoryTokenStore()
    a, b, c = (store.slot(identity(name)) for name in "abc")
    store.slot(identity("a"))

    store.slot(identity("d"))

    assert store.slot(identity("a")) is a
    assert store.slot(identity("c")) is c
    assert store.slot(identity("b")) is not b


def test_a_store_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stores, "MOST_IDENTITIES", 10)
    store = MemoryTokenStore()

    for number in range(100):
        store.slot(identity(str(number)))

    assert len(store._slots) == 10


def test_a_cleared_store_holds_no_token() -> None:
    store = MemoryTokenStore(clock=FakeClock())
    auth = credentials(store=store)
    take_token(auth)

    store.clear()

    assert isinstance(first_step(auth), Exchange)


def test_a_store_is_cleared_for_all_who_share_it() -> None:
    store = MemoryTokenStore(clock=FakeClock())
    take_token(credentials(store=store))

    copy.deepcopy(store).clear()

    assert isinstance(first_step(credentials(store=store)), Exchange)


def first_step(auth: Any) -> object:
    """Give the first thing that getting a token takes, or the token when there is one."""
    steps = source(auth).token(Caller(), None)
    try:
        return next(steps)
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


def take_token(auth: Any) -> None:
    steps = source(auth).token(Caller(), None)
    assert isinstance(next(steps), Exchange)
    with pytest.raises(StopIteration):
        steps.send(Answer(200, {}, b'{"access_token": "T", "expires_in": 3600}'))
    assert isinstance(first_step(auth), Token)


def test_a_copy_of_a_store_is_the_store() -> None:
    store = MemoryTokenStore()

    assert copy.copy(store) is store
    assert copy.deepcopy(store) is store


def test_a_pickled_store_arrives_empty() -> None:
    store = MemoryTokenStore()
    store.slot(identity("a"))

    arrived = pickle.loads(pickle.dumps(store))

    assert arrived is not store
    assert len(arrived._slots) == 0


def test_a_pickled_store_holds_no_token() -> None:
    store = MemoryTokenStore(clock=FakeClock())
    auth = credentials(store=store, private_key="hunter2")
    take_token(auth)

    assert b"hunter2" not in pickle.dumps(store)


def test_repr_of_a_store_shows_nothing() -> None:
    store = MemoryTokenStore()
    store.slot(identity("shop"))

    assert repr(store) == "MemoryTokenStore()"


# Forks

FORK = """
    import os, sys, threading, warnings
    from dtz_dastra_auth import MemoryTokenStore, SharedTokenStore, _origins
    from dtz_dastra_auth._flight import Flight
    from dtz_dastra_auth._need import Need
    from dtz_dastra_auth._turns import Lead
    from dtz_dastra_auth._stores import Identity, default_store
    from dtz_dastra_auth._token import Deadline, Token

    warnings.simplefilter("ignore")  # later Pythons warn of forks beside threads

    def in_child(work):
        pid = os.fork()
        if pid == 0:
            # A lock that nobody will ever release must fail the test, not hang it.
            threading.Timer(5, os._exit, (3,)).start()
            try:
                work()
            except BaseException as error:
                sys.stderr.write(repr(error))
                os._exit(2)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def held(lock):
        taken, done = threading.Event(), threading.Event()
        def hold():
            with lock:
                taken.set()
                done.wait()
        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        taken.wait()

    identity = Identity(("a",), "secret")
    deadline = lambda slot: Deadline.after(slot.clock, 30)
"""


def forked(script: str) -> str:
    return run(textwrap.dedent(FORK) + textwrap.dedent(script))


def test_a_forked_child_is_not_kept_by_a_lock_of_the_store() -> None:
    assert (
        forked("""
        store = MemoryTokenStore()
        store.slot(identity)
        held(store._lock)
        print(in_child(lambda: store.slot(identity)))
    """)
        == "0"
    )


def test_a_forked_child_is_not_kept_by_a_lock_of_a_slot() -> None:
    assert (
        forked("""
        slot = default_store().slot(identity)
        held(slot._lock)
        def work():
            assert isinstance(slot.turn(None, deadline(slot)), Lead)
        print(in_child(work))
    """)
        == "0"
    )


def test_a_forked_child_does_not_wait_for_a_flight_of_its_parent() -> None:
    assert (
        forked("""
        slot = default_store().slot(identity)
        lead = slot.turn(None, deadline(slot))
        assert isinstance(slot.turn(None, deadline(slot)), Flight)
        def work():
            assert isinstance(slot.turn(None, deadline(slot)), Lead)
        print(in_child(work))
    """)
        == "0"
    )


def test_a_forked_child_has_the_token_of_its_parent() -> None:
    assert (
        forked("""
        slot = default_store().slot(identity)
        lead = slot.turn(None, deadline(slot))
        slot.land(lead.flight, Token("T", 3600, slot.clock.now()))
        def work():
            assert slot.turn(None, deadline(slot)).value == "T"
        print(in_child(work))
    """)
        == "0"
    )


def test_a_fork_leaves_the_flight_of_the_parent_alone() -> None:
    assert (
        forked("""
        slot = default_store().slot(identity)
        lead = slot.turn(None, deadline(slot))
        print(in_child(lambda: None), type(slot.turn(None, deadline(slot))).__name__)
    """)
        == "0 Flight"
    )


def test_a_forked_child_is_not_kept_by_a_lock_of_a_shared_store() -> None:
    assert (
        forked("""
        class Cache(dict):
            def set(self, key, value, timeout=None): self[key] = value
            def add(self, key, value, timeout=None): return self.setdefault(key, value) is value
            def delete(self, key): self.pop(key, None)

        store = SharedTokenStore(Cache())
        held(store._memory._lock)
        def work():
            need = Need("a", deadline(store.slot(identity)))
            next(store.renew(identity, need, None)).function()
        print(in_child(work))
    """)
        == "0"
    )


def test_a_forked_child_is_not_kept_by_a_question_of_its_parent_to_a_shared_cache() -> None:
    assert (
        forked("""
        parent, going_on = os.getpid(), threading.Event()

        class Cache(dict):
            def get(self, key):
                if os.getpid() == parent:
                    asked.set()
                    going_on.wait()
            def set(self, key, value, timeout=None): self[key] = value
            def add(self, key, value, timeout=None): return self.setdefault(key, value) is value
            def delete(self, key): self.pop(key, None)

        asked, store = threading.Event(), SharedTokenStore(Cache())

        def first_question():
            need = Need("a", deadline(store.slot(identity)))
            next(store.renew(identity, need, None)).function()

        threading.Thread(target=first_question, daemon=True).start()
        asked.wait()
        print(in_child(first_question))
    """)
        == "0"
    )


def test_a_forked_child_is_not_kept_by_the_lock_of_the_warnings() -> None:
    assert (
        forked("""
        lock = getattr(_origins, "_warned_lock", None)
        if lock is not None:
            held(lock)
        print(in_child(lambda: _origins.warn_withheld("https://evil.example/", "DtzApiKey")))
    """)
        == "0"
    )
