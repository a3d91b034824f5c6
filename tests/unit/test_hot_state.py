"""What auth objects share and keep, so that a call need not make it anew."""

import gc
import subprocess
import sys
import weakref
from typing import Any
from urllib.parse import quote

import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtz_dastra_auth import (
    ConfigurationError,
    DastraClientCredentials,
    DtzApiKey,
    DtzBearer,
    DtzQueryKey,
    _stores,
    _urls,
)
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._origins import Origins
from dtz_dastra_auth._stores import Identity
from unit.hot_calls import ORIGIN, Begun, House, begin, call, kinds

libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture
def house() -> House:
    """Make a store whose clock is counted."""
    return House()


# Identities


def full(house: House, monkeypatch: pytest.MonkeyPatch) -> list[Auth]:
    """Fill a store with three identities, each of which has had a call."""
    monkeypatch.setattr(_stores, "MOST_IDENTITIES", 3)
    auths = [house.auth(name) for name in ("a", "b", "c")]
    for auth in auths:
        call("requests", auth)
    return auths


@kinds
def test_an_identity_that_was_used_lately_is_kept_and_another_is_forgotten(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auths = full(house, monkeypatch)
    slots = [house.slot(auth) for auth in auths]
    for slot in slots:
        slot.is_in_use = False
    asked = list[Identity]()
    with monkeypatch.context() as patched:
        patched.setattr(house.store, "slot", asked.append)
        call(kind, auths[0])
    house.auth("d")
    assert asked == []
    assert [slot.is_dropped for slot in slots] == [False, True, False]
    assert house.slot(auths[0]) is slots[0]
    assert house.slot(auths[1]) is not slots[1]


def test_with_all_in_use_one_is_forgotten_and_never_the_new_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = [house.slot(auth) for auth in full(house, monkeypatch)]
    new = house.slot(DastraClientCredentials("d", "private", store=house.store))
    assert not new.is_dropped
    assert [slot.is_dropped for slot in slots].count(True) == 1
    assert len(house.store._slots) == 3


@kinds
def test_after_a_clear_the_next_call_of_each_object_asks_anew(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auths = [house.auth(), house.auth()]
    for auth in auths:
        call(kind, auth)
    # As whoever is renewing it does.
    held = house.slot(auths[0])
    house.store.clear()
    assert held.is_dropped
    monkeypatch.setattr(Auth, "attach", begin)
    for auth in auths:
        with pytest.raises(Begun):
            call(kind, auth)


@kinds
def test_after_it_was_forgotten_the_next_call_of_each_object_asks_anew(
    kind: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, twin = full(house, monkeypatch)[0], house.auth("a")
    call(kind, twin)
    held = house.slot(twin)
    for name in ("d", "e", "f", "g"):
        house.auth(name)
    assert held.is_dropped
    monkeypatch.setattr(Auth, "attach", begin)
    for auth in (first, twin):
        with pytest.raises(Begun):
            call(kind, auth)


@pytest.mark.parametrize("how", ["cleared", "forgotten"])
@kinds
def test_what_a_store_has_dropped_is_not_kept_alive_by_an_object(
    kind: str, how: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    auths = full(house, monkeypatch)
    call(kind, auths[0])
    slot = weakref.ref(house.slot(auths[0]))
    assert slot() is not None
    if how == "cleared":
        house.store.clear()
    else:
        for name in ("d", "e", "f", "g"):
            house.auth(name)
    gc.collect()
    assert slot() is None


# Origins


def test_objects_with_equal_tuples_of_origins_share_what_is_made_of_them() -> None:
    first = DtzApiKey("apikey-1", origins=(ORIGIN, "https://b.example"))
    second = DtzBearer("token", origins=(ORIGIN, "https://b.example"))
    assert first.origins is second.origins
    assert DtzApiKey("apikey-1").origins is DtzBearer("token").origins
    assert first.origins is not DtzApiKey("apikey-1", origins=(ORIGIN,)).origins


class Posing(str):
    """A str that is equal to another one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Say so of the origin of these tests."""
        return other in (ORIGIN, str.__str__(self))

    def __hash__(self) -> int:
        """Give that of the origin of these tests."""
        return hash(ORIGIN)


def test_lists_and_sets_and_strs_of_other_classes_are_read_each_for_itself() -> None:
    shared = Origins.of((ORIGIN,))
    posing = Origins.of((Posing("https://b.example"),))
    listed = Origins.of([ORIGIN])
    assert shared.allow(f"{ORIGIN}/")
    assert not shared.allow("https://b.example/")
    assert posing.allow("https://b.example/")
    assert not posing.allow(f"{ORIGIN}/")
    assert listed == shared
    assert listed is not shared
    assert Origins.of({ORIGIN}) == shared == Origins.of(each for each in [ORIGIN])


BAD: list[Any] = [(), ("http://a.example",), ("a",), (1,), ([],), ("https://*.a",), ORIGIN, None]


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_origins_that_cannot_work_are_an_error_each_time(bad: Any) -> None:
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="origins"):
            DtzApiKey("apikey-1", origins=bad)


# URLs that hide a key

WIRE = ["scheme", "raw_scheme", "userinfo", "username", "password", "host", "raw_host", "port"]
WIRE += ["netloc", "path", "raw_path", "query", "fragment", "is_absolute_url"]


def on_the_wire(url: Any) -> dict[str, Any]:
    return {name: getattr(url, name, None) for name in WIRE} | {"params": list(url.params)}


written = st.text(st.characters(exclude_categories=["C"]), max_size=8)
HOSTS = ["api.dtz.rocks", "API.Dtz.rocks", "[2001:DB8::1]", "127.0.0.1", "bücher.de"]
urls = st.builds(
    "https://{}{}{}/{}{}{}".format,
    st.sampled_from(["", "user@", "user:p%40w@"]),
    st.sampled_from(HOSTS),
    st.sampled_from(["", ":443", ":8443"]),
    written.map(lambda text: quote(text, safe="/:@!$&'()*+,;=~")),
    st.one_of(st.just(""), written.map(lambda text: "?a=" + text.replace("#", "%23"))),
    st.sampled_from(["", "#", "#part?x=1"]),
)


@pytest.mark.parametrize("parsed", [True, False], ids=["of its parts", "parsed anew"])
@libraries
@given(text=urls, secret=written)
def test_a_url_with_a_hidden_key_leads_where_the_library_itself_would_go(
    library: Any, parsed: bool, text: str, secret: str
) -> None:
    url = library.URL(text)
    pair = f"apiKey={quote(secret, safe='')}"
    query = "&".join(filter(None, [url.query.decode("ascii"), pair]))
    expected = url.copy_with(query=query.encode("ascii"))
    with pytest.MonkeyPatch.context() as patched:
        if not parsed:
            patched.setattr(_urls, "getattr", lambda *args: args[-1], raising=False)
        hidden = _urls.hidden_url_with(url, query, "apiKey")
        shown = (str(hidden), repr(hidden), f"{hidden}")
    assert on_the_wire(hidden) == on_the_wire(expected)
    # An empty query is left out.
    plain = url if url.query else url.copy_with(query=None)
    assert shown == (str(plain), repr(plain), str(plain))
    assert on_the_wire(library.URL(hidden)) == on_the_wire(expected)


@pytest.mark.parametrize("parsed", [True, False], ids=["of its parts", "parsed anew"])
@libraries
def test_a_url_with_a_hidden_key_shows_what_goes_out_beside_it(
    library: Any, parsed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not parsed:
        monkeypatch.setattr(_urls, "getattr", lambda *args: args[-1], raising=False)
    url = library.URL(f"{ORIGIN}/?a=b")
    hidden = _urls.hidden_url_with(url, "a=b&apiKey=k&contextId=c", "apiKey")
    assert str(hidden) == f"{ORIGIN}/?a=b&contextId=c"


@libraries
def test_no_private_part_of_a_library_is_needed_to_send_a_key(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_urls, "getattr", lambda *args: args[-1], raising=False)
    sent: list[bytes] = []
    auth = DtzQueryKey("apikey-1", origins=[ORIGIN])
    call(library.__name__, auth, lambda each: sent.append(each.url.raw_path), f"{ORIGIN}/?a=b")
    assert sent == [b"/?a=b&apiKey=apikey-1"]


# Imports

# Small ones of the standard library, that no client imports, or no old one.
STDLIB = {"contextvars", "_contextvars", "dataclasses"}


def test_the_public_names_import_nothing_that_the_clients_have_not_imported() -> None:
    program = """
import sys
import requests, httpx, httpx2
before = set(sys.modules)
from dtz_dastra_auth import DastraClientCredentials, DtzApiKey
print(*(set(sys.modules) - before))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    new = {name for name in done.stdout.split() if name.partition(".")[0] != "dtz_dastra_auth"}
    assert new <= STDLIB
    assert not [name for name in new if name.startswith(("anyio", "authlib", "cryptography"))]
