"""The benchmark's rooms for memory and imports: that they measure what they say, and judge it."""

from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from itertools import product

import pytest
from compared import imports, memory, sizes
from compared.contenders import KEY, TOKEN
from compared.quiet import plain
from compared.series import BY_HAND, OURS, WITHOUT, Options, Series, Verdict

import dtz_dastra_auth
from dtz_dastra_auth._auth import Auth

QUICK = Options(quick=True)
OBJECTS = ("default origins", 200)


@pytest.fixture(scope="module")
def memory_series() -> list[Series]:
    return memory.measure(QUICK)


@pytest.fixture(scope="module")
def import_series() -> list[Series]:
    return imports.measure(QUICK)


def settings(series: Iterable[Series], measure: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in series:
        if each.measure == measure:
            found.setdefault(each.setting, set()).add(each.contender)
    return found


# Memory


def test_calls_are_measured_by_this_package_and_by_hand(memory_series: list[Series]) -> None:
    measured = [memory.RESIDENT, memory.COUNTED, memory.OBJECTS]
    found = [settings(memory_series, measure) for measure in measured]

    assert [len(each) for each in found] == [len(memory.MILLION)] * 3
    assert all(who == {OURS, BY_HAND} for each in found for who in each.values())


def test_a_whole_run_makes_a_million_calls_where_a_token_is_kept_and_some_everywhere() -> None:
    found = memory.counted(Options())
    ours = [(client, method) for client, method, contender in found if contender == OURS]

    assert memory.MILLION == [("requests", "cached token"), ("httpx.Client", "cached token")]
    assert sorted(ours) == sorted(product(memory.CLIENTS, memory.METHODS))
    assert {client for client, _, contender in found if contender == BY_HAND} == {*memory.CLIENTS}


def test_objects_are_measured_new_and_used(memory_series: list[Series]) -> None:
    found = settings(memory_series, memory.EACH)

    assert set(found) == {f"DastraClientCredentials, {state}" for state in sizes.STATES}


def test_objects_of_every_public_class_are_measured() -> None:
    made = [sizes.made(name, 1, state) for name in sizes.CLASSES for state in sizes.STATES]

    assert {type(each) for each in made} == {
        each
        for each in (getattr(dtz_dastra_auth, name) for name in dtz_dastra_auth.__all__)
        if isinstance(each, type) and issubclass(each, Auth)
    }


def test_memory_that_is_given_back_is_none(memory_series: list[Series]) -> None:
    assert all(value >= 0 for each in memory_series for value in each.values)


@pytest.mark.parametrize("contender", memory.CONTENDERS)
@pytest.mark.parametrize("method", memory.METHODS)
@pytest.mark.parametrize("client", memory.CLIENTS)
def test_the_credential_is_on_every_request(client: str, method: str, contender: str) -> None:
    sent: list[str] = []

    def note(url: str, headers: Mapping[str, str | bytes]) -> None:
        # A credential's own text is hidden where it is shown.
        sent.append(" ".join([url, *map(plain, headers.values())]))

    with sizes.calls(client, method, contender, note) as call:
        call(3)

    assert len(sent) == 3
    assert all((f"Bearer {TOKEN}" if method == "cached token" else KEY) in each for each in sent)


def test_what_stays_behind_a_call_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    monkeypatch.setattr(
        sizes, "repeated", lambda case, times: kept.extend(map(bytes, [999] * times))
    )

    size, _ = sizes.counted("requests", "header key", OURS, 10, 100)

    assert 100 * 999 < size < 100 * 1_200


def test_the_objects_of_a_class_are_as_large_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sizes.CLASSES, "large", lambda name, key, **more: bytes(1_999))

    (size,) = sizes.each("large", "default origins", 50)

    assert 2_000 <= size <= 2_100


def test_processes_of_their_own_find_the_same() -> None:
    (one,), (other,) = (sizes.elsewhere("each", "DastraApiKey", *OBJECTS) for _ in range(2))

    assert one == pytest.approx(other, rel=0.05)


@pytest.mark.parametrize(
    ("measure", "kept", "broken"),
    [
        (memory.RESIDENT, 999_999.0, 1_000_000.0),
        (memory.COUNTED, 0.99, 1.0),
        (memory.EACH, 1_999.0, 2_000.0),
    ],
)
def test_memory_is_judged_by_the_median(measure: str, kept: float, broken: float) -> None:
    def judged(median: float) -> list[Verdict]:
        return memory.verdicts([Series(measure, "setting", OURS, (0.1, median, 9e9), "byte")])

    assert [each.holds for each in judged(kept) + judged(broken)] == [True, False]


def test_what_is_left_by_hand_is_told_beside_it() -> None:
    by = [Series(memory.RESIDENT, "s", who, (5e5,), "byte") for who in memory.CONTENDERS]

    (verdict,) = memory.verdicts(by)

    assert verdict.found == "500 kB more; by hand 500 kB"


def test_what_is_written_by_hand_is_not_judged() -> None:
    assert memory.verdicts([Series(memory.RESIDENT, "setting", BY_HAND, (9e9,), "byte")]) == []


# Imports


def test_imports_are_measured_beside_the_clients_alone(import_series: list[Series]) -> None:
    for measure in (imports.WALL, imports.PROCESSOR):
        assert all(who == {OURS, WITHOUT} for who in settings(import_series, measure).values())
    assert len(import_series) == 4
    assert all(value > 0 for each in import_series for value in each.values)


def test_every_peer_that_is_there_is_measured() -> None:
    installed = {each.name.lower(): each.version for each in distributions()}
    cases = imports.cases()

    for client, peers in imports.PEERS.items():
        found = {case.contender for case in cases if case.setting == f"{client} alone"}
        there = {f"{name} {installed[name]}" for name in peers if name in installed}
        assert found == there | {OURS, WITHOUT}


def test_every_case_of_a_setting_imports_the_same_clients() -> None:
    of_setting: dict[str, list[imports.Case]] = {}
    for case in imports.cases():
        of_setting.setdefault(case.setting, []).append(case)

    for cases in of_setting.values():
        (clients,) = (case.code for case in cases if case.contender == WITHOUT)
        assert all(case.code.startswith(clients) for case in cases)


def test_a_process_that_fails_is_no_value() -> None:
    with pytest.raises(RuntimeError, match="failed with 3"):
        imports.seconds("raise SystemExit(3)")


def test_processor_time_is_that_of_the_process_alone() -> None:
    wall, processor = imports.seconds("import time; time.sleep(0.3)")

    assert 0 < processor < wall
    assert wall >= 0.3


def test_imports_are_judged_by_the_median_of_the_ratios_of_each_round() -> None:
    def judged(ours: float) -> list[Verdict]:
        setting = "requests and httpx; its names"
        clients = Series(imports.WALL, setting, WITHOUT, (0.01, 0.1, 0.9))
        values = (0.001, ours, 9.0)
        return imports.verdicts([clients, Series(imports.WALL, setting, OURS, values)])

    (kept,), (broken,) = judged(0.1099), judged(0.1101)

    assert (kept.holds, broken.holds) == (True, False)
    assert kept.found == "1.099 ×"


def test_importing_beside_peers_is_not_judged() -> None:
    alone = [Series(imports.WALL, "httpx alone", who, (0.1,)) for who in (WITHOUT, OURS)]

    assert imports.verdicts(alone) == []
