"""Simulate fleets of thousands of processes that share a token, under several renewal policies.

    python bench/fleet.py [--workers 1000] [--scenario normal] [--svg FILE] [--table FILE]

The policy that is simulated is the package's own code, run step by step in SimPy's time. Prints a
table of token requests, failed calls and waits. The exit status is 1 when this package's policy
misses a bound: one token request in a cycle of normal running and nobody waiting for it; at most
15 in an outage of 85 s, and no failed call. The same seed gives the same table.
"""

import argparse
import gc
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import TypeAlias

from fleet_bounds import broken
from fleet_calls import Tally
from fleet_picture import draw
from fleet_policies import OURS, POLICIES
from fleet_scenarios import ALONE, SCENARIOS
from fleet_table import table
from fleet_trial import Result, run

SIZES: Sequence[int] = (1_000, 10_000)
NAMED = {scenario.name: scenario for scenario in SCENARIOS}
NAMED_POLICIES = {policy.name: policy for policy in POLICIES}

# The names of a policy and a scenario, and how many workers there are.
Trial: TypeAlias = tuple[str, str, int]
# What is left of a result without its policy, scenario and size.
Outcome: TypeAlias = tuple[list[float], Tally, int, int]


def chosen(sizes: list[int], names: list[str] | None) -> list[Trial]:
    """List what is to be run: each scenario, under each policy that it can happen to."""
    return [
        (policy.name, scenario.name, size)
        for scenario in SCENARIOS
        if not names or scenario.name in names
        for policy in ((OURS,) if scenario in ALONE else POLICIES)
        if scenario.concerns(policy)
        for size in (sizes[:1] if scenario in ALONE else sizes)
    ]


def outcome(trial: Trial, seed: int) -> Outcome:
    """Run one trial; what it gives and takes can be sent to another process."""
    policy, scenario, size = trial
    before = time.process_time()
    result = run(NAMED_POLICIES[policy], NAMED[scenario], size, seed)
    took = time.process_time() - before
    result.tally.killed.clear()
    # What a fleet leaves holds itself, and the next one needs the memory.
    gc.collect()
    print(f"{scenario}, {policy}, {size:,} workers: {took:.1f} s", file=sys.stderr)
    return result.sent, result.tally, result.questions, result.peak_questions


def results(trials: list[Trial], seed: int, jobs: int) -> list[Result]:
    """Run all trials, some of them at once."""
    with ProcessPoolExecutor(jobs) as processes:
        outcomes = processes.map(outcome, trials, repeat(seed))
        return [
            Result(NAMED[scenario], NAMED_POLICIES[policy], size, *each)
            for (policy, scenario, size), each in zip(trials, outcomes, strict=True)
        ]


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, simulate, and give the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument(
        "--workers", type=int, action="append", help="how many (default: 1000 and 10000)"
    )
    parser.add_argument(
        "--scenario", choices=list(NAMED), action="append", help="which (default: all)"
    )
    parser.add_argument("--seed", type=int, default=1, help="what chance comes from (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many trials at once")
    parser.add_argument("--table", type=Path, help="where to write the table as well")
    parser.add_argument("--svg", type=Path, help="where to draw it")
    options = parser.parse_args(arguments)
    sizes = sorted(options.workers or SIZES)
    found = results(chosen(sizes, options.scenario), options.seed, options.jobs)
    written = table(found)
    print(written)
    if options.table:
        options.table.write_text(written)
    if options.svg:
        options.svg.write_text(draw([each for each in found if each.workers == max(sizes)]))
    wrong = [
        f"{result.scenario.name}, {result.policy.title}, {result.workers:,} workers: {what}"
        for result in found
        for what in broken(result)
    ]
    print(f"broken: {'; '.join(wrong) or 'nothing'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
