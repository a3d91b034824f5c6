"""What was measured, as JSON that pyperf reads too, and as tables.

Every table and picture is made of the JSON, so that a part which is measured anew stands beside
the others as they were.
"""

import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from compared.peers import named
from compared.series import BY_HAND, OURS, WITHOUT, Series
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
# By hand there is no token request: cold callers are compared with one cold caller.
COLD = re.compile(r"(?P<client>[^,]+), \d+ callers?, wall time")


def base_of(setting: Sequence[Series], of_all: Iterable[Series] = ()) -> Series | None:
    """Find who the others of a setting are compared with, None for nobody.

    Args:
        setting: All series of one setting.
        of_all: All series of the part, where one in another setting is.
    """
    cold = COLD.fullmatch(setting[0].setting)
    if cold:
        one = f"{cold['client']}, 1 caller, wall time"
        by_one = (each for each in of_all if (each.setting, each.contender) == (one, OURS))
        return next(by_one, None)
    by = {each.contender: each for each in setting}
    base = by.get(BY_HAND) or by.get(WITHOUT) or by.get("1 identity")
    # Nothing is compared with nothing, where all that was taken has been given back.
    return base if base is not None and min(base.values) > 0 else None


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
