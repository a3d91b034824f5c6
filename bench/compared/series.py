"""What a measure gives: series of values, and what it is bound to show."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# How contenders are called in tables, pictures and JSON.
OURS, BY_HAND, WITHOUT = "dtz-dastra-auth", "by hand", "no credential"
# What is asked beside a peer, whose name comes after it.
AHEAD_OF = "ahead of the fastest peer, "


@dataclass(frozen=True, slots=True)
class Options:
    """How thoroughly it is measured.

    Attributes:
        quick: Whether it is only to be seen that everything runs; the numbers are worth nothing.
    """

    quick: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one contender in one setting, taken in turns with those of the others.

    Attributes:
        measure: What was measured: ``attach``, say.
        setting: In what: ``requests, cached token``, say.
        contender: Who: `OURS`, `BY_HAND`, or a peer's name with its version.
        values: One per round; the n-th of all contenders of a setting were taken one after the
            other.
        unit: As pyperf has them: ``second``, ``byte`` or ``integer``.
    """

    measure: str
    setting: str
    contender: str
    values: tuple[float, ...]
    unit: str = "second"

    @property
    def median(self) -> float:
        """Give the median of all rounds."""
        return statistics.median(self.values)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one bound.

    Attributes:
        measure: What was measured.
        setting: In what.
        asked: The bound, in words: ``at most 1.10 × by hand``, say.
        found: What was measured, as it is shown beside it.
        holds: Whether it is kept.
    """

    measure: str
    setting: str
    asked: str
    found: str
    holds: bool

    @property
    def number(self) -> float:
        """Give the number that begins what was found."""
        return float(self.found.partition(" ")[0])


@dataclass(frozen=True, slots=True)
class Ratio:
    """How one contender compares with another.

    Attributes:
        median: The median of the quotients of each round.
        low: The lower end of the middle half of these quotients.
        high: Its upper end.
    """

    median: float
    low: float
    high: float


def ratio(one: Series, base: Series) -> Ratio:
    """Compare two series round by round, which is what is judged and shown everywhere.

    Args:
        one: Whose values are divided.
        base: By whose, none of which may be zero.
    """
    if len(one.values) != len(base.values):
        # Not all have as many rounds, where one takes minutes.
        median = one.median / base.median
        return Ratio(median, median, median)
    rounds = [mine / theirs for mine, theirs in zip(one.values, base.values, strict=True)]
    return Ratio(statistics.median(rounds), *middle_half(rounds))


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """Give the quartiles that half of all values lie between."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def of_setting(series: Iterable[Series], setting: str) -> dict[str, Series]:
    """Give the series of one setting, by contender."""
    return {each.contender: each for each in series if each.setting == setting}
