"""What was measured, as JSON that pyperf reads too, and as tables.

Every table and picture is made of the JSON, so that a part which is measured anew stands beside
the others as they were.
"""

import platform
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from compared.peers import named
from compared.series import BY_HAND, WITHOUT, Series
from pyperf import (  # type: ignore[import-untyped]  # it has no types
    Benchmark,
    BenchmarkSuite,
    Run,
)

Suite: TypeAlias = BenchmarkSuite

# Of what pyperf tells of a machine: nothing that names it, or who has it.
KEPT = (
    "aslr",
    "cpu_count",
    "cpu_model_name",
    "date",
    "load_avg_1min",
    "perf_version",
    "python_implementation",
    "python_version",
    "timer",
)
_KEYS = ("part", "measure", "setting", "contender")
_PACKAGES = ("dtz-dastra-auth", "requests", "urllib3", "httpx", "httpx2")
# pyperf takes no zero, which a number of bytes or of token requests may be.
_NOTHING = sys.float_info.min


@dataclass(frozen=True, slots=True)
class Ratio:
    """How one contender compares with another of its setting.

    Attributes:
        median: The quotient of their medians.
        low: The lower end of the middle half of the rounds' quotients.
        high: Its upper end.
    """

    median: float
    low: float
    high: float


def ratio(series: Series, base: Series) -> Ratio | None:
    """Compare two series round by round; None where the base has a zero.

    Args:
        series: Of whom.
        base: To whom.
    """
    if min(base.values) <= 0:
        return None
    median = series.median / base.median
    if len(series.values) != len(base.values):
        # Not all have as many rounds, where one takes minutes.
        return Ratio(median, median, median)
    pairs = zip(series.values, base.values, strict=True)
    return Ratio(median, *middle_half([one / two for one, two in pairs]))


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """Give the quartiles that half of all values lie between."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def base_of(setting: Sequence[Series]) -> Series | None:
    """Find who the others of a setting are compared with, None for nobody.

    Args:
        setting: All series of one setting.
    """
    by = {each.contender: each for each in setting}
    return by.get(BY_HAND) or by.get(WITHOUT) or by.get("1 identity")


def by_setting(series: Iterable[Series]) -> list[list[Series]]:
    """Group series by what was measured and in what setting."""
    return [list(group) for _, group in groupby(series, lambda each: (each.measure, each.setting))]


def suite(parts: Mapping[str, Sequence[Series]]) -> Suite:
    """Make of series what pyperf can show and compare.

    Args:
        parts: What each part of the benchmark gave.
    """
    about = metadata()
    return Suite(
        [
            Benchmark(
                [Run(_positive(each), metadata=about | _told(part, each), collect_metadata=False)]
            )
            for part, series in parts.items()
            for each in series
        ]
    )


def merged(new: Suite, old: Suite | None, order: Sequence[str]) -> Suite:
    """Put parts that were measured anew in the place of what they were.

    Args:
        new: What was measured now.
        old: What was measured before.
        order: All parts.
    """
    anew = {_part(each) for each in new}
    kept = [] if old is None else [each for each in old if _part(each) not in anew]
    return Suite(sorted([*new, *kept], key=lambda each: order.index(_part(each))))


def parts_of(results: Suite) -> dict[str, list[Series]]:
    """Give the series of a suite again, part by part."""
    parts: dict[str, list[Series]] = {}
    for each in results:
        about = each.get_metadata()
        part, measure, setting, contender = (str(about[key]) for key in _KEYS)
        values = tuple(0.0 if value <= _NOTHING else value for value in each.get_values())
        parts.setdefault(part, []).append(
            Series(measure, setting, contender, values, str(about["unit"]))
        )
    return parts


def metadata() -> dict[str, object]:
    """Tell of the machine and the versions, without what names the one or its owner."""
    # What a single value is collected with, which is nothing of its own.
    all_of_it = Run([1.0], metadata={"name": "x"}).get_metadata()
    versions = ", ".join(named(package) for package in _PACKAGES)
    told = {key: all_of_it[key] for key in KEPT if key in all_of_it}
    return {**told, "system": platform.system(), "versions": versions}


def load(path: Path) -> Suite | None:
    """Read a suite; None where there is none."""
    return Suite.load(str(path)) if path.exists() else None


def _part(benchmark: Benchmark) -> str:
    return str(benchmark.get_metadata()["part"])


def _told(part: str, series: Series) -> dict[str, object]:
    names = (part, series.measure, series.setting, series.contender)
    name = f"{series.measure}: {series.setting}: {series.contender}"
    return {**dict(zip(_KEYS, names, strict=True)), "name": name, "unit": series.unit}


def _positive(series: Series) -> list[float]:
    return [max(value, _NOTHING) for value in series.values]
