"""Pictures of what was measured: a row for each contender, beside what they are compared with."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import matplotlib as mpl
from compared.results import COLD, base_of, by_setting
from compared.series import OURS, Series, middle_half, ratio
from compared.tables import shown, tick
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

# On a ground of its own, so that it can be read on a dark page as well. Against it each of these
# has a contrast of more than 5 to 1, and none is told from another by its colour alone.
GROUND, TEXT, OURS_COLOUR, RULE = "#ffffff", "#333333", "#00589c", "#dddddd"
# Inches; and where the columns are, as a share of the axes' width.
WIDTH, ROW, MARGIN = 9.0, 0.195, 0.62
_LEFT, _NAME, _RATIO, _MEDIAN = -0.62, -0.025, 1.14, 1.36
# With more rows a picture is cut into one for each client.
MOST_ROWS = 60
# Beyond this share of what it is compared with an axis is logarithmic.
FAR = 8.0
# And beyond this one there is room for the powers of ten alone.
VERY_FAR = 300.0
# What is left to the tables.
LEFT_OUT = {"attach": re.compile(r", (bare|on the client)$")}
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "performance",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 8.5,
    "text.color": TEXT,
}


def pictures(part: str, series: Sequence[Series]) -> dict[str, str]:
    """Draw a part, as SVG by the titles of its pictures.

    Args:
        part: The part.
        series: What it gave.
    """
    left_out = LEFT_OUT.get(part)
    kept = [e for e in series if left_out is None or not left_out.search(e.setting)]
    measures = _grouped(kept, lambda each: each.measure).values()
    pieces = (
        piece for measure in measures for group in _by_unit(measure) for piece in _cut(*group)
    )
    return {title: draw(title, piece, series) for title, piece in pieces}


def file_name(title: str) -> str:
    """Make of a picture's title what its file is called, after the page's own name."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def draw(title: str, series: Sequence[Series], of_all: Sequence[Series]) -> str:
    """Draw one picture, as SVG.

    Args:
        title: What stands above it.
        series: What it shows, those of a setting one after the other.
        of_all: All series of the part.
    """
    settings = by_setting(series)
    bases = [base_of(setting, of_all) for setting in settings]
    compared = all(base is not None for base in bases)
    rows = [
        [_row(each, base if compared else None) for each in setting]
        for setting, base in zip(settings, bases, strict=True)
    ]
    lines = len(series) + 1.6 * len(settings)
    height = lines * ROW + 2 * MARGIN
    with mpl.rc_context(_STYLE):
        figure = Figure((WIDTH, height), facecolor=GROUND)
        axes = figure.add_axes((0.34, MARGIN / height, 0.4, 1 - 2 * MARGIN / height))
        ends = [end for of_setting in rows for row in of_setting for end in row]
        _set_up(axes, lines, ends, compared=compared)
        unit = series[0].unit
        axes.xaxis.set_major_formatter(
            lambda at, _: f"{at:g}" if compared or not at else tick(at, unit)
        )
        line = 0.6
        for setting, of_setting in zip(settings, rows, strict=True):
            beside = axes.get_yaxis_transform()
            axes.text(_LEFT, line, setting[0].setting, transform=beside, weight="bold")
            for each, row in zip(setting, of_setting, strict=True):
                line += 1
                _draw_row(axes, line, each, row, compared=compared)
            line += 1.6
        _head(axes, title, bases[0] if compared else None)
        written = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(written, format="svg", facecolor=GROUND, metadata=nothing)
    # Which is no rotation at all.
    plain = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", written.getvalue())
    return "\n".join(line.rstrip() for line in plain.splitlines()) + "\n"


def _cut(measure: str, series: list[Series]) -> Iterator[tuple[str, list[Series]]]:
    if len(series) <= MOST_ROWS:
        yield measure, series
        return
    for client, piece in _grouped(series, lambda each: each.setting.partition(", ")[0]).items():
        yield f"{measure}, {client}", piece


def _by_unit(series: list[Series]) -> Iterator[tuple[str, list[Series]]]:
    # Times and numbers of things have no axis in common.
    groups = _grouped(series, lambda each: each.unit)
    for unit, group in groups.items():
        is_beside = len(groups) > 1 and unit == "integer"
        yield f"{group[0].measure}{', numbers' if is_beside else ''}", group


def _grouped(series: Iterable[Series], key: Callable[[Series], str]) -> dict[str, list[Series]]:
    groups: dict[str, list[Series]] = {}
    for each in series:
        groups.setdefault(key(each), []).append(each)
    return groups


# What a row shows: a median and the ends of the middle half, compared where there is a base.
def _row(each: Series, base: Series | None) -> tuple[float, float, float]:
    if base is None:
        return (each.median, *middle_half(each.values))
    found = ratio(each, base)
    return found.median, found.low, found.high


def _set_up(axes: Axes, lines: float, values: Sequence[float], *, compared: bool) -> None:
    low, high = min(values), max(values)
    positive = [value for value in values if value > 0]
    if positive and high / min(positive) > FAR:
        axes.set_xscale("log")
        is_very_far = high / min(positive) > VERY_FAR
        axes.xaxis.set_major_locator(LogLocator(subs=(1,) if is_very_far else (1, 2, 5)))
        axes.set_xlim(min(positive) / 1.6, high * 1.6)
    else:
        low = min(low, 0.95) if compared else 0.0
        room = (high - low) / 20 or 0.05
        axes.set_xlim(low - room if compared else 0.0, high + room)
        # With units there is no room for more.
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.minorticks_off()
    axes.set_ylim(lines, -0.6)
    axes.set_facecolor(GROUND)
    axes.set_yticks([])
    axes.tick_params(colors=TEXT, length=0)
    axes.grid(visible=True, axis="x", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    if compared:
        axes.axvline(1.0, color=TEXT, linewidth=0.8)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_row(
    axes: Axes, line: float, each: Series, row: tuple[float, float, float], *, compared: bool
) -> None:
    is_ours, beside = each.contender == OURS, axes.get_yaxis_transform()
    colour, weight = (OURS_COLOUR, "bold") if is_ours else (TEXT, "normal")
    style: dict[str, Any] = {"va": "center", "ha": "right", "color": colour, "weight": weight}
    axes.text(_NAME, line, each.contender, transform=beside, **style)
    median, low, high = row
    axes.plot([low, high], [line, line], color=colour, linewidth=2.2 if is_ours else 1.2)
    axes.plot([median], [line], "D" if is_ours else "o", color=colour, markersize=5)
    if compared:
        written = f"{median:.2f}" if median >= 0.1 else f"{median:.2g}"
        axes.text(_RATIO, line, written, transform=beside, **style)
    axes.text(_MEDIAN, line, shown(each.median, each.unit), transform=beside, **style)


def _head(axes: Axes, title: str, base: Series | None) -> None:
    beside = axes.get_yaxis_transform()
    named = f"{title[0].upper()}{title[1:]}"
    axes.text(_LEFT, -1.9, named, transform=beside, size=10, weight="bold")
    axes.text(_MEDIAN, -0.7, "median", ha="right", transform=beside)
    if base is not None:
        # Where that is one of ours, it is in another setting.
        other = "one cold caller" if COLD.fullmatch(base.setting) else base.contender
        axes.text(_RATIO, -0.7, "ratio", ha="right", transform=beside)
        what = f"beside {other}; the bar is the middle half"
        axes.text(0, -0.7, what, transform=beside)
