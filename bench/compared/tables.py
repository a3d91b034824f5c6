"""What was measured, in Markdown that can be read as it is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from compared.results import Suite, base_of, by_setting
from compared.series import Ratio, Series, Verdict, middle_half, ratio

_UNITS = {
    "second": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "byte": ((1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}
HEAD = ("setting", "contender", "median", "middle half", "ratio", "its middle half")
RIGHT = range(2, len(HEAD))


def machine(results: Suite) -> str:
    """Write what it was measured on, in Markdown."""
    about = next(iter(results)).get_metadata()
    rows = {
        "processor": f"{about.get('cpu_model_name', 'unknown')}, {about.get('cpu_count')} cores",
        "system": about["system"],
        "Python": f"{about['python_implementation']} {about['python_version']}",
        "packages": about["versions"],
        "clock": about.get("timer", "unknown"),
    }
    days = sorted({str(each.get_metadata()["date"]).partition(" ")[0] for each in results})
    lines = [("", "measured on"), *((name, str(value)) for name, value in rows.items())]
    return markdown([*lines, ("date", ", ".join(days))], right=())


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Write what came of the bounds, in Markdown.

    Args:
        verdicts: Those of one part.
    """
    head = ("measure", "setting", "asked", "found", "kept")
    rows = [(each.measure, each.setting, each.asked, each.found, kept(each)) for each in verdicts]
    return markdown([head, *rows], right=(3,))


def kept(verdict: Verdict) -> str:
    """Write whether a bound is kept."""
    return "yes" if verdict.holds else "**no**"


def tables(series: Sequence[Series]) -> str:
    """Write all values of one part, in Markdown: a table for each thing that was measured.

    Args:
        series: What it gave.
    """
    written, several = [], len({each.measure for each in series}) > 1
    for measure, group in groupby(series, lambda each: each.measure):
        rows = [row for setting in by_setting(group) for row in _rows(setting, series)]
        # A single one is what the part is called.
        written += [f"### {measure[0].upper()}{measure[1:]}"] if several else []
        written.append(markdown([HEAD, *rows], RIGHT))
    return "\n\n".join(written)


def shown(value: float, unit: str) -> str:
    """Write a value with three digits and the unit that fits it."""
    if unit not in _UNITS:
        return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
    if unit == "byte" and value == 0:
        return "none"
    scale, name = next((each for each in _UNITS[unit] if abs(value) >= each[0]), _UNITS[unit][-1])
    number = value / scale
    digits = (
        0
        if abs(number) >= 100 or (name == "B" and abs(number) >= 10)
        else 1
        if abs(number) >= 10
        else 2
    )
    return f"{number:,.{digits}f} {name}"


def tick(value: float, unit: str) -> str:
    """Write a value at an axis: as short as it can be."""
    number, _, name = shown(value, unit).partition(" ")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number} {name}".rstrip()


def markdown(lines: Sequence[Sequence[str]], right: Iterable[int]) -> str:
    """Write a table that can be read as it is.

    Args:
        lines: Its head, and its rows.
        right: The columns whose text stands at the right.
    """
    columns, to_the_right = list(zip(*lines, strict=True)), set(right)
    widths = [max(3, *map(len, column)) for column in columns]
    rule = [
        "-" * (width - 1) + ":" if at in to_the_right else "-" * width
        for at, width in enumerate(widths)
    ]
    written = []
    for line in (lines[0], rule, *lines[1:]):
        cells = [
            cell.rjust(width) if at in to_the_right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        written.append(f"| {' | '.join(cells)} |")
    return "\n".join(written)


def _rows(setting: Sequence[Series], of_all: Sequence[Series]) -> Iterator[tuple[str, ...]]:
    base = base_of(setting, of_all)
    for each in setting:
        compared = ratio(each, base) if base is not None and base is not each else None
        yield (each.setting, each.contender, *_numbers(each), *_ratios(compared))


def _numbers(series: Series) -> tuple[str, str]:
    low, high = (shown(value, series.unit) for value in middle_half(series.values))
    return shown(series.median, series.unit), low if low == high else f"{low} to {high}"


def _ratios(compared: Ratio | None) -> tuple[str, str]:
    if compared is None:
        return "", ""
    return f"{compared.median:.3f}", f"{compared.low:.3f} to {compared.high:.3f}"
