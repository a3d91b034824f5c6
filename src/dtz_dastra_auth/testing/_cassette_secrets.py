"""The secrets that a recorder has seen, and how they are found again in any coding.

A text is brought to one plain form, byte by byte, without its escapes and line breaks; so are the
secrets, as they are and in base64 and hex. What begins like one of them is looked up, so that the
work grows with the text and not with the number of secrets.
"""

from __future__ import annotations

import base64
import html
import json
import re
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import parse_qsl, unquote, unquote_plus

MASK = "***"  # good as a token, too: clients take it when it is played back
MEMBER = re.compile(
    r"(?i)(?:access|refresh|id)_?token|client_?secret|(?:private|api)_?key|password|code_?verifier"
)

_SHORTEST = 8
_HALVES = "surrogatepass"  # JSON may hold them, and undecodable bytes are such
_ESCAPE = re.compile(
    rb"""%(?:25)*(?P<percent>[0-9a-f]{2})
    |&(?:amp;)*(?P<entity>[#][0-9]{1,7}|[#]x[0-9a-f]{1,6}|[a-z]{2,8});
    |\\++(?:u(?P<code>[0-9a-f]{4})|x(?P<byte>[0-9a-f]{2})|[rnt])?
    |[\r\n\t\0]++[ ]*+""",
    re.IGNORECASE | re.VERBOSE,
)
# Cases, both alphabets of base64, and both spaces of forms are one.
_ALIKE = bytes(range(256)).lower().translate(bytes.maketrans(b" -_", b"++/"))
_NAMED = re.compile(
    rf"""(?<![a-z0-9])(?:{MEMBER.pattern[4:]})\\*+["']?\s*+[=:]\s*+\\*+["']?([^\s"'&;,<>#]{{8,}})"""
    r"|(?<!\w)(apikey-[\w-]{8,})|(6170696b65792d(?:[0-9a-f]{2}){8,})",
    re.IGNORECASE,
)
HEADER = re.compile(r"(?i)authorization|proxy-authorization|x-api-key|cookie")
_PAIRS, _COOKIES = re.compile(";"), re.compile(r",(?=\s*[^\s;,=]+=)")  # no comma of a date
_ATTRIBUTE = re.compile(
    r"(?is)\s*((path|domain|expires|max-age|samesite|priority)\s*=.*|secure|httponly|partitioned)"
)
# What may well stand in a text that has nothing to do with the secret.
_WORD = re.compile(r"(?i)[a-z+/_-]{8,20}|[\d.:tz+-]{8,20}")
# Fields called thus may hold anything: two of them together are part of a person's sign-in.
_SIGN_IN = {"code", "state", "response_type", "grant_type", "redirect_uri", "error"}
_SIGN_IN |= {"code_challenge", "code_verifier"}
_QUERY = re.compile(r"""\?([^\s"'<>#?\\]++)""")
_SESSION = re.compile(r"(?i)auth|sess|sid|token|csrf|xsrf|login|identity|key|secret")


class Secrets:
    """What is known. Texts may be learned from and masked in many threads."""

    def __init__(self) -> None:
        self._learned: set[str] = set()
        self._forms: set[bytes] = set()
        self._lengths: dict[bytes, frozenset[int]] = {}  # of the forms, by their first bytes

    def learn(self, secret: str) -> None:
        """Remember a secret, unless it is short; what is masked already is none.

        Args:
            secret: The secret as its owner knows it.
        """
        if len(secret) < _SHORTEST or MASK in secret or secret in self._learned:
            return
        for form in _forms(secret):
            if len(form) >= _SHORTEST:
                self._forms.add(form)
                start = form[:_SHORTEST]
                self._lengths[start] = self._lengths.get(start, frozenset()) | {len(form)}
        self._learned.add(secret)
        self.learn(re.sub("(?i)^apikey-", "", secret))

    def learn_header(self, name: str, value: str) -> None:
        """Learn from one header of a request or an answer."""
        if name.lower() in {"cookie", "set-cookie"}:
            for text in (_COOKIES if name[0] in "Ss" else _PAIRS).split(value):
                self._learn_cookie(*_cookie(text)[:2])
        elif HEADER.fullmatch(name):
            self._learn_credential(value.strip())
        else:
            self.learn_text(value)

    def _learn_cookie(self, name: str, value: str) -> None:
        value = value.strip(' "')
        telling = _SESSION.search(name) and not _WORD.fullmatch(value)
        self.learn(value if telling or name.strip() == "dtz-auth" else "")

    def _learn_credential(self, value: str) -> None:
        scheme, _, rest = value.partition(" ")
        credential = rest.strip() or scheme
        self.learn(value)
        self.learn(credential)
        # An opaque token may be base64 of anything.
        for charset in ("utf-8", "latin-1") if scheme.lower() == "basic" else ("utf-8",):
            with suppress(ValueError):
                pair = base64.b64decode(credential, validate=True).decode(charset)
                self.learn(pair.partition(":")[2])
                self.learn(unquote_plus(pair.partition(":")[2]))

    def learn_form(self, text: str) -> None:
        """Learn from what may be a query or a form."""
        fields = parse_qsl(text)
        for name, value in fields:
            self.learn(value if MEMBER.fullmatch(name) else "")
        self.learn_sign_in(fields)

    def learn_sign_in(self, fields: Iterable[tuple[str, object]]) -> None:
        """Learn the code and the state, mere words excepted, if these are fields of a sign-in."""
        texts = [(name, value) for name, value in fields if isinstance(value, str)]
        if len(_SIGN_IN.intersection(name for name, _ in texts)) < 2:
            return
        for name, value in texts:
            if name in {"code", "state"} and not _WORD.fullmatch(value):
                self.learn(value)

    def learn_text(self, text: str) -> None:
        """Learn what stands behind its name in a text of any kind, mere words excepted."""
        for _ in range(3):
            for query in _QUERY.finditer(text):
                self.learn_sign_in(parse_qsl(query[1].replace("&amp;", "&")))
            for found in _NAMED.finditer(text):
                value = found[1] or found[2] or bytes.fromhex(found[3]).decode("latin-1")
                if not _WORD.fullmatch(value):
                    self.learn(value)
                    self.learn(unquote_plus(value))
            if text == (text := unquote(text)):
                return

    def mask(self, text: str, *, words: bool = True) -> str:
        """Give a text without the secrets that are known.

        Args:
            text: The text.
            words: Whether secrets that are mere words are masked too.
        """
        if not self._forms:
            return text
        raw = text.encode("utf-8", _HALVES)
        plain, starts, ends = _plain(raw)
        masked, done = [], 0
        for at, length in self._found(plain):
            word = _WORD.fullmatch(plain[at : at + length].decode("latin-1"))
            if starts[at] >= done and (words or not word):
                masked += [raw[done : starts[at]], MASK.encode()]
                done = ends[at + length - 1]
        return b"".join([*masked, raw[done:]]).decode("utf-8", _HALVES)

    def _found(self, plain: bytes) -> Iterator[tuple[int, int]]:
        known = self._lengths
        for at in range(len(plain) - _SHORTEST + 1):
            if (start := plain[at : at + _SHORTEST]) in known:
                fitting = (length for length in known[start] if at + length <= len(plain))
                length = max((n for n in fitting if plain[at : at + n] in self._forms), default=0)
                if length:
                    yield at, length


def without_cookies(header: str) -> str:
    """Give a ``Set-Cookie`` header without the values of its cookies."""
    cookies = [_cookie(text) for text in _COOKIES.split(header)]
    names = [f"{name.strip()}={MASK}" if name else MASK for name, _, _ in cookies]
    return ", ".join(
        ";".join([name, *cookie[2]]) for name, cookie in zip(names, cookies, strict=True)
    )


def _cookie(text: str) -> tuple[str, str, list[str]]:
    first, *more = text.split(";")
    attributes = [each for each in more if _ATTRIBUTE.fullmatch(each)]
    # What else stands behind a semicolon is the value's: it may have been in quotes.
    pair = ";".join([first, *(each for each in more if each not in attributes)])
    name, equals, value = pair.partition("=")
    return (name, value, attributes) if equals else ("", name, attributes)


def _forms(secret: str) -> set[bytes]:
    raw = secret.encode("utf-8", _HALVES)
    texts = {secret, secret.upper(), secret.lower(), json.dumps(secret)[1:-1], raw.hex()}
    for before in range(3):
        # Base64 at each offset, without the signs that hold bits of what stands around it.
        coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        texts.add(coded[(0, 2, 3)[before] : len(coded) - ((before + len(raw)) % 3 != 0)])
    return {_plain(text.encode("utf-8", _HALVES))[0] for text in texts}


def _plain(raw: bytes) -> tuple[bytes, array[int], array[int]]:
    """Give the plain form, and where each byte of it starts and ends in what it was made from."""
    parts, starts, ends, done = [], array("L"), array("L"), 0
    for escape in _ESCAPE.finditer(raw):
        meant = _meant(escape)
        parts += [raw[done : escape.start()], meant]
        starts.extend(range(done, escape.start()))
        starts.extend([escape.start()] * len(meant))
        ends.extend(range(done + 1, escape.start() + 1))
        ends.extend([escape.end()] * len(meant))
        done = escape.end()
    starts.extend(range(done, len(raw)))
    ends.extend(range(done + 1, len(raw) + 1))
    return b"".join([*parts, raw[done:]]).translate(_ALIKE), starts, ends


def _meant(escape: re.Match[bytes]) -> bytes:
    if escape["percent"]:
        return bytes.fromhex(escape["percent"].decode())
    if escape["entity"]:
        return html.unescape(f"&{escape['entity'].decode()};").encode("utf-8", _HALVES)
    code = escape["code"] or escape["byte"]
    return chr(int(code, 16)).encode("utf-8", _HALVES) if code else b""
