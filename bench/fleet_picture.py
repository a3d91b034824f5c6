"""The picture of `fleet`: token requests on a logarithmic axis, and what it cost the callers."""

import io
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import matplotlib as mpl
from fleet_policies import OURS
from fleet_scenarios import COMPARED
from fleet_table import seconds
from fleet_trial import Result
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Transform

# On a ground of its own, so that it can be read on a dark page as well. Against it each of these
# has a contrast of more than 5 to 1, and none is told from another by its colour alone.
GROUND, TEXT, OURS_COLOUR, ALARM, RULE = "#ffffff", "#333333", "#00589c", "#a83200", "#dddddd"
# Inches; and where the columns are, as a share of the axes' width.
WIDTH, ROW, MARGIN = 9.0, 0.195, 0.62
FAR = 30_000
_NAME, _FAILED, _WAITED, _LONGEST = -0.025, 1.16, 1.35, 1.48
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fleet",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 8.5,
    "text.color": TEXT,
}


def draw(results: Sequence[Result]) -> str:
    """Draw an SVG of one fleet size.

    Args:
        results: What came of the trials, those of a scenario one after the other.
    """
    compared = [result for result in results if result.scenario in COMPARED]
    groups = [(s, list(group)) for s, group in groupby(compared, lambda each: each.scenario)]
    lines = sum(len(group) + 1.6 for _, group in groups)
    height = lines * ROW + 2 * MARGIN
    with mpl.rc_context(_STYLE):
        figure = Figure((WIDTH, height), facecolor=GROUND)
        axes = figure.add_axes((0.18, MARGIN / height, 0.5, 1 - 2 * MARGIN / height))
        _set_up(axes, lines)
        line = 0.6
        for scenario, group in groups:
            axes.text(-0.34, line, scenario.title, transform=_beside(axes), weight="bold")
            for result in group:
                line += 1
                _draw_row(axes, line, result)
            line += 1.6
        _head(axes, compared[0].workers if compared else 0)
        written = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(written, format="svg", facecolor=GROUND, metadata=nothing)
    # Which is no rotation at all.
    plain = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", written.getvalue())
    return "\n".join(line.rstrip() for line in plain.splitlines()) + "\n"


def _beside(axes: Axes) -> Transform:
    return axes.get_yaxis_transform()


def _set_up(axes: Axes, lines: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(0.7, 600_000)
    axes.set_ylim(lines, -0.6)
    axes.set_facecolor(GROUND)
    axes.set_yticks([])
    axes.set_xticks([10**n for n in range(6)], [f"{10**n:,}" for n in range(6)])
    axes.minorticks_off()
    axes.tick_params(colors=TEXT, length=0)
    axes.grid(visible=True, axis="x", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_row(axes: Axes, line: float, result: Result) -> None:
    is_ours, beside = result.policy is OURS, _beside(axes)
    colour, weight = (OURS_COLOUR, "bold") if is_ours else (TEXT, "normal")
    sent, tally = len(result.sent), result.tally
    style: dict[str, Any] = {"va": "center", "color": colour, "weight": weight}
    axes.text(_NAME, line, result.policy.title, ha="right", transform=beside, **style)
    axes.plot([sent], [line], "D" if is_ours else "o", color=colour, markersize=5.5)
    # To the left of a dot that is far to the right, where the next column begins.
    aside, side = (-7, "right") if sent > FAR else (7, "left")
    place: dict[str, Any] = {"textcoords": "offset points", "ha": side}
    axes.annotate(f"{sent:,}", (sent, line), (aside, 0), **(style | place))
    failed, waited = len(tally.failed), len(tally.waits)
    alarm = {"color": ALARM, "weight": "bold"} if failed else {}
    cells: list[tuple[float, str, dict[str, Any]]] = [(_FAILED, f"{failed:,}", alarm)]
    if waited:
        cells += [(_WAITED, f"{waited:,}", {}), (_LONGEST, seconds(max(tally.waits)), {})]
    for at, text, more in cells:
        axes.text(at, line, text, ha="right", transform=beside, **(style | more))


def _head(axes: Axes, workers: int) -> None:
    beside = _beside(axes)
    title = f"{workers:,} workers, one call a second each, tokens of 300 s (simulated)"
    axes.text(-0.34, -1.9, title, transform=beside, size=10, weight="bold")
    heads = ((_FAILED, "failed calls"), (_WAITED, "waiting calls"), (_LONGEST, "longest"))
    for at, text in heads:
        axes.text(at, -0.7, text, ha="right", transform=beside)
    axes.text(0, -0.7, "token requests", transform=beside)
