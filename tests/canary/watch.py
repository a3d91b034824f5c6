"""What was seen during one test, and which secrets are in it."""

import copy
import logging
import re
import secrets
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from canary import shown, wire
from canary.kinds import Canaries, Canary
from canary.search import Index
from canary.wire import Arrival
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, Tunnel

# A callback, up to the code that it is there to bring.
_CALLBACK = re.compile(r"""(https?://[^\s'"/?]+)([^\s'"?]*\?(?:[^\s'"]*&)?code=)[^\s'"&#]+""")


class _Ear(logging.Handler):
    """What hears every record, through the filter that users are told of."""

    def __init__(self, watch: "Watch", through: logging.Filter | None) -> None:
        super().__init__(logging.DEBUG)
        self._watch = watch
        if through is not None:
            self.addFilter(through)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:  # logging itself would print these
            text = f"{record.msg} {record.args!r}"
        self._watch.texts[text, f"log record of {record.name} ({record.levelname})"] = None


class Watch:
    """One test's secrets, and everything that could show one.

    Attributes:
        canaries: The secrets.
        texts: What was shown, and where it was found.
        arrivals: What servers got.
        tunnels: What proxies were asked for.
        by_hand: What the test has put on requests itself.
    """

    def __init__(self, through: logging.Filter | None = None) -> None:
        """Begin to watch.

        Args:
            through: The filter that log records pass before they are looked at.
        """
        self.canaries = Canaries()
        # A dictionary for its order alone.
        self.texts: dict[tuple[str, str], None] = {}
        self.arrivals: list[Arrival] = []
        self.tunnels: list[Tunnel] = []
        self.by_hand: list[str] = []
        self._objects: list[weakref.ref[Any]] = []
        self._ear = _Ear(self, through)

    def secret(self, prefix: str = "", role: str = "any") -> str:
        """Make a secret that no other test has, and that nothing may show."""
        value = prefix + secrets.token_urlsafe(24)
        self.canaries.add(value, f"secret {prefix}… of the test's own", role, prefix=prefix)
        return value

    def services_secrets(self, services: Iterable[DastraStandIn | DtzStandIn]) -> None:
        """Take the credentials that stand-ins were made with."""
        for service in services:
            if isinstance(service, DastraStandIn):
                self.canaries.add(
                    service.private_key, "Dastra private key", "private_key", houses={"dastra"}
                )
                self.canaries.add(
                    *(service.password, "password of a person at Dastra", "person's password"),
                    houses={"dastra"},
                )
            else:
                add, houses = self.canaries.add, {"dtz"}
                add(service.api_key, "DTZ API key", "api_key", houses=houses)
                add(service.password, "DTZ password", "password", houses=houses)

    def token(self, value: str, kind: str = "token", house: str | None = None) -> None:
        """Take a token that a stand-in has made, or an auth object holds."""
        if house is not None:
            self.canaries.add(value, kind, "token", houses={house})
        elif self.canaries.is_secret(value):
            self.canaries.add(value, kind, "any", houses={"dastra", "dtz"}, is_held=True)

    def code(self, value: str, kind: str, house: str, redirect_uri: str) -> None:
        """Take an authorization code, which goes to where a browser is sent back to."""
        origins = {wire.normal(redirect_uri)}
        self.canaries.add(value, kind, "code", houses={house}, origins=origins)

    def proxy(self, url: str) -> None:
        """Take the password of a proxy's address."""
        password = urlsplit(url).password if "@" in url else None
        if password and self.canaries.is_secret(unquote(password)):
            self.canaries.add(unquote(password), "proxy password", "proxy password")

    def heard(self, record: logging.LogRecord) -> None:
        """Take a log record; a copy, since the filter changes what it is given."""
        self._ear.handle(copy.copy(record))

    def saw(self, texts: Iterable[tuple[str, str]]) -> None:
        """Take texts, each with where it was found."""
        for where, text in texts:
            self.texts[text, where] = None

    def made(self, thing: object, *, ready: bool = True) -> None:
        """Take an object that was made, as it is now (if ready) and as it will be at the end."""
        if ready:
            self.saw(shown.of_object(thing))
        self._objects.append(weakref.ref(thing))

    def arrived(self, service: DastraStandIn | DtzStandIn, request: Recorded) -> None:
        """Take a request that a stand-in got."""
        house = "dastra" if isinstance(service, DastraStandIn) else "dtz"
        self.arrivals.append(
            Arrival(
                house,
                frozenset((*(f"https://{host}" for host in service.hosts), service.origin)),
                wire.normal(f"https://{request.host}"),
                request.target,
                request.headers,
                request.body,
                request.is_token_request,
            )
        )

    def findings(self) -> list[str]:
        """Say what was found where it may not be, without saying what it was."""
        for reference in self._objects:
            thing = reference()
            if thing is not None:
                self.saw(shown.of_object(thing))
        everything = self.canaries.all()
        found = self._found(everything)
        if found and self.by_hand:
            # What a test sends itself, and no object of ours has, is the test's own to show.
            index = Index(canary for canary in everything if not canary.is_held)
            own = {id(canary): canary for canary in index.all_in(self.by_hand)}
            # The tokens of one person differ in their last part alone.
            rest = [canary for canary in everything if id(canary) not in own]
            found = self._found(rest, own.values())
        return sorted(found)

    def _found(self, canaries: list[Canary], others: Iterable[Canary] = ()) -> set[str]:
        if not canaries:
            return set()
        index = Index(canaries, others)
        return {*self._in_texts(index), *wire.strays(self.arrivals, index), *self._asked(index)}

    def _in_texts(self, index: Index) -> Iterator[str]:
        # Threads of the stand-ins may still have something to say: a copy is made at one stroke.
        texts = list(self.texts)
        # As a rule nothing is found, and one look at all of it is the quickest.
        if not index.search("\n".join(dict.fromkeys(text for text, _ in texts))):
            return
        for text, where in texts:
            for canary, coding in index.search(text):
                if canary.role != "code" or not _is_callback(canary, text, where):
                    yield f"{canary.kind} in the {where} ({coding})"

    def _asked(self, index: Index) -> Iterator[str]:
        for tunnel in self.tunnels:
            for name, value in ((None, tunnel.host), *tunnel.headers):
                for canary, coding in index.search(value):
                    own = (canary.role, (name or "").lower())
                    if own != ("proxy password", "proxy-authorization"):
                        where = f"{name} header" if name else "host"
                        yield f"{canary.kind} in the {where} of a CONNECT request ({coding})"


def _is_callback(code: Canary, text: str, where: str) -> bool:
    """Tell whether a code shows where a browser is sent back with it, and nowhere else."""
    if not where.endswith("response"):
        return False

    def spared(match: re.Match[str]) -> str:
        return match[1] + match[2] if wire.normal(match[1]) in code.origins else match[0]

    return not Index([code]).search(_CALLBACK.sub(spared, text))


_watching: list[Watch] = []


def current() -> Watch | None:
    """Give the watch that sees what happens now."""
    return _watching[-1] if _watching else None


def saw(where: str, text: str) -> None:
    """Let the watch that is there, if any, see one text."""
    watch = current()
    if watch is not None:
        watch.saw([(where, text)])


@contextmanager
def watching(watch: Watch) -> Iterator[Watch]:
    """Let a watch see what happens."""
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
