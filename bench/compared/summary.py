"""The summary at the top of the page, made of the results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import fill

from compared import cold_start, renewal
from compared.series import AHEAD_OF, BY_HAND, OURS, Series, Verdict
from compared.tables import markdown, shown

HEAD = ("client", "× by hand", "ahead of the fastest peer", "behind it elsewhere by")


def summary(
    parts: Mapping[str, Sequence[Series]], verdicts: Mapping[str, Sequence[Verdict]]
) -> str:
    """Write what is to be known first; what was not measured is left out.

    Args:
        parts: What was measured.
        verdicts: What came of the bounds, part by part.
    """
    written = [_attach(verdicts["attach"])] if verdicts.get("attach") else []
    lines = [
        *_cold(parts.get("cold_start", ())),
        *_renewal(parts.get("renewal", ())),
        _missed(verdicts),
    ]
    return "\n\n".join([*written, "\n".join(map(_item, lines))])


def _item(text: str) -> str:
    return fill(
        f"- {text}", 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _attach(verdicts: Sequence[Verdict]) -> str:
    clients = dict.fromkeys(each.setting.partition(", ")[0] for each in verdicts)
    of_client = {
        client: [each for each in verdicts if each.setting.startswith(f"{client}, ")]
        for client in clients
    }
    if len(of_client) > 1:
        of_client["all of them"] = list(verdicts)
    rows = [(client, *_attach_row(group)) for client, group in of_client.items()]
    return f"A request with a credential takes:\n\n{markdown([HEAD, *rows], right=())}"


def _attach_row(verdicts: Sequence[Verdict]) -> tuple[str, str, str]:
    beside_peers = [each for each in verdicts if each.asked.startswith(AHEAD_OF)]
    by_hand = [each.number for each in verdicts if each not in beside_peers]
    behind = [100 * (each.number - 1) for each in beside_peers if not each.holds]
    ahead = len(beside_peers) - len(behind)
    return (
        _range([f"{number:.2f}" for number in sorted(by_hand)]),
        f"in {ahead} of {len(beside_peers)} settings" if beside_peers else "no peer",
        f"{_range([f'{percent:.0f}' for percent in sorted(behind)])} %" if behind else "",
    )


def _cold(series: Sequence[Series]) -> Iterator[str]:
    walls = _at_once(series, cold_start.WALL)
    ours = sorted(each.median for each in walls if each.contender == OURS)
    peers = [each for each in walls if each.contender not in {OURS, BY_HAND}]
    if not ours or not peers:
        return
    asked = {
        (each.setting.partition(", ")[0], each.contender): max(each.values)
        for each in _at_once(series, cold_start.ASKED)
    }
    most = max(count for (_, contender), count in asked.items() if contender == OURS)
    slowest = max(peers, key=lambda each: each.median)
    client = slowest.setting.partition(", ")[0]
    yield (
        f"{cold_start.SOME} first calls at once, with a token endpoint that takes 200 ms: "
        f"{most:.0f} token request{'s' * (most > 1)} and {_times(ours)}, according to the client; "
        f"the slowest peer, {slowest.contender} in {client}, makes "
        f"{asked[client, slowest.contender]:.0f} and takes {shown(slowest.median, 'second')}."
    )


def _at_once(series: Iterable[Series], what: str) -> list[Series]:
    ending = f", {cold_start.SOME} callers, {what}"
    return [each for each in series if each.setting.endswith(ending)]


def _renewal(series: Sequence[Series]) -> Iterator[str]:
    times = {(each.setting, each.contender): each.median for each in series}
    across = {
        (setting, who): (median, times[setting.replace(renewal.ACROSS, renewal.FAR), who])
        for (setting, who), median in times.items()
        if setting.endswith(renewal.ACROSS)
    }
    ours = [both for (_, who), both in across.items() if who == OURS]
    if not ours:
        return
    here, far = (sorted(column) for column in zip(*ours, strict=True))
    theirs = "; ".join(
        f"{who} in {setting.partition(', ')[0]} {shown(one, 'second')} "
        f"({shown(other, 'second')} far from one)"
        for (setting, who), (one, other) in across.items()
        if who != OURS
    )
    yield (
        f"99.9th percentile of calls across a renewal: {_times(here)}, according to the client "
        f"({_times(far)} far from one){f'; {theirs}' if theirs else ''}."
    )


def _missed(verdicts: Mapping[str, Sequence[Verdict]]) -> str:
    by_part = {
        part.replace("_", " "): sum(not verdict.holds for verdict in of_part)
        for part, of_part in verdicts.items()
    }
    number, count = sum(by_part.values()), sum(map(len, verdicts.values()))
    where = ", ".join(f"{missed} of {part}" for part, missed in by_part.items() if missed)
    return f"Of {count} bounds {number} are missed{f': {where}' if where else ''}."


def _times(seconds: Sequence[float]) -> str:
    return _range([shown(value, "second") for value in (seconds[0], seconds[-1])])


def _range(values: Sequence[str]) -> str:
    if not values:
        return ""
    return values[0] if values[0] == values[-1] else f"{values[0]} to {values[-1]}"
