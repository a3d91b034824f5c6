"""What stands on the page between its marks: short tables, and who the peers are."""

import re
from collections.abc import Iterable, Mapping, Sequence

from compared.contenders import METHODS
from compared.series import AHEAD_OF, Series, Verdict
from compared.tables import kept, markdown

_ASKED = re.compile(r"at most (?P<bound>[\d.]+) ×")
# A peer's class or what it is measured by, its distribution, its version, and what is said of it.
_PEER = re.compile(r"(?:(?P<what>\w+) of )?(?P<distribution>[\w-]+) (?P<version>[\d.]+)(?:, .*)?")
ATTACH_HEAD = ("setting", "× by hand (asked)", "× the fastest peer, which", "kept")


def times(series: Iterable[Series]) -> str:
    """Write how many values there are of each contender."""
    counts = [str(count) for count in sorted({len(each.values) for each in series})]
    return f"Measured {' or '.join(counts)} times each." if counts != ["1"] else "Measured once."


def judged(part: str, verdicts: Sequence[Verdict]) -> str:
    """Write what came of the bounds of one part: a table for each that is asked.

    Args:
        part: The part.
        verdicts: Its verdicts.
    """
    if part == "attach":
        return _attach(verdicts)
    several = len({each.measure for each in verdicts}) > 1
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for each in verdicts:
        groups.setdefault((each.measure, each.asked), []).append(each)
    written = []
    for (measure, asked), group in groups.items():
        of_what = f"{measure[0].upper()}{measure[1:]}, asked" if several else "Asked"
        rows = [(each.setting, each.found, kept(each)) for each in group]
        table = markdown([("setting", "found", "kept"), *rows], right=(1,))
        written += [f"{of_what}: {asked}.", table]
    return "\n\n".join(written)


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """Put blocks between the marks of a page: ``<!-- name -->`` and ``<!-- /name -->``.

    Args:
        page: The page.
        blocks: What is to stand between them, by name; other marks keep what they have.

    Raises:
        LookupError: The page has no place for one of them.
    """
    for name, block in blocks.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = page.partition(start)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise LookupError(f"the page has no place for {name}")
        page = f"{before}{start}\n\n{block}\n\n{end}{after}"
    return page


def peers_list(attach: Iterable[Series]) -> str:
    """Write who the peers are, and what they are measured with.

    Args:
        attach: What `attach` gave, where all of them are.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for each in attach:
        peer = _PEER.fullmatch(each.contender)
        if peer is None:
            continue
        client, method, _ = each.setting.split(", ")
        about = found.setdefault(f"{peer['distribution']} {peer['version']}", {})
        about.setdefault("clients", set()).add(client.partition(".")[0])
        about.setdefault("methods", set()).add(method)
        about.setdefault("whats", set()).update([peer["what"]] if peer["what"] else [])
    lines = [_peer(name, found[name]) for name in sorted(found, key=str.lower)]
    return "\n".join(lines) or "None was measured."


def _peer(name: str, about: Mapping[str, set[str]]) -> str:
    whats = f" ({', '.join(sorted(about['whats']))})" if about["whats"] else ""
    # In the order of the tables.
    methods = [each.name for each in METHODS if each.name in about["methods"]]
    return f"- {name}{whats}: {', '.join(methods)}, in {' and '.join(sorted(about['clients']))}"


def _attach(verdicts: Iterable[Verdict]) -> str:
    by_setting: dict[str, list[Verdict]] = {}
    for each in verdicts:
        by_setting.setdefault(each.setting, []).append(each)
    rows = [_attach_row(setting, group) for setting, group in by_setting.items()]
    return markdown([ATTACH_HEAD, *rows], right=())


def _attach_row(setting: str, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    by_hand = beside_peer = ""
    for each in verdicts:
        number = f"{each.number:.3f}"
        # Which of the two is missed.
        shown = number if each.holds else f"**{number}**"
        bound = _ASKED.match(each.asked)
        if bound:
            by_hand = f"{shown} ({bound['bound']})"
        else:
            beside_peer = f"{shown}, {each.asked.removeprefix(AHEAD_OF)}"
    missed = next((each for each in verdicts if not each.holds), verdicts[0])
    return setting, by_hand, beside_peer, kept(missed)
