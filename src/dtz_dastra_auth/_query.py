"""The placement of the last resort: a secret in the query."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from ._hidden import HIDDEN
from ._placement import Parts
from ._token import Token
from ._urls import (
    HiddenText,
    hidden_url_with,
    hides,
    plain_url,
    query_of,
    with_query,
    with_text,
    without,
    without_parameter,
)

_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(slots=True, eq=False, repr=False)
class Query(Parts):
    """A query parameter, in place of one of the same name: DTZ answers two with a 500.

    Attributes:
        name: The parameter's name.
        also: Further parameters that go out beside it.
    """

    follows: ClassVar[bool] = False
    hides: ClassVar[bool] = True

    name: str
    also: tuple[tuple[str, str], ...] = ()

    def add(self, request: Any, token: Token) -> None:
        """Put a secret on a request that has neither a credential nor a cookie."""
        before, url = query_of(request.url), request.url
        if isinstance(url, str) and _BROKEN.search(before):
            # Beside a percent sign that begins no escape, urllib3 takes none for one; it writes
            # them in capitals before it finds out.
            before = _ESCAPE.sub(lambda match: match[0].upper(), before).replace("%", "%25")
        kept = without(before, {self.name, *dict(self.also)}.__contains__) if before else ""
        query = f"{kept}&{self._text(token)}" if kept else self._text(token)
        if isinstance(url, str):
            request.url = HiddenText.of(with_query(url, query), self.name)
        else:
            request.url = hidden_url_with(url, query, self.name)

    def put(self, request: Any, token: Token) -> None:
        """Put a secret on a request, in place of an earlier one."""
        self.add(request, token)
        request.headers.pop("Cookie", None)

    def follow(self, request: Any, token: Token) -> None:
        """Leave the key off: a redirect names a URL of its own."""
        self.take_off(request, token)
        request.headers.pop("Cookie", None)

    def take_off(self, request: Any, token: Token) -> None:
        """Take the key out of a URL that a service has written it into."""
        url = _masked(str(request.url), token.value)
        if url != str(request.url):
            request.url = type(request.url)(url)

    def carries(self, request: Any, token: Token) -> bool:
        """Tell whether a request still carries this secret."""
        return self._pair(token) in query_of(request.url).split("&")

    def hide(self, message: Any, token: Token) -> None:
        """Take the key out of the URLs of a request or response."""
        url = message.url
        if hasattr(message, "status_code"):
            self._hide_what_came(message, token)
            if not isinstance(url, str):
                # A response of httpx tells the URL of its request.
                return
        shown = plain_url(url) if hides(url) else url
        text = without_parameter(str(shown), self.name)
        if text != str(shown):
            shown = text if isinstance(url, str) else with_text(url, text)
        if shown is not url:
            message.url = shown
        self.take_off(message, token)

    def _hide_what_came(self, response: Any, token: Token) -> None:
        location = response.headers.get("Location")
        if location is not None and location != _masked(location, token.value):
            response.headers["Location"] = _masked(location, token.value)
        raw: Any = getattr(response, "raw", None)
        if isinstance(getattr(raw, "url", None), str):
            # urllib3's own response, below that of requests.
            with suppress(AttributeError):
                raw.url = without_parameter(raw.url, self.name)

    def _text(self, token: Token) -> str:
        name, text = token.made
        if name == self.name:
            return text
        also = (f"{name}={quote(value, safe='')}" for name, value in self.also)
        return token.keep(self.name, "&".join([self._pair(token), *also]))

    def _pair(self, token: Token) -> str:
        return f"{self.name}={quote(token.value, safe='')}"


def _masked(url: str, secret: str) -> str:
    # A login page is told where to go back to, by the whole URL that was called.
    for _ in range(5):
        if secret.lower() in url.lower():
            url = re.sub(re.escape(secret), HIDDEN, url, flags=re.IGNORECASE)
        if (quoted := quote(secret, safe="")) == secret:
            break
        secret = quoted
    return url
