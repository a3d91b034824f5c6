"""What counts as a secret of a test, and where it may go."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

LEAST = 12

# What stands before the part of a secret that is its own: shared by all keys, or by all tokens.
_SHARED = re.compile(r"apikey-|eyJ[\w-]*\.(?=[\w-]+\.)")


@dataclass
class Canary:
    """One secret.

    Attributes:
        value: The secret.
        kind: What it is, in words that give nothing away.
        role: Which place in a request is its own, one of `canary.wire.PLACES`.
        houses: The services that may see it: ``"dastra"``, ``"dtz"``.
        origins: Where else it may go, as the test said itself.
        prefix: What it begins with and anybody may know.
        is_held: Whether an object of this package has it.
    """

    value: str = field(repr=False)
    kind: str
    role: str
    houses: set[str] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)
    prefix: str = ""
    is_held: bool = False

    @property
    def own(self) -> tuple[str, ...]:
        """Give the part that no other secret has, as text and as its bytes look."""
        own = own_part(self.value.removeprefix(self.prefix))
        return tuple({own, own.encode("utf-8", "surrogatepass").decode("latin-1")})


def own_part(value: str) -> str:
    """Leave out what all secrets of the same kind begin with."""
    return _SHARED.sub("", value, count=1) if _SHARED.match(value) else value


def is_random(value: str) -> bool:
    """Tell a secret from a word that stands for one, which may be found anywhere.

    In what was drawn at random, letters of both cases and digits follow each other without order.
    """
    own = re.sub(r"[^A-Za-z0-9]", "", own_part(value))
    if len(own) < LEAST or len(set(own)) < 8:
        return False
    # A capital before a small letter is how words begin.
    kinds = ["0" if c.isdigit() else "a" if c.islower() else "A" for c in own]
    changes = sum(one != two and one + two != "Aa" for one, two in pairwise(kinds))
    return changes >= 0.22 * (len(own) - 1)


class Canaries:
    """The secrets of one test."""

    def __init__(self) -> None:
        self._known: dict[str, Canary] = {}

    def all(self) -> list[Canary]:
        """Give those that are known by now."""
        return list(self._known.values())

    def is_secret(self, value: str) -> bool:
        """Tell a secret from a word that stands for one."""
        # Of a thousand that are drawn, one looks like a word: who has drawn it has told of it.
        return value in self._known or is_random(value)

    def add(
        self,
        value: str,
        kind: str,
        role: str,
        *,
        houses: Iterable[str] = (),
        origins: Iterable[str] = (),
        prefix: str = "",
        is_held: bool = False,
    ) -> None:
        """Take a secret, or learn more about one that is known."""
        known = self._known.get(value)
        if known is None:
            known = self._known.setdefault(value, Canary(value, kind, role, prefix=prefix))
        elif known.role == "any":
            known.kind, known.role = kind, role
        known.houses.update(houses)
        known.origins.update(origins)
        known.is_held |= is_held
