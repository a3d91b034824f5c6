"""Credentials that can be recognised in any form, and what a service is to see of each."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from dtz_dastra_auth import DastraApiKey, DtzApiKey, DtzBasic, DtzBearer, DtzCookie, DtzQueryKey

# The headers that a service can know its caller by; `query` stands for the pairs of the query.
FIELDS = ("authorization", "x-api-key", "x-dtz-context", "cookie", "query")
Shown = dict[str, tuple[str, ...]]


class Secret:
    """A secret that is made up afresh.

    Percent-encoding changes what is between its two halves, and base64 changes it all. The halves
    are long enough to be found anywhere, and no form of them is in anything else by chance.
    """

    def __init__(self, prefix: str = "") -> None:
        halves = [secrets.token_hex(8) for _ in range(2)]
        self.text = prefix + "~/+".join(halves)
        self._forms = [[half.encode(), *_in_base64(half.encode())] for half in halves]

    def copies(self, sent: bytes) -> int:
        """Count how often it is in there, plain or encoded, whole or in half."""
        return max(
            sum(view.count(form) for form in forms)
            for view in {sent, unquote_to_bytes(sent)}
            for forms in self._forms
        )


def _in_base64(half: bytes) -> list[bytes]:
    # What stands before it decides which of three ways the bits fall. Letters whose bits are not
    # all its own are cut off. Of hex digits, the alphabet for URLs makes the same.
    ways = [(offset, base64.b64encode(bytes(offset) + half)) for offset in range(3)]
    return [way[-(-offset * 8 // 6) : (offset + len(half)) * 8 // 6] for offset, way in ways]


@dataclass(frozen=True)
class Credential:
    """One way to authenticate.

    Attributes:
        name: Its name in test ids.
        make: Makes an auth object of a token (or a function that gives one), a context, and
            keyword arguments for every class.
        shown: What of `FIELDS` a service is to see, made of a token and a context.
        prefix: How its secrets begin.
        renews: Whether the token may be a function.
        keeps_cookies: Whether the cookies of the caller's jar go out beside it.
        is_carried: Whether it is there after a redirect, too.
    """

    name: str
    make: Callable[..., Any]
    shown: Callable[[str, str], dict[str, str]]
    prefix: str = ""
    renews: bool = False
    keeps_cookies: bool = False
    is_carried: bool = True


def _basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"bearer:{token}".encode()).decode()


CREDENTIALS = (
    Credential(
        "dtz-key",
        lambda token, context, **options: DtzApiKey(token, context_id=context, **options),
        lambda token, context: {"x-api-key": token, "x-dtz-context": context},
        prefix="apikey-",
    ),
    Credential(
        "dastra-key",
        lambda token, context, **options: DastraApiKey(token, **options),
        lambda token, context: {"x-api-key": token},
        keeps_cookies=True,
    ),
    Credential(
        "bearer",
        lambda token, context, **options: DtzBearer(token, **options),
        lambda token, context: {"authorization": f"Bearer {token}"},
        renews=True,
    ),
    Credential(
        "basic",
        lambda token, context, **options: DtzBasic("bearer", token, **options),
        lambda token, context: {"authorization": _basic(token)},
        renews=True,
    ),
    Credential(
        "cookie",
        lambda token, context, **options: DtzCookie(token, **options),
        lambda token, context: {"cookie": f"dtz-auth={token}"},
        renews=True,
        keeps_cookies=True,
    ),
    Credential(
        "query",
        lambda token, context, **options: DtzQueryKey(token, context_id=context, **options),
        lambda token, context: {"query": f"apiKey={token}&contextId={context}"},
        prefix="apikey-",
        is_carried=False,
    ),
)


class Holding:
    """The secrets of one case.

    Attributes:
        credential: What they are used as.
        context: The context.
        tokens: The token, and the one that follows it.
        asked: How often the function for the token was called.
    """

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.context = Secret("context-")
        self.tokens = Secret(credential.prefix), Secret(credential.prefix)
        self.asked = 0

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return (*self.tokens, self.context)

    def auth(self, *, origins: list[str], asks: bool) -> Any:
        """Make an auth object; with `asks` its token is a function."""
        token = self._next if asks else self.tokens[0].text
        return self.credential.make(token, self.context.text, origins=origins)

    def _next(self) -> str:
        self.asked += 1
        return self.tokens[min(self.asked, len(self.tokens)) - 1].text
