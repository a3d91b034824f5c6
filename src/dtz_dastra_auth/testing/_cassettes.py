"""What keeps credentials out of the cassettes of vcrpy.

A secret is masked where it is known to stand, and remembered: services repeat what they were sent.
There it is found by its value, or by its shape: httpx shows vcrpy its URLs without the query key.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import httpx

from .._errors import ConfigurationError
from .._log_filter import _masked as masked_by_shape
from .._urls import query_of, without_parameter
from ._cassette_secrets import HEADER, MASK, MEMBER, Secrets, without_cookies

_BYTES = "surrogateescape"  # what is no text stays as it is
_LOGIN = {"username", "password"}
_PART = re.compile(rf'(?i);\s*name="?(?:{MEMBER.pattern[4:]})["\s;]')


def cassette_filter() -> dict[str, Callable[[Any], Any]]:
    """Give what ``vcr.VCR`` has to be told so that its cassettes hold no secret and no token.

    Masked are the credentials of both services in requests (headers, query, token requests),
    answers (tokens, cookies) and a person's sign-in (code, state, verifier), and wherever they are
    repeated: as they are, percent-encoded, in JSON, HTML, base64 or hex, but not in one such
    coding inside another. Compressed answers are kept as plain ones; one that cannot be read,
    without its body, as is aiohttp's ``FormData``. Masked in their places only are secrets of less
    than eight characters, and cookies whose names do not tell that they are credentials; not at
    all, such codes and states, and those that are mere words. What an answer is the first to hold
    is known by its name or its shape. So is a ``DtzQueryKey`` in httpx, which does not show it to
    vcrpy: without its ``apikey-`` it is known once an answer has repeated the whole of it.

    A cassette plays back whatever the credentials are, with ``***`` for the token. Give the auth
    object a ``store=MemoryTokenStore()``, or there is no token request in a cassette whenever
    another test has made it already. To record again, delete the file or use the mode ``all``:
    ``new_episodes`` plays back the token, and sends ``***`` to the API. A cassette that was
    recorded without this filter keeps its secrets until then.

    For hooks of your own as well, pass lists with these **first**, in ``use_cassette`` too, where
    a hook takes the place of the recorder's. Use none of ``filter_headers``,
    ``filter_query_parameters`` and ``filter_post_data_parameters`` for these credentials: they
    run before any hook, and what is not seen is not known when an answer repeats it.

    Returns:
        What one recorder is made with, by ``vcr.VCR(**cassette_filter())``. Its hook for answers
        raises ``ConfigurationError`` when the one for requests has not seen the request.
    """
    hooks = _Hooks()
    return {"before_record_request": hooks.request, "before_record_response": hooks.response}


class _Hooks:
    """The two hooks; vcrpy hands them copies, an answer right after its request."""

    def __init__(self) -> None:
        self._known, self._here = Secrets(), threading.local()

    def __deepcopy__(self, memo: object) -> _Hooks:
        return self  # pytest-recording copies what it is told

    def request(self, request: Any) -> Any:
        self._here.has_seen_the_request = True
        # Texts of their own: what this package puts on a request is no kind that yaml can write.
        headers = {
            name: [value.decode("latin-1") if isinstance(value, bytes) else str(value)]
            for name, value in request.headers.items()
        }
        uri = str(request.uri)
        self._known.learn_text(uri)
        self._known.learn_form(query_of(uri))
        for password in re.findall(r"://[^/?#:]*:([^/?#]*)@", uri):
            self._known.learn(unquote(password))
        body = self._message(headers, _content(request.body))
        uri = re.sub(r"(?<=://)[^/?#]*@", "", without_parameter(uri, "apiKey"))
        # A new one: the old one remembers of what kind its body was.
        return type(request)(request.method, self._masked(uri), body, headers)

    def response(self, response: Any) -> Any:
        if not getattr(self._here, "has_seen_the_request", False):
            raise ConfigurationError(
                "an answer came whose request cassette_filter() has not seen: its secrets would be "
                "in the cassette; pass before_record_request=[its hook, your own]"
            )
        self._here.has_seen_the_request = False
        headers, status = response["headers"], response["status"]
        sent = response["body"].get("string") or b""
        codings = [name for name in headers if name.lower() == "content-encoding" and sent]
        plain = _decoded(",".join(headers.pop(codings[0])), sent) if codings else sent
        body = self._message(headers, plain)
        if "string" in response["body"]:
            response["body"]["string"] = body
        for name in [name for name in headers if name.lower() == "content-length" and body != sent]:
            headers[name] = [str(len(body))]
        status["message"] = self._masked(status["message"] or "")
        return response

    def _message(self, headers: dict[str, list[str]], body: Any) -> Any:
        for name, values in headers.items():
            for value in values:
                self._known.learn_header(name, value)
        body = self._body(body) if isinstance(body, bytes) else self._object(body)
        for name, values in headers.items():
            if name.lower() == "set-cookie":
                values[:] = map(without_cookies, values)
            values[:] = [MASK if HEADER.fullmatch(name) else self._masked(v) for v in values]
        return body

    def _masked(self, text: str, *, words: bool = True) -> str:
        return masked_by_shape(self._known.mask(text, words=words))

    def _body(self, body: bytes) -> bytes:
        text = body.decode("utf-8", _BYTES)
        self._known.learn_text(text)
        self._known.learn_form(text)
        with suppress(ValueError, RecursionError):
            read: Any = {"parse_float": _Number, "parse_int": _Number, "parse_constant": _Number}
            if (masked := self._object(content := json.loads(body, **read))) != content:
                return _written(masked).encode()
        if text.startswith("--"):
            text = "\r\n--".join(map(self._part, text.split("\r\n--")))
        return self._masked(text).encode("utf-8", _BYTES)

    def _part(self, part: str) -> str:
        head, between, value = part.partition("\r\n\r\n")
        if not _PART.search(head + ";"):
            return part
        self._known.learn(value)
        return head + between + MASK

    def _object(self, content: Any) -> Any:
        self._walked(content)  # what it holds is to be known when it is masked
        return self._walked(content)

    def _walked(self, value: Any, name: str = "") -> Any:
        secret = MEMBER.fullmatch(name)
        if isinstance(value, Mapping):
            self._known.learn_sign_in(_fields(value.items()))
            return {
                self._masked(key, words=False) if isinstance(key, str) else key: MASK
                if key == "username" and value.keys() >= _LOGIN
                else self._walked(each, name if secret else str(key))
                for key, each in value.items()
            }
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            # JSON has no tuples: this is a field of a form, as clients take them.
            return [value[0], self._walked(value[1], name if secret else value[0])]
        if isinstance(value, list | tuple):
            self._known.learn_sign_in(_fields(value))
            return [self._walked(each, name) for each in value]
        if not isinstance(value, str | bytes | bool | int | float):
            return None
        if secret and value:
            self._known.learn(value if isinstance(value, str) else "")
            return MASK
        if isinstance(value, bytes):
            return self._body(value)
        return self._masked(value) if type(value) is str else value


def _fields(pairs: Iterable[Any]) -> Iterator[tuple[str, str]]:
    # Of JSON these are the texts alone: a `code` that is a number is an error's.
    for pair in pairs:
        if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str):
            text = pair[1].decode("latin-1") if isinstance(pair[1], bytes) else pair[1]
            if isinstance(text, str) and not isinstance(text, _Number):
                yield pair[0], text


class _Number(str):
    """A number of JSON, as it is written there."""

    __slots__ = ()


def _written(value: Any) -> str:
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}: {_written(each)}" for key, each in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, _Number) else json.dumps(value)


def _content(body: Any) -> Any:
    if hasattr(body, "read"):
        body = body.read()
    if hasattr(body, "__next__"):
        body = b"".join(part.encode() if isinstance(part, str) else part for part in body)
    body = body.encode() if isinstance(body, str) else body
    return bytes(body) if isinstance(body, bytearray | memoryview) else body


def _decoded(codings: str, body: bytes) -> bytes:
    with suppress(httpx.DecodingError):
        plain = httpx.Response(200, headers={"Content-Encoding": codings}, content=body).content
        # httpx passes over codings that it does not know.
        if plain != body or codings == "identity":
            return plain
    with suppress(UnicodeDecodeError):
        body.decode()  # a text is what aiohttp has decoded itself
        return body
    return b""
