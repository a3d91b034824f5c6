"""The simulation of fleets: that it is of the package's own code, and what the package keeps to."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fleet_bounds import broken
from fleet_picture import draw
from fleet_policies import OURS, POLICIES, Policy
from fleet_scenarios import SCENARIOS
from fleet_table import table
from fleet_trial import Result, Scenario, run

from dtz_dastra_auth import _lease, _pauses, _slot

BENCH = Path(__file__).parents[2] / "bench" / "fleet.py"
NAMED = {scenario.name: scenario for scenario in SCENARIOS}
AN_OUTAGE = NAMED["outage-across"]
OTHERS = [policy for policy in POLICIES if policy is not OURS]
WORSE = ("outage-before", "outage-brief")


def found(result: Result) -> object:
    tally = result.tally
    times = (result.sent, sorted(tally.failed), tally.waits, tally.renewing)
    # When a call comes can differ by the last bit of a number.
    rounded = [[round(seconds, 6) for seconds in each] for each in times]
    counts = (tally.calls, len(tally.killed), tally.deaths, result.questions, result.peak_questions)
    return rounded, counts


# What is simulated


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_skipping_calls_in_which_nothing_happens_changes_nothing(policy: Policy) -> None:
    skipping, every = (run(policy, AN_OUTAGE, 50, every=every) for every in (False, True))

    assert found(skipping) == found(every)
    assert skipping.tally.calls == 50 * 420
    assert skipping.tally.failed


@pytest.mark.parametrize("name", ["slow", "dying", "outage-until", "httpx-refused", "first"])
def test_skipping_calls_changes_nothing_in_other_outages(name: str) -> None:
    scenario = replace(NAMED[name], cycles=1)
    skipping, every = (run(OURS, scenario, 30, every=every) for every in (False, True))

    assert found(skipping) == found(every)
    assert skipping.sent


@pytest.mark.parametrize(
    ("module", "rule", "value", "scenario"),
    [
        (_pauses, "DEAD_PAUSE", 10.0, "outage-across"),
        (_lease, "LONGEST_WAIT", 5.0, "first-dying"),
        (_slot, "EARLY_AT_MOST", 30.0, "outage-before"),
        (_slot, "PAUSE_AT_MOST", 2.0, "outage-before"),
    ],
)
def test_a_rule_of_the_package_that_is_changed_changes_the_simulation(
    module: object, rule: str, value: float, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run(OURS, NAMED[scenario], 20)
    for place in (_lease, _pauses, _slot):
        if hasattr(place, rule):
            monkeypatch.setattr(place, rule, value)

    assert run(OURS, NAMED[scenario], 20).sent != before.sent


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    first, second, other = (found(run(OURS, NAMED["dying"], 20, seed)) for seed in (1, 1, 2))

    assert first == second != other


def test_a_holder_that_dies_takes_its_calls_with_it_and_is_replaced() -> None:
    result = run(OURS, NAMED["dying-3"], 50)

    assert result.tally.deaths == len(result.tally.killed) == 3
    assert result.tally.calls == 50 * 420


# What the package keeps to


def test_a_thousand_workers_make_one_token_request_in_a_cycle_and_nobody_waits() -> None:
    result = run(OURS, NAMED["normal"], 1_000)

    assert len(result.sent) == result.scenario.cycles == 4
    assert not result.tally.waits
    assert not result.tally.failed


@pytest.mark.parametrize("name", ["outage-before", "outage-until", "before-refused"])
def test_an_outage_of_85_s_costs_a_thousand_workers_few_requests_and_no_call(name: str) -> None:
    result = run(OURS, NAMED[name], 1_000)

    assert len(result.sent) <= 15
    assert not result.tally.failed


@pytest.mark.parametrize("name", NAMED)
def test_fifty_workers_keep_within_the_bounds(name: str) -> None:
    assert not list(broken(run(OURS, NAMED[name], 50)))


@pytest.mark.parametrize("policy", OTHERS, ids=lambda policy: policy.name)
def test_every_other_policy_does_worse_somewhere(policy: Policy) -> None:
    trials = [(run(policy, s, 30), run(OURS, s, 30)) for s in map(NAMED.get, WORSE) if s]

    assert any(
        len(theirs.sent) > 5 * len(ours.sent) or len(theirs.tally.failed) > len(ours.tally.failed)
        for theirs, ours in trials
    )


# What is told


@pytest.mark.parametrize(
    ("scenario", "wrong"),
    [
        ("normal", "5 token requests in 4 cycles"),
        ("outage-before", "16 token requests"),
        ("outage-until", "1 calls failed"),
    ],
)
def test_a_bound_that_is_missed_is_told(scenario: str, wrong: str) -> None:
    result = run(OURS, NAMED[scenario], 10)
    more = {"normal": 5, "outage-before": 16}.get(scenario)
    if more:
        worse = replace(result, sent=[0.0] * more)
    else:
        worse = replace(result, tally=replace(result.tally, failed=[300.0]))

    assert list(broken(worse)) == [wrong]


def test_the_command_prints_the_table_and_writes_what_it_was_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCH), "--workers", "20", "--scenario", "normal"]
    files = ["--svg", str(tmp_path / "fleet.svg"), "--table", str(tmp_path / "fleet.md")]
    done = subprocess.run(
        [*command, *files], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "fleet.md").read_text() in done.stdout
    assert re.search(r"^\| this package +\| +20 \|", done.stdout, re.MULTILINE)
    assert (tmp_path / "fleet.svg").read_text().startswith("<?xml")


@pytest.fixture(scope="module")
def results() -> list[Result]:
    scenarios: list[Scenario] = [NAMED[name] for name in ("first", "dying", "outage-brief")]
    return [run(p, s, 10) for s in scenarios for p in POLICIES if s.concerns(p)]


def test_the_picture_is_the_same_each_time_with_its_text_as_text(results: list[Result]) -> None:
    first, second = draw(results), draw(results)

    assert first == second
    for policy in POLICIES:
        assert f">{policy.title}</text>" in first
    assert "<dc:date>" not in first


def test_the_table_has_a_line_for_each_trial(results: list[Result]) -> None:
    lines = [line for line in table(results).splitlines() if re.match(r"\| [a-zX]", line)]

    assert len(lines) == len(results) + 3
