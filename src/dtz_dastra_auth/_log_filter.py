r"""A filter that takes credentials out of log records which other libraries write.

This package logs no secret, but what it puts on a request is logged below it, where an auth object
has no say: urllib3 writes URLs (with the query key), hpack headers, httpcore those of answers.

The patterns follow from where a secret stands (``X-API-KEY``, ``Authorization``, ``dtz-auth``, a
member of a token request or answer) or from how it looks (``apikey-…``, a JWT). In doubt they take
too much: a quote or bracket behind a secret may go with it.
"""

import logging
import re

_MASK = "***"

# What no text can do without that one of the patterns below would change, in lower case.
_HINTS = (
    "apikey",
    "api-key",
    "api_key",
    "eyj",
    "bearer",
    "basic",
    "dtz-auth",
    "authorization",
    "_token",
    "code_verifier",
    "password",
    "client_secret",
    "private_key",
    "yxbpa2v5",
    "hcglrzxkt",
    "fwawtles",
    "ymvhcmvyo",
)

# Names beside which a secret stands in requests, and in what token endpoints take and give.
_HEADER = r"(?:x[-_]api[-_]key|authorization|dtz-auth)"
_MEMBER = (
    r"(?:access_token|refresh_token|id_token|code_verifier|client_secret|password|private_key"
    r"|api_?key)"
)
# A value without quotes around it, up to a space or another sign that ends it; the quotes, brackets
# and stops before that sign are taken for the text's.
_END = r"""['"`)\]}}:.{stop}]{{0,4}}(?:[\s{stop}]|$)"""
_BARE = rf"(?!{_END})[^\s{{stop}}]+?(?={_END})"
_WORD = r"(?-i:[A-Z]?[a-z]{1,20}|[A-Z]{1,20})"
# Prose as in "Bearer token missing", and the parameters of a challenge (`Basic realm="…"`).
_PROSE = rf"""{_WORD}(?:[-_./]{_WORD})*+(?:[\s"'=.,:;!?)\]]|$)"""


def _compiled(pattern: str) -> re.Pattern[str]:
    # Repetitions that may fail late are possessive or bounded: what a server sends is logged, and
    # must not make this slow.
    return re.compile(pattern, re.ASCII | re.IGNORECASE | re.MULTILINE | re.VERBOSE)


# Each puts what stays into `keep`.
_PATTERNS = (
    # Quoted values: pairs such as (b'x-api-key', b'…') and b'x-api-key'=b'…', JSON, arguments.
    _compiled(
        rf"""(?P<keep>(?:
            {_HEADER}\\*["'][^"'\n]{{0,12}}?
            |{_HEADER}\s*[:=]\s*b?
            |{_MEMBER}\\*["']\s*:\s*b?
            |\(b?["']{_MEMBER}["'],\s*b?
            |{_MEMBER}=b?
        )\\*(?P<quote>["']))(?:(?!(?P=quote))[^\\\n]|\\++.)++"""
    ),
    # Lines of headers.
    _compiled(rf"(?P<keep>x[-_]api[-_]key\s*[:=]\s*)(?!b?[\"']){_BARE.format(stop='')}"),
    _compiled(
        rf"(?P<keep>authorization\s*[:=]\s*(?:Bearer|Basic)(?:\s|%20|[+])+){_BARE.format(stop='')}"
    ),
    _compiled(rf"(?P<keep>dtz-auth=)(?!b?[\"']){_BARE.format(stop=',;')}"),
    # Queries and forms.
    _compiled(rf"(?P<keep>{_MEMBER}=)(?!b?[\"']){_BARE.format(stop=',;<>&')}"),
    _compiled(rf"(?P<keep>apikey(?:-|%(?:25)*2d)){_BARE.format(stop=',;<>&')}"),
    # Anywhere else a scheme is an ordinary word, too.
    _compiled(
        rf"(?P<keep>\b(?:Bearer|Basic)(?:\s|%20|[+])+)(?!{_PROSE}){_BARE.format(stop=',;<>&')}"
    ),
    # JWTs. One that is not at the start of a word stands behind an escape.
    _compiled(
        r"(?P<keep>(?<![\w-])|(?<=%[0-9a-f]{2})|(?<=\\[nrt]))"
        r"(?-i:eyJ)[\w-]{12,}+(?:\.[\w-]++)++"
    ),
    # Base64 of "apikey-" at each of the three offsets, and of "bearer:", without "Basic" before it.
    _compiled(
        r"(?P<keep>)(?-i:YXBpa2V5|hcGlrZXkt|FwaWtleS|YmVhcmVyO[g-v])[\w+/=-]++",
    ),
)
# Blocks of compressed headers: their text is coded, which hides it from no one who knows HTTP/2.
_HPACK_BLOCK = re.compile(r"(?P<keep>(?:Encoded header block to|Decoding) ).+", re.DOTALL)

# Many a thing is named "code". One that a sign-in leads to has one of these beside it, in the same
# query or form, or in the members of a token request.
_BESIDE = ("state", "code_verifier", "redirect_uri", "authorization_code")
_WORDS = re.compile(r"[^\s<>\"'`]+")
_SIGN_IN = _compiled(
    r"(?:^|[?&;#]|%(?:25)*+(?:3f|26|23))"
    r"(?:(?:state|code_verifier|redirect_uri)(?:=|%(?:25)*+3d)"
    r"|grant_type(?:=|%(?:25)*+3d)authorization_code)"
)
_CODES = (
    _compiled(rf"(?P<keep>(?:^|[?&;\#])code=){_BARE.format(stop=',;<>&#')}"),
    # In a query inside a query.
    _compiled(
        r"(?P<keep>(?:^|[?&;#=]|%(?:25)*+(?:3f|26|23))code%(?:25)*+3d)"
        r"(?:(?!%(?:25)*+(?:26|23))[^\s&;#])++"
    ),
)
_REQUEST = _compiled(r"\bcode_verifier\b|\bauthorization_code\b")
_CODE_MEMBER = _compiled(
    r"""(?P<keep>(?:
        (?<![\w-])code\\*["']\s*:\s*b?
        |\(b?["']code["'],\s*b?
        |(?<![\w-])code=b?
    )\\*(?P<quote>["']))(?:(?!(?P=quote))[^\\\n]|\\++.)++"""
)


class CredentialFilter(logging.Filter):
    """Mask credentials in what any library logs.

    It takes no arguments and knows no secrets: it finds them by the name beside them or by their
    shape, and puts ``***`` in their place. Every record passes, those without a credential
    unchanged. Put it on each *handler*; on a logger it would not see what the loggers below it
    (``urllib3.connectionpool``, say) pass on.

    It closes:

    - urllib3 (requests), DEBUG, and WARNING when it retries or cannot parse headers: the query key
      in URLs and in the texts of connection errors.
    - hpack (HTTP/2), DEBUG: ``X-API-KEY``, the cookie and the query key when headers are put into
      its table and taken out; ``Authorization`` before hpack 4.2; ``Set-Cookie`` of answers. Its
      lines with whole blocks of headers have all of these in Huffman's code, which anyone can
      read: the block is masked.
    - httpcore and httpcore2, DEBUG: credentials in headers of answers (``dtz-auth`` in
      ``Set-Cookie``, a query key in ``Location``); httpx and httpx2, INFO: such a ``Location``,
      once it is followed. DTZ's redirect to its login page has the URL of the call in it.
    - Any logger: tracebacks and messages of exceptions, stack traces, and texts with
      ``apikey-…``, JWTs, ``Bearer`` and ``Basic`` credentials, ``dtz-auth`` cookies, or
      ``access_token``, ``refresh_token``, ``code_verifier``, ``password``, ``client_secret`` and
      the like as a member of JSON, a form or a call. The ``code`` of a sign-in, in the URL of a
      callback or in a token request, where ``state``, ``redirect_uri``, ``code_verifier`` or
      ``grant_type=authorization_code`` stands beside it: urllib3's DEBUG line of a call to the
      callback, the ``Location`` that httpcore logs at DEBUG and httpx at INFO, once it is
      followed, and what web servers write of each request.

    It cannot close:

    - A Dastra private key or an opaque token without a name or scheme beside it: it looks like
      nothing in particular. Nor a token that is a mere word (``Bearer abc``).
    - A ``code`` with nothing of a sign-in beside it, as in a callback without a ``state``.
    - Secrets in other encodings, or cut in parts.
    - What is printed and not logged, such as ``http.client``'s ``debuglevel``; exceptions that
      are shown by something else than logging; what logging itself prints about a record that it
      cannot format.
    - What a handler did with a record before this filter saw it, and what a formatter takes out of
      a record's other attributes (``extra=``).
    - Captures of the connection, with the keys of ``SSLKEYLOGFILE``.
    """

    def __init__(self) -> None:
        super().__init__()

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask what a record shows, and let it pass.

        Args:
            record: The record. Later handlers see it as it is left: with credentials masked, the
                message formatted and the exception as text where there was something to mask.

        Returns:
            True, whatever happens.
        """
        # One part that cannot be formatted must not keep the others from being masked. The record
        # itself is left to logging, which knows what to do about it.
        for mask in (_mask_message, _mask_exception, _mask_stack):
            try:
                mask(record)
            except Exception:  # noqa: S112  # logging it would come back here
                continue
        return True


def _mask_message(record: logging.LogRecord) -> None:
    text = record.getMessage()
    masked = _masked(text)
    if record.name.partition(".")[0] == "hpack":
        masked = _HPACK_BLOCK.sub(rf"\g<keep>{_MASK}", masked)
    if masked != text:
        record.msg, record.args = masked, ()


def _mask_exception(record: logging.LogRecord) -> None:
    # A text that is there already is an earlier formatter's; the next one may make its own.
    there = record.exc_text or ""
    info = record.exc_info
    fresh = logging.Formatter().formatException(info) if info else ""
    if _masked(there) != there or _masked(fresh) != fresh:
        record.exc_info, record.exc_text = None, _masked(there or fresh)


def _mask_stack(record: logging.LogRecord) -> None:
    if record.stack_info:
        record.stack_info = _masked(record.stack_info)


def _masked(text: str) -> str:
    lowered = text.lower()
    if any(hint in lowered for hint in _HINTS):
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<keep>{_MASK}", text)
    if "code" in lowered and any(name in lowered for name in _BESIDE):
        if "code=" in lowered or "code%" in lowered:
            text = _WORDS.sub(_without_code, text)
        if _REQUEST.search(text):
            text = _CODE_MEMBER.sub(rf"\g<keep>{_MASK}", text)
    return text


def _without_code(match: re.Match[str]) -> str:
    word = match[0]
    if "code" not in word.lower() or not _SIGN_IN.search(word):
        return word
    for pattern in _CODES:
        word = pattern.sub(rf"\g<keep>{_MASK}", word)
    return word
