"""What keeps credentials out of the cassettes of vcrpy.

A secret is masked where it is known to stand, and remembered: services repeat what they were sent.
There it is found by its value, or by its shape: httpx shows vcrpy its URLs without the query key.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote_plus

import httpx

from .._hidden import without_parameter
from .._log_filter import _masked as masked_by_shape

_MASK = "***"  # good as a token, too: clients take it when it is played back
_BYTES = "surrogateescape"  # what is no text stays as it is
_LOGIN = {"username", "password"}
_HEADER = re.compile(r"(?i)authorization|proxy-authorization|x-api-key|cookie")
_MEMBER = re.compile(r"(?i)(access|refresh|id)_?token|client_?secret|(private|api)_?key|password")


def cassette_filter() -> dict[str, Callable[[Any], Any]]:
    """Give what ``vcr.VCR`` has to be told so that its cassettes hold no secret and no token.

    Masked are the credentials of both services in requests (headers, query, token requests) and
    answers (tokens, cookies), and wherever they are repeated: as they are, percent-encoded, in
    JSON, HTML, base64 or hex. Compressed answers are kept as plain ones; one that cannot be read,
    without its body. A secret of less than eight characters is masked in its place only; one that
    an API's answer is the first to hold, if its name or its shape tells.

    A cassette plays back whatever the credentials are, with ``***`` for the token. Give the auth
    object a ``store=MemoryTokenStore()``, or there is no token request in a cassette whenever
    another test has made it already.

    Returns:
        What one recorder is made with: ``vcr.VCR(**cassette_filter())``. For hooks of your own as
        well, pass lists with these first.
    """
    known = _Known()
    return {"before_record_request": known.request, "before_record_response": known.response}


class _Known:
    """The secrets seen so far, and the two hooks that see them; vcrpy hands them copies."""

    def __init__(self) -> None:
        self._lock, self._pattern = threading.Lock(), re.compile("(?!)")
        self._forms: set[str] = set()

    def request(self, request: Any) -> Any:
        # Texts of their own: what this package puts on a request is no kind that yaml can write.
        headers = {
            name: [value.decode("latin-1") if isinstance(value, bytes) else str(value)]
            for name, value in request.headers.items()
        }
        if hasattr(body := request.body, "__next__"):
            body = b"".join(part.encode() if isinstance(part, str) else part for part in body)
        body = self._message(headers, body)
        uri = re.sub(r"(?<=://)[^/?#]*@", "", without_parameter(str(request.uri), "apiKey"))
        # A new one: the old one remembers of what kind its body was.
        return type(request)(request.method, self._masked(uri), body, headers)

    def response(self, response: Any) -> Any:
        headers, sent, status = response["headers"], response["body"]["string"], response["status"]
        codings = [name for name in headers if name.lower() == "content-encoding" and sent]
        plain = _decoded(",".join(headers.pop(codings[0])), sent) if codings else sent
        body = response["body"]["string"] = self._message(headers, plain)
        for name in [name for name in headers if name.lower() == "content-length" and body != sent]:
            headers[name] = [str(len(body))]
        status["message"] = self._masked(status["message"] or "")
        return response

    def _message(self, headers: dict[str, list[str]], body: Any) -> Any:
        for name in filter(_HEADER.fullmatch, headers):
            self._learn_header("" if name.lower() == "cookie" else headers[name][0])
        body = self._body(body.read() if hasattr(body, "read") else body) if body else body
        for name, values in headers.items():
            if name.lower() == "set-cookie":
                values[:] = [re.sub(r"^([^=;]*=)[^;]+", rf"\1{_MASK}", each) for each in values]
            values[:] = [_MASK if _HEADER.fullmatch(name) else self._masked(v) for v in values]
        return body

    def _learn_header(self, text: str) -> None:
        credential = text.partition(" ")[2] or text
        self._learn(credential)
        with suppress(ValueError):
            secret = base64.b64decode(credential, validate=True).decode().partition(":")[2]
            self._learn(secret)
            self._learn(unquote_plus(secret))

    def _learn(self, secret: str) -> None:
        with self._lock:
            if len(secret) >= 8 and secret not in self._forms:
                self._forms |= _forms(secret)
                longest_first = sorted(self._forms, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def _masked(self, text: str) -> str:
        return masked_by_shape(self._pattern.sub(_MASK, text))

    def _body(self, body: bytes) -> bytes:
        with suppress(ValueError, RecursionError):
            content = json.loads(body, object_pairs_hook=self._members)
            if (masked := self._walked(content)) != content:
                return json.dumps(masked).encode()
        return self._masked(body.decode("utf-8", _BYTES)).encode("utf-8", _BYTES)

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, value in pairs:
            self._learn(value if _MEMBER.fullmatch(name) and isinstance(value, str) else "")
        return dict(pairs) | ({"username": _MASK} if {name for name, _ in pairs} >= _LOGIN else {})

    def _walked(self, value: Any, name: str = "") -> Any:
        secret = _MEMBER.fullmatch(name)
        if isinstance(value, list):
            return [self._walked(each, name) for each in value]
        if isinstance(value, dict):
            pairs = value.items()
            return {self._masked(key): self._walked(v, name if secret else key) for key, v in pairs}
        masked = _MASK if secret and value else value
        return self._masked(masked) if isinstance(value, str) else value


def _decoded(codings: str, body: bytes) -> bytes:
    with suppress(httpx.DecodingError):
        plain = httpx.Response(200, headers={"Content-Encoding": codings}, content=body).content
        # httpx passes over codings that it does not know.
        return plain if plain != body or codings == "identity" else b""
    return b""


def _forms(secret: str) -> set[str]:
    raw, url = secret.encode(errors="replace"), quote(secret, safe="", errors="replace")
    forms = {secret, raw.hex(), json.dumps(secret)[1:-1], html.escape(secret), url, quote(url)}
    for before in range(3):
        # Base64 at each offset, without the signs that hold bits of what stands around it.
        coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        whole = coded[(0, 2, 3)[before] : len(coded) - ((before + len(raw)) % 3 != 0)]
        forms |= {whole, whole.translate(str.maketrans("+/", "-_"))}
    return forms
