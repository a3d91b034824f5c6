"""What a sign-in is continued with goes to its own token endpoint, and to no API and nobody else.

The redirect matrix has every placement; here are the objects that make their tokens, led as far.
"""

from collections.abc import Callable
from typing import Any

import pytest
from cachelib import SimpleCache

from clock import FakeClock
from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI, basic
from dtz_dastra_auth import DastraRefreshToken, MemoryTokenStore, SharedTokenStore, TokenError
from dtz_dastra_auth.testing import Recorded, StandIns
from security.scenes_endpoints import EACH_GRANT, EACH_ROTATING, GRANTS, Grant
from security.scenes_wire import Connect, Service, moved, signed_in_with

Lead = Callable[[Grant, Service, Service], None]


def _foreign(grant: Grant) -> str:
    return DTZ_URL if grant.url == DASTRA_URL else DASTRA_URL


def _to(place: Callable[[Grant], str]) -> Lead:
    return lambda grant, ours, other: ours.redirect(place(grant), status=307)


def _there_and_back(grant: Grant, ours: Service, other: Service) -> None:
    ours.redirect(_foreign(grant), status=307)
    other.redirect(moved(grant.url), status=307)


def _after_a_401(grant: Grant, ours: Service, other: Service) -> None:
    ours.fail(401)
    ours.redirect(_foreign(grant))


def _other_port(grant: Grant) -> str:
    return grant.url.replace(".eu/", ".eu:8443/").replace(".rocks/", ".rocks:8443/")


CHAINS: dict[str, Lead] = {
    "nowhere": lambda grant, ours, other: None,
    "same-origin": _to(lambda grant: moved(grant.url)),
    "foreign": _to(_foreign),
    "other-port": _to(_other_port),
    "plain-http": _to(lambda grant: grant.url.replace("https://", "http://")),
    "nobody-knows": _to(lambda grant: "https://evil.example/v1/me"),
    "foreign-and-back": _there_and_back,
    "401-and-foreign": _after_a_401,
}


def makers(services: StandIns) -> list[str]:
    """Give what tokens are asked for with, as it is and as Basic has it."""
    dastra, dtz = services.dastra, services.dtz
    plain = [dastra.private_key, dtz.password, dtz.api_key, *signed_in_with(services)]
    return [*plain, basic(dastra.public_key, dastra.private_key).removeprefix("Basic ")]


def places_of(secrets: list[str], services: StandIns) -> set[str]:
    """Give where secrets have arrived: the endpoint, and the part of the request."""
    return {
        f"https://{request.host}{request.path} {part}"
        for service in (services.dastra, services.dtz)
        for request in service.requests
        for part, text in parts_of(request)
        if any(secret in text for secret in secrets)
    }


def parts_of(request: Recorded) -> list[tuple[str, str]]:
    """Give the target, the headers and the body of a request."""
    head = "".join(f"{name}: {value}\n" for name, value in request.headers)
    target, body = request.target, request.body.decode("latin-1")
    return [("target", target), ("headers", head), ("body", body)]


@pytest.mark.parametrize("lead", CHAINS.values(), ids=CHAINS)
@EACH_GRANT
def test_wherever_a_call_is_led_its_token_is_made_at_the_token_endpoint_alone(
    grant: Grant, lead: Lead, connect: Connect, stand_ins: StandIns
) -> None:
    ours, other = grant.services(stand_ins)
    lead(grant, ours, other)
    client = connect(grant.make(stand_ins), follow_redirects=True)
    client.get(grant.url)
    assert len(ours.calls) >= 1
    # What arrives where no stand-in is, the canary run sees.
    places = places_of(makers(stand_ins), stand_ins)
    own = {f"{grant.endpoint} headers", f"{grant.endpoint} body"}
    assert places & own
    assert places <= own


@EACH_ROTATING
def test_a_refresh_token_is_in_the_body_of_token_requests_and_nowhere_else(
    grant: Grant, connect: Connect, stand_ins: StandIns
) -> None:
    dastra, clock = stand_ins.dastra, FakeClock()
    client = connect(grant.make(stand_ins, store=MemoryTokenStore(clock=clock)))
    for _ in range(3):
        assert client.get(DASTRA_URL).status_code == 200
        clock.advance(dastra.lifetime + 1)
    assert len(dastra.token_requests) == 3
    given = list(dastra._refresh_tokens)
    assert len(given) == 3 + (grant.name == "refresh-token")
    assert places_of(given, stand_ins) == {f"{dastra.token_url} body"}


def test_two_persons_of_one_client_are_never_mixed_up(
    connect: Connect, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    pair = dastra.public_key, dastra.private_key
    given = [dastra.make_refresh_token() for _ in range(2)]
    clients = [connect(DastraRefreshToken(each, *pair)) for each in given]
    for _ in range(2):
        for client in clients:
            assert client.get(DASTRA_URL).status_code == 200
    sent = [[each in str(request.body) for each in given] for request in dastra.token_requests]
    assert sent == [[True, False], [False, True]]
    carried = [call.header("Authorization") for call in dastra.calls]
    assert carried[:2] == carried[2:]
    assert carried[0] != carried[1]


@pytest.mark.parametrize("status", [302, 307])
@EACH_ROTATING
def test_after_a_redirect_of_the_token_endpoint_nothing_was_sent_on(
    grant: Grant, status: int, connect: Connect, stand_ins: StandIns
) -> None:
    dastra = stand_ins.dastra
    dastra.redirect(f"{DTZ_URL}?at=elsewhere", status=status, on="token")
    with pytest.raises(TokenError):
        connect(grant.make(stand_ins), follow_redirects=True).get(DASTRA_URL)
    assert len(dastra.token_requests) == 1
    assert stand_ins.dtz.requests == dastra.calls == []


class Talkative(SimpleCache):
    """A cache whose errors repeat what it was given."""

    def get(self, key: str) -> Any:
        raise OSError(f"cannot get {key}")

    def set(self, key: str, value: Any, timeout: Any = None) -> Any:
        raise OSError(f"cannot set {key} to {value}")

    def add(self, key: str, value: Any, timeout: Any = None) -> Any:
        raise OSError(f"cannot add {key} as {value}")


@EACH_ROTATING
def test_a_cache_that_repeats_what_it_was_given_repeats_no_refresh_token(
    grant: Grant, connect: Connect, stand_ins: StandIns, caplog: pytest.LogCaptureFixture
) -> None:
    store = SharedTokenStore(Talkative())
    client = connect(grant.make(stand_ins, store=store))
    with pytest.raises(TokenError) as caught, caplog.at_level("DEBUG"):
        client.get(DASTRA_URL)
    # Nor is one sent while nobody can say who else does.
    assert stand_ins.dastra.token_requests == []
    errors: list[BaseException | None] = [caught.value]
    while (error := errors[-1]) is not None:
        errors.append(error.__cause__ or error.__context__)
    told = "".join(f"{error} {error!r} {vars(error)}" for error in errors if error is not None)
    shown = f"{told} {caplog.text}"
    assert [secret for secret in makers(stand_ins) if secret in shown] == []


@EACH_ROTATING
def test_what_is_told_of_a_new_refresh_token_is_what_any_database_takes(
    grant: Grant, connect: Connect, stand_ins: StandIns
) -> None:
    told: list[str] = []
    auth = grant.make(stand_ins, store=MemoryTokenStore(), on_refresh_token=told.append)
    assert connect(auth).get(DASTRA_URL).status_code == 200
    assert set(told) == stand_ins.dastra.refresh_tokens_in_force
    # Encoders such as msgspec take no subclass, and a `repr` of one would be kept as stars.
    assert [type(each) for each in told] == [str]


def test_a_callback_is_no_origin_of_a_credential(connect: Connect, stand_ins: StandIns) -> None:
    # What the browser was sent back to gets nothing, however often its address was named.
    for grant in GRANTS:
        client = connect(grant.make(stand_ins), follow_redirects=True)
        assert client.get(REDIRECT_URI).status_code == 200
    assert stand_ins.dastra.requests == stand_ins.dtz.requests == []
