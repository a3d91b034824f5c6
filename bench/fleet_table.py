"""The table of `fleet`, in Markdown that can be read as it is."""

from collections.abc import Iterable
from itertools import groupby

from fleet_scenarios import ALONE
from fleet_trial import CYCLE, Result, Scenario
from fleet_world import LIFETIME

HEAD = (
    "policy",
    "workers",
    "token requests",
    "per cycle",
    "within 1 s",
    "failed calls",
    "calls that waited",
    "longest wait",
    "cache questions",
    "in one second",
)
_NOTES = f"""\
Simulated, with the package's own code: each worker is a process with a store and an auth object
of its own, and makes one call a second; tokens live {LIFETIME:.0f} s. A question to the cache
takes 1 ms, and what is kept there is not encrypted, which changes no decision. A token endpoint
serves any number at once. "No sharing" is a `MemoryTokenStore` in each worker; "shared without
lease" is a `SharedTokenStore` on a cache whose `add` always succeeds; "lease at expiry" never
renews early; "XFetch" renews early by the chance that Vattani et al. have given in 2015, with
beta = 1 and without a lease.

- **per cycle**: token requests for every {CYCLE:.0f} s, which is the lifetime without the minute in
  which this package renews early. Who renews at the end only has a cycle of {LIFETIME:.0f} s.
- **within 1 s**: the most token requests in any second.
- **calls that waited**: those that had no token that served when they began, and had to wait for
  one. The call that renews early, and waits for it, is not among them.
- **cache questions**: of each worker, for every cycle; **in one second**: the most, of each
  worker."""


def table(results: Iterable[Result]) -> str:
    """Write the whole table.

    Args:
        results: What came of the trials, those of a scenario one after the other.
    """
    parts = ["# A fleet's token requests", _NOTES]
    alone = []
    for scenario, group in groupby(results, lambda result: result.scenario):
        if scenario in ALONE:
            alone += list(group)
            continue
        parts += [f"## {scenario.title}", _told(scenario), _rows(map(_row, group))]
    if alone:
        rows = (
            _row(result, f"{result.scenario.title}; {result.scenario.told}") for result in alone
        )
        parts += ["## This package in other outages", _rows(rows, "what happens")]
    return "\n\n".join(parts) + "\n"


def seconds(time: float) -> str:
    """Write how long something took, short enough for a table."""
    if not time:
        return "-"
    return f"{1000 * time:.0f} ms" if time < 1 else f"{time:.1f} s"


def _told(scenario: Scenario) -> str:
    return scenario.told[0].upper() + scenario.told[1:] + "."


def _row(result: Result, first: str | None = None) -> tuple[str, ...]:
    tally, cycles = result.tally, result.scenario.cycles
    return (
        (first or result.policy.title) + (f" ({tally.deaths} died)" if tally.deaths else ""),
        f"{result.workers:,}",
        f"{len(result.sent):,}",
        f"{len(result.sent) / cycles:,.{1 if cycles > 1 else 0}f}",
        f"{result.peak:,}",
        f"{len(tally.failed):,}",
        f"{len(tally.waits):,}",
        seconds(max(tally.waits, default=0.0)),
        f"{result.questions / result.workers / cycles:.1f}",
        f"{result.peak_questions / result.workers:.1f}",
    )


def _rows(rows: Iterable[tuple[str, ...]], first: str = HEAD[0]) -> str:
    lines = [(first, *HEAD[1:]), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = tuple(
        "-" * width if not at else "-" * (width - 1) + ":" for at, width in enumerate(widths)
    )
    written = []
    for line in (lines[0], rule, *lines[1:]):
        cells = [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
        written.append(f"| {' | '.join(cells)} |")
    return "\n".join(written)
