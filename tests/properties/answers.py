"""Answers of a token endpoint: anything a server may send."""

import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from dtz_dastra_auth._flow import Answer

_MEMBERS = st.sampled_from(
    (
        *(
            "access_token",
            "token_type",
            "expires_in",
            "error",
            "error_description",
            "msg",
            "status",
        ),
        *("scope", "refresh_token", ""),
    )
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        (10**400, -(10**400), 300, 0, "300", "1_0", "0x10", "inf", " 5 ", "bearer", "Bearer")
    )
    | st.floats()
    | st.text(max_size=20)
    | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
)
values: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_MEMBERS | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)
_documents = values | st.dictionaries(_MEMBERS, values, max_size=6)
_as_json = st.builds(
    lambda document, ascii_, encoding: json.dumps(document, ensure_ascii=ascii_).encode(
        encoding, "surrogatepass"
    ),
    _documents,
    st.booleans(),
    st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32")),
)
_odd_bodies = st.sampled_from(
    (
        b"",
        b"null",
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b"1" * 5_000,
        b'{"expires_in":' + b"9" * 5_000 + b"}",
    )
)
bodies = _as_json | st.binary(max_size=40) | _odd_bodies

_dates = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(("Wed,", "", "wed", ",", "Wed,21", "21-Oct-15")),
    st.integers(-1, 40),
    st.sampled_from(("Oct", "oct", "Foo", "-", "")),
    st.integers(-1, 99_999),
    st.sampled_from(
        ("07:28:00 GMT", "7:28", "99:99:99 +9999", "+0000", ":: -2400", "07.28.00 -0000", ",")
    ),
)
retry_after = st.one_of(
    st.integers().map(str),
    st.sampled_from(("", " ", "5 ", "1.5", "٣", "²", "9" * 400, "inf", "NaN", "-0")),
    st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    _dates,
    st.text(max_size=20),
)
content_types = st.sampled_from(
    ("application/json", "text/plain", "TEXT/PLAIN; charset=utf-8", "text/html", "", "é")
) | st.text(max_size=10)
_headers = st.fixed_dictionaries(
    {}, optional={"Retry-After": retry_after, "Content-Type": content_types}
)
statuses = st.sampled_from((200, 200, 201, 299, 400, 401, 403, 429, 503)) | st.integers(100, 599)


def answer(status: int, headers: dict[str, str], body: bytes) -> Answer:
    """Make an answer whose headers are looked up as those of a library."""
    return Answer(status, CaseInsensitiveDict(headers), body)


answers = st.builds(answer, statuses, _headers, bodies)

_piece = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \"'\\/%+&=#:*.nu0?"),
    max_size=8,
)
# What the constructors take as a private key; with letters in it that are in no word of ours.
secrets = st.builds("{}zq9{}".format, _piece, _piece).filter(
    lambda text: len(text) >= 8 and text == text.strip()
)

_LETTER_BY_LETTER = {
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "JSON": lambda text: "".join(f"\\u{unit:04x}" for unit in _units(text)),
}
# The forms in which a server may repeat a secret.
FORMS: dict[str, Any] = {
    "as it is": str,
    "capitals": str.upper,
    "small letters": str.lower,
    "case swapped": str.swapcase,
    "quoted": quote,
    "quoted wholly": lambda text: quote(text, safe=""),
    "quoted in small letters": lambda text: quote(text, safe="").lower(),
    "quoted as a form": quote_plus,
    "JSON in ASCII": lambda text: json.dumps(text)[1:-1],
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in ASCII, its numbers in capitals": lambda text: re.sub(
        r"\\u[0-9a-f]{4}", lambda found: "\\u" + found[0][2:].upper(), json.dumps(text)[1:-1]
    ),
    "percent signs for all": _LETTER_BY_LETTER["percent"],
    "JSON escapes for all": _LETTER_BY_LETTER["JSON"],
}


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def _pasted(words: str, member: str) -> bytes:
    """Write JSON as a careless server does, which pastes what it was sent."""
    return f'{{"error": "invalid_client", "{member}": "{words}"}}'.encode()


def _dumped(words: str, member: str) -> bytes:
    return json.dumps({"error": "invalid_client", member: words}).encode()


def _told(words: str, _: str) -> bytes:
    return words.encode()


repeating_bodies = st.builds(
    lambda write, words, member: lambda repeated: write(words.format(repeated), member),
    st.sampled_from((_pasted, _dumped, _told)),
    st.sampled_from(
        ("{0}", "wrong secret {0} for client", "{0}{0}", "x" * 190 + "{0}", "<b>{0}</b>\n")
    ),
    st.sampled_from(("error_description", "error", "msg", "status", "access_token", "token_type")),
)
