"""Chains of redirects, what has to be seen at each of their hops, and the check that it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote

from security.hop_clients import HopClient, Way, jar_cookie
from security.hop_credentials import FIELDS, Credential, Holding, Secret, Shown
from security.hop_server import PLAIN_PORT, Answer, Arrival, HopServer

STATUSES = (301, 302, 303, 307, 308)
_KEEP_THE_BODY = (307, 308)
# One of those that drop the body and one of those that keep it. Not all: towards a proxy urllib3
# leaves Nagle's algorithm on, and each body then waits 40 ms for an acknowledgement.
_SENT_WITH_A_BODY = (303, 307)
BODY = b'{"an": "order"}'


@dataclass(frozen=True)
class Place:
    """A scheme, a host and a port; whether the credential may go there."""

    host: str
    port: str
    allowed: bool = False

    def origin(self, server: HopServer) -> str:
        scheme = "http" if self.port == PLAIN_PORT else "https"
        return f"{scheme}://{self.authority(server)}"

    def authority(self, server: HopServer) -> str:
        return f"{self.host}:{server.ports[self.port]}"


OURS = Place("a.example", "a", allowed=True)
ALLY = Place("b.example", "b", allowed=True)
FOREIGN = Place("evil.example", "foreign")
FOREIGN_TOO = Place("worse.example", "foreign")
OTHER_PORT = Place("a.example", "other")
PLAIN = Place("a.example", "plain")


@dataclass(frozen=True)
class Chain:
    """Where a call is led.

    Attributes:
        name: Its name in test ids.
        places: Where each hop goes; all but the last redirect to the next.
        renewed: Whether the first answers 401 before it redirects.
        end: The status of the last answer.
    """

    name: str
    places: tuple[Place, ...]
    renewed: bool = False
    end: int = 200

    @property
    def asks(self) -> bool:
        """Say whether it is about a token that can be renewed."""
        return self.renewed or self.end == 401


CHAINS = (
    Chain("same-origin", (OURS, OURS)),
    Chain("allowed", (OURS, ALLY)),
    Chain("foreign", (OURS, FOREIGN)),
    Chain("other-port", (OURS, OTHER_PORT)),
    Chain("plain-http", (OURS, PLAIN)),
    Chain("foreign-and-back", (OURS, FOREIGN, OURS)),
    Chain("allowed-and-back", (OURS, ALLY, OURS)),
    Chain("foreign-and-on", (OURS, FOREIGN, FOREIGN_TOO)),
    Chain("renewed-same-origin", (OURS, OURS), renewed=True),
    Chain("renewed-allowed", (OURS, ALLY), renewed=True),
    Chain("renewed-foreign", (OURS, FOREIGN), renewed=True),
    Chain("foreign-401", (OURS, FOREIGN), end=401),
)


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    way: Way
    credential: Credential
    chain: Chain
    status: int

    @property
    def id(self) -> str:
        return f"{self.way.id}-{self.credential.name}-{self.chain.name}-{self.status}"

    @property
    def asks(self) -> bool:
        """Say whether the token comes from a function."""
        return self.chain.asks and self.credential.renews


@dataclass(frozen=True)
class Hop:
    """What one hop has to look like; `token` is the one that it carries, if it carries any."""

    place: Place
    path: str
    first: bool
    token: Secret | None


def run(case: Case, server: HopServer, client: HopClient, auth: Any, holding: Holding) -> list[str]:
    """Make the call of a case, and give what is wrong with it, in words."""
    url = OURS.origin(server) + _path(0)
    server.begin(_answers(case, server))
    body = BODY if case.status in _SENT_WITH_A_BODY else None
    response = client.call("GET" if body is None else "POST", url, auth, body)
    client.note_tunnels()
    check = Check(case, server, client, holding)
    return [*check.outcome(response), *check.hops(), *check.proxy()]


def allowed_origins(server: HopServer) -> list[str]:
    return [OURS.origin(server), ALLY.origin(server)]


def _path(step: int) -> str:
    return f"/v1/{step}"


def _answers(case: Case, server: HopServer) -> dict[str, list[Answer]]:
    chain = case.chain
    onward = [place.origin(server) + _path(step) for step, place in enumerate(chain.places)][1:]
    answers = {_path(step): [Answer(case.status, url)] for step, url in enumerate(onward)}
    answers[_path(len(onward))] = [Answer(chain.end)]
    if chain.renewed:
        answers[_path(0)].insert(0, Answer(401))
    return answers


def _hops(case: Case, holding: Holding) -> Iterator[Hop]:
    chain = case.chain
    old, fresh = holding.tokens
    if chain.renewed:
        yield Hop(chain.places[0], _path(0), first=True, token=old)
    for step, place in enumerate(chain.places):
        carried = place.allowed and (step == 0 or case.credential.is_carried)
        token = (fresh if chain.renewed else old) if carried else None
        yield Hop(place, _path(step), first=step == 0, token=token)


@dataclass
class Check:
    """What is wrong with a call that was made; each method gives its findings in words."""

    case: Case
    server: HopServer
    client: HopClient
    holding: Holding

    def outcome(self, response: Any) -> Iterator[str]:
        if response.status_code != self.case.chain.end:
            yield f"the caller got a {response.status_code}"
        if self.client.jar_is_touched():
            yield "the caller's cookie jar is not as it was"
        asked = 0 if not self.case.asks else 2 if self.case.chain.renewed else 1
        if self.holding.asked != asked:
            yield f"the function was asked {self.holding.asked} times, not {asked}"

    def hops(self) -> Iterator[str]:
        wanted = list(_hops(self.case, self.holding))
        for number, (hop, arrival) in enumerate(zip_longest(wanted, self.server.log)):
            where = f"hop {number}" + (f" to {arrival.authority}{arrival.path}" if arrival else "")
            if arrival is None:
                findings: Iterator[str] = iter([f"did not get to {hop.place.host}{hop.path}"])
            elif hop is None or not self._is_at(hop, arrival):
                findings = iter(["is one too many, or out of turn", *self._copies(None, arrival)])
            else:
                findings = self._findings(hop, arrival)
            yield from (f"{where}: {finding}" for finding in findings)

    def proxy(self) -> Iterator[str]:
        for tunnel in self.server.proxy.tunnels:
            sent = _joined(tunnel.host, *(part for pair in tunnel.headers for part in pair))
            if any(secret.copies(sent) for secret in self.holding.secrets):
                yield f"a secret in the CONNECT request for {tunnel.host}"
        places = {place for place in self.case.chain.places if place.port != PLAIN_PORT}
        needed = {(place.host, self.server.ports[place.port]) for place in places}
        if not self.case.way.proxied:
            needed.clear()
        if not needed <= self.client.tunnelled or bool(needed) != bool(self.client.tunnelled):
            yield f"tunnels to {sorted(self.client.tunnelled)}, not to {sorted(needed)}"

    def _is_at(self, hop: Hop, arrival: Arrival) -> bool:
        wanted = (hop.place.port, hop.place.authority(self.server), hop.path)
        return wanted == (arrival.port, arrival.authority, arrival.path)

    def _findings(self, hop: Hop, arrival: Arrival) -> Iterator[str]:
        way, status = self.case.way, self.case.status
        wanted, shown = self._wanted(hop), _shown(arrival)
        yield from (
            f"{name} is {shown[name]}, not {wanted[name]}"
            for name in FIELDS
            if shown[name] != wanted[name]
        )
        yield from self._copies(hop.token, arrival)
        plain = hop.place.port == PLAIN_PORT
        if arrival.version != ("1.1" if plain else way.version):
            yield f"came over HTTP/{arrival.version}"
        if arrival.target.startswith("http://") != (plain and way.proxied):
            yield f"did not come {'through the proxy' if way.proxied else 'directly'}"
        keeps = hop.first or status in _KEEP_THE_BODY
        if arrival.body != (BODY if keeps and status in _SENT_WITH_A_BODY else b""):
            yield f"the body is {arrival.body!r}"

    def _copies(self, token: Secret | None, arrival: Arrival) -> Iterator[str]:
        sent = _joined(
            *(arrival.method, arrival.authority, arrival.target),
            *(part for pair in arrival.headers for part in pair),
            arrival.body.decode("latin-1"),
        )
        allowed = {token}
        if token is not None and self.holding.context.text in str(self._shown_of(token)):
            allowed.add(self.holding.context)
        for name, secret in zip(
            ("token", "next token", "context"), self.holding.secrets, strict=True
        ):
            copies, wanted = secret.copies(sent), int(secret in allowed)
            if copies != wanted:
                yield f"the {name} is there {copies} times, not {wanted}"

    def _wanted(self, hop: Hop) -> Shown:
        cookies = ["=".join(jar_cookie(hop.place.host))]
        if hop.place.allowed and not self.case.credential.keeps_cookies:
            cookies = []
        wanted: Shown = dict.fromkeys(FIELDS, ())
        for name, value in self._shown_of(hop.token).items() if hop.token else ():
            if name == "cookie":
                cookies.append(value)
            else:
                wanted[name] = tuple(sorted(value.split("&"))) if name == "query" else (value,)
        return {**wanted, "cookie": tuple(sorted(cookies))}

    def _shown_of(self, token: Secret) -> dict[str, str]:
        return self.case.credential.shown(token.text, self.holding.context.text)


def _shown(arrival: Arrival) -> Shown:
    cookies = (pair.strip() for line in arrival.header("cookie") for pair in line.split(";"))
    query = (unquote(pair) for pair in arrival.query.split("&") if pair)
    return {
        **{name: arrival.header(name) for name in FIELDS},
        "cookie": tuple(sorted(cookies)),
        "query": tuple(sorted(query)),
    }


def _joined(*parts: str) -> bytes:
    return "\n".join(parts).encode("latin-1")
