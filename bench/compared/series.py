"""What a measure gives: series of values, and what it is bound to show."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

# How contenders are called in tables, pictures and JSON.
OURS, BY_HAND, WITHOUT = "dtz-dastra-auth", "by hand", "no credential"


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


def of_setting(series: Iterable[Series], setting: str) -> dict[str, Series]:
    """Give the series of one setting, by contender."""
    return {each.contender: each for each in series if each.setting == setting}
