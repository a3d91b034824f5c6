"""Finding parts of secrets in texts, whatever the texts are coded in.

Texts are decoded rather than secrets coded: what is looked for is then always the same, every 8
characters in a row of every secret. To be quick, one 4 characters in 5 of a text are looked up
first: any 8 in a row have such 4 whole among them.
"""

import binascii
import re
from collections.abc import Iterable, Iterator

from canary.kinds import Canary

PART = 8

_SAMPLE = re.compile(r"(.{4}).?", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_ESCAPE = re.compile(r"""%([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\(["'/\\])""")
_ROUNDS = 4
# An address in memory is as good as random, and long enough to have part of a secret by chance.
_ADDRESS = re.compile(r"0x[0-9a-f]{6,16}\b")


class Index:
    """Every part of every secret, but for those that others have, too, which do not count."""

    def __init__(self, canaries: Iterable[Canary], others: Iterable[Canary] = ()) -> None:
        self._parts: dict[str, Canary] = {}
        self._samples: set[str] = set()
        for canary in canaries:
            for own in canary.own:
                for start in range(len(own) - PART + 1):
                    self._parts.setdefault(own[start : start + PART], canary)
                self._samples.update(own[start : start + 4] for start in range(len(own) - 3))
        for own in [own for other in others for own in other.own]:
            for start in range(len(own) - PART + 1):
                self._parts.pop(own[start : start + PART], None)

    def search(self, text: str) -> list[tuple[Canary, str]]:
        """Give the secrets that a text has parts of, each with what it is coded in there."""
        found: dict[int, tuple[Canary, str]] = {}
        for coding, decoded in decodings(text):
            for canary in self._plain(decoded):
                found.setdefault(id(canary), (canary, coding))
        return list(found.values())

    def all_in(self, texts: Iterable[str]) -> list[Canary]:
        """Give the secrets that any of these texts has parts of."""
        return [canary for text in texts for canary, _ in self.search(text)]

    def _plain(self, text: str) -> list[Canary]:
        if self._samples.isdisjoint(_SAMPLE.findall(text)):
            return []
        text = _ADDRESS.sub("0x", text)
        found: dict[int, Canary] = {}
        for sample in _SAMPLE.finditer(text):
            if sample[1] in self._samples:
                begin = sample.start()
                for start in range(max(0, begin - PART + 4), begin + 1):
                    canary = self._parts.get(text[start : start + PART])
                    if canary is not None:
                        found[id(canary)] = canary
        return list(found.values())


def decodings(text: str) -> Iterator[tuple[str, str]]:
    """Give a text as it is, and what it may be the code of."""
    yield "plain", text
    unescaped = _unescaped(text)
    if unescaped != text:
        yield "percent or backslash escapes", unescaped
    for coding, decoded in (
        ("base64", _from_base64(unescaped)),
        ("hexadecimal digits", _from_hex(unescaped)),
    ):
        if decoded:
            yield coding, decoded
            inner = _unescaped(decoded)
            if inner != decoded:
                yield f"escapes in {coding}", inner


def _unescaped(text: str) -> str:
    # Escapes may be escaped again, as in a query inside a query.
    for _ in range(_ROUNDS):
        if "%" not in text and "\\" not in text:
            break
        before, text = text, _ESCAPE.sub(_character, text)
        if text == before:
            break
    return text


def _character(match: re.Match[str]) -> str:
    return match[4] or chr(int(match[1] or match[2] or match[3], 16))


def _from_base64(text: str) -> str:
    runs = set(_BASE64.findall(text))
    # Where in a group of four a run begins is not known: each of the four is tried, filled up
    # rather than cut, so that no whole byte is lost.
    tried = ["A" * lead + run for run in runs for lead in range(4)]
    joined = "".join(run + "A" * (-len(run) % 4) + "AAAA" for run in tried)
    coded = joined.replace("-", "+").replace("_", "/").encode("ascii")
    return binascii.a2b_base64(coded).decode("latin-1")


def _from_hex(text: str) -> str:
    runs = set(_HEX.findall(text))
    pieces = [run[lead:] for run in runs for lead in (0, 1)]
    return "\n".join(bytes.fromhex(piece[: len(piece) & ~1]).decode("latin-1") for piece in pieces)
