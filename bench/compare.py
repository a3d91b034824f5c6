"""Measure this package beside a header written by hand and beside its peers.

    python bench/compare.py [--quick] [--only attach,growth] [--output docs/performance]
    python bench/compare.py --redraw --output docs/performance

All contenders of a setting are measured in one run, in turns, and only ratios are judged. Prints
every value and what came of the bounds; the exit status is 1 when one is missed. `--output` names
the page without its ending: beside it are written the values as JSON that ``pyperf show`` reads,
all of them as a table, and the pictures; a page that is there gets the short tables between its
marks. What `--only` leaves out stays there as it was. `--redraw` measures nothing: it judges and
draws anew what is in the JSON.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter

from compared.page import filled, judged, peers_list, times
from compared.pictures import file_name, pictures
from compared.results import Suite, load, merged, parts_of, suite
from compared.series import Options, Series, Verdict
from compared.summary import summary
from compared.tables import machine, tables, verdict_table

# By the names of their modules, since not all of them are needed when some are asked for.
PARTS = ("attach", "throughput", "cold_start", "renewal", "memory", "imports", "growth")
TABLE_HEAD = """\
# All that was measured

`nox -s bench` writes this table, with the values of every round [as JSON](performance.json); what
is measured and how, and what it was measured on, is told [beside it](performance.md). A ratio is
the median of the ratios of each round, to what is done by hand, or where there is no such thing to
what is done without a credential, with one identity, or by one cold caller; the middle half is what
half of the rounds lie in."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, and give the exit status."""
    options = parsed(arguments)
    results = None if options.output is None else load(Path(f"{options.output}.json"))
    missed, began = [], perf_counter()
    for number, part in enumerate(options.only, 1):
        tell(began, f"measuring {part}, {number} of {len(options.only)}")
        series = import_module(f"compared.{part}").measure(Options(quick=options.quick))
        # After each, so that a run that is broken off leaves what it has.
        results = merged(suite({part: series}), results, PARTS)
        if options.output:
            write(options.output, results, [part])
        missed += report(part, series)
    if options.output and results is not None:
        # Parts of earlier runs, as they are judged and drawn now.
        write(options.output, results, [each for each in PARTS if each not in options.only])
    if options.redraw and results is not None:
        for part, series in parts_of(results).items():
            missed += report(part, series)
    tell(began, "done")
    told = [f"{each.measure}, {each.setting}: {each.asked}: {each.found}" for each in missed]
    print(f"\nmissed: {'; '.join(told) or 'nothing'}")
    return 1 if missed else 0


def tell(began: float, what: str) -> None:
    """Say how far it is."""
    minutes, seconds = divmod(round(perf_counter() - began), 60)
    print(f"{minutes:3}:{seconds:02} {what}", file=sys.stderr, flush=True)


def report(part: str, series: Sequence[Series]) -> list[Verdict]:
    """Print what a part gave, and give the bounds that are missed."""
    found = verdicts(part, series)
    written = f"\n## {titled(part)}\n\n{tables(series)}\n\n{verdict_table(found)}"
    print(written, flush=True)
    return [each for each in found if not each.holds]


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="see that all runs, in no time")
    only = f"which parts, separated by commas (default: {','.join(PARTS)})"
    parser.add_argument("--only", type=parts, default=PARTS, help=only)
    parser.add_argument("--output", type=Path, help="the page, without .md, to write beside")
    redraw = "measure nothing: judge and draw anew what is in the JSON of --output"
    parser.add_argument("--redraw", action="store_true", help=redraw)
    options = parser.parse_args(arguments)
    if options.redraw:
        if options.output is None or not Path(f"{options.output}.json").exists():
            parser.error("--redraw needs an --output that has been written before")
        options.only = ()
    return options


def parts(text: str) -> tuple[str, ...]:
    """Read the names of parts."""
    names = tuple(text.split(","))
    unknown = set(names) - set(PARTS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(sorted(unknown))}")
    return tuple(part for part in PARTS if part in names)


def write(output: Path, results: Suite, drawn: Sequence[str]) -> None:
    """Write what is made of the results.

    Args:
        output: The page, without its ending.
        results: What was measured, now and before.
        drawn: The parts whose pictures and place on the page are made anew.
    """
    by_part = parts_of(results)
    found = {part: verdicts(part, series) for part, series in by_part.items()}
    results.dump(f"{output}.json", compact=True, replace=True)
    written = [TABLE_HEAD]
    blocks = {
        "summary": summary(by_part, found),
        "peers": peers_list(by_part.get("attach", ())),
        "machine": machine(results),
    }
    for part, series in by_part.items():
        written += [f"## {titled(part)}", verdict_table(found[part]), tables(series)]
        if part not in drawn:
            continue
        shown = [times(series), judged(part, found[part])]
        for title, picture in pictures(part, series).items():
            file = Path(f"{output}-{file_name(title)}.svg")
            file.write_text(picture, encoding="utf-8")
            shown.append(f"![{title[0].upper()}{title[1:]}]({file.name})")
        blocks[part] = "\n\n".join(shown)
    Path(f"{output}-table.md").write_text("\n\n".join(written) + "\n", encoding="utf-8")
    page = Path(f"{output}.md")
    if page.exists():
        page.write_text(filled(page.read_text(encoding="utf-8"), blocks), encoding="utf-8")


def verdicts(part: str, series: Sequence[Series]) -> list[Verdict]:
    """Judge a part."""
    found: list[Verdict] = import_module(f"compared.{part}").verdicts(series)
    return found


def titled(part: str) -> str:
    """Write a part's name as a heading."""
    return part.replace("_", " ").capitalize()


if __name__ == "__main__":
    sys.exit(main())
