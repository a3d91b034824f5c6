"""Token endpoints that redirect, and sessions that follow whatever they are told."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    DtzLogin,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded, StandIns
from rfc7636 import CHALLENGE, VERIFIER
from security.scenes_wire import Service, carried_by, given_out

FOREIGN_TOKEN = "token-of-another-origin"


@dataclass(frozen=True)
class Grant:
    """A way to ask for a token.

    Attributes:
        name: Its name in test ids.
        url: What is called with the token.
        endpoint: Where the token is asked for.
        make: Makes an auth object, which may be given a session.
    """

    name: str
    url: str
    endpoint: str
    make: Callable[..., Any]

    def services(self, running: StandIns) -> tuple[Service, Service]:
        """Give the service that is asked, and another one."""
        dastra, dtz = running.dastra, running.dtz
        return (dastra, dtz) if self.url == DASTRA_URL else (dtz, dastra)

    def secrets(self, running: StandIns) -> list[str]:
        """Give what the token is asked for with, once the object was made."""
        dastra, dtz = running.dastra, running.dtz
        signed_in = given_out(running)
        proof = [VERIFIER] if "code" in self.name else []
        if self.url == DASTRA_URL:
            return [dastra.private_key, *signed_in, *proof]
        own = {"login": [dtz.password], "key-exchange": [dtz.api_key]}
        return own.get(self.name, [*signed_in, *proof])

    def target(self, where: str) -> str:
        """Give where a redirect leads: inside the endpoint's origin, or to another one."""
        inside = self.endpoint.rpartition("/")[0] + "/elsewhere"
        outside = DTZ_URL if self.url == DASTRA_URL else DASTRA_URL
        sibling = self.url
        return {"same origin": inside, "foreign origin": outside, "the API": sibling}[where]


def _credentials(services: StandIns, **options: Any) -> DastraClientCredentials:
    dastra = services.dastra
    return DastraClientCredentials(dastra.public_key, dastra.private_key, **options)


def _login(services: StandIns, **options: Any) -> DtzBearer:
    return DtzBearer(DtzLogin(services.dtz.username, services.dtz.password, **options))


def _code(services: StandIns, **options: Any) -> DastraAuthorizationCode:
    dastra = services.dastra
    code = dastra.make_code(REDIRECT_URI, code_challenge=CHALLENGE)
    pair = dastra.public_key, dastra.private_key
    return DastraAuthorizationCode(code, REDIRECT_URI, *pair, code_verifier=VERIFIER, **options)


def _refresh_token(services: StandIns, **options: Any) -> DastraRefreshToken:
    dastra = services.dastra
    pair = dastra.public_key, dastra.private_key
    return DastraRefreshToken(dastra.make_refresh_token(), *pair, **options)


def _dtz_code(services: StandIns, **options: Any) -> DtzBearer:
    dtz = services.dtz
    code = dtz.make_code(REDIRECT_URI, code_challenge=CHALLENGE)
    source = DtzAuthorizationCode(
        code, dtz.context_id, REDIRECT_URI, code_verifier=VERIFIER, **options
    )
    return DtzBearer(source)


def _key_exchange(services: StandIns, **options: Any) -> DtzBearer:
    return DtzBearer(DtzApiKeyExchange(services.dtz.api_key, **options))


_DASTRA, _DTZ = DastraStandIn.token_url, DtzStandIn.identity_url
GRANTS = (
    Grant("client-credentials", DASTRA_URL, _DASTRA, _credentials),
    Grant("code", DASTRA_URL, _DASTRA, _code),
    Grant("refresh-token", DASTRA_URL, _DASTRA, _refresh_token),
    Grant("login", DTZ_URL, f"{_DTZ}/token/auth", _login),
    Grant("dtz-code", DTZ_URL, f"{_DTZ}/oauth/token", _dtz_code),
    Grant("key-exchange", DTZ_URL, f"{_DTZ}/auth/apikey", _key_exchange),
)


def each_of(grants: Iterable[Grant]) -> pytest.MarkDecorator:
    """Run a test once for each of some grants."""
    return pytest.mark.parametrize("grant", list(grants), ids=lambda grant: grant.name)


EACH_GRANT = each_of(GRANTS)
# Those that have a refresh token, or get one.
EACH_ROTATING = each_of(grant for grant in GRANTS if grant.name in {"code", "refresh-token"})


class FollowingSend(requests.Session):
    """A session that follows redirects, whatever it is told, in `send`."""

    def send(self, request: Any, **options: Any) -> Any:
        return super().send(request, **{**options, "allow_redirects": True})


class FollowingRequest(requests.Session):
    """A session that follows redirects, whatever it is told, in `request`."""

    def request(self, *args: Any, **options: Any) -> Any:
        return super().request(*args, **{**options, "allow_redirects": True})


class FollowingByHand(requests.Session):
    """A session that follows redirects itself, sending headers and body on."""

    def send(self, request: Any, **options: Any) -> Any:
        response = super().send(request, **options)
        for _ in range(3):
            if not response.is_redirect:
                break
            again = request.copy()
            again.url = response.headers["Location"]
            response = super().send(again, **options)
        return response


SESSIONS: tuple[type[requests.Session], ...] = (
    requests.Session,
    FollowingSend,
    FollowingRequest,
    FollowingByHand,
)


def give_token(service: Service, token: str) -> None:
    """Have a service give a token to whoever asks next, at any URL."""
    service.answer({"access_token": token, "token_type": "Bearer"}, times=None, on="any")


def strays(service: Service, running: StandIns, target: str) -> list[tuple[str, list[str]]]:
    """Give what arrived where a redirect has led, and the secrets in it."""
    path = "/" + target.partition("//")[2].partition("/")[2]
    found: list[Recorded] = [call for call in service.requests if call.target == path]
    return [(call.method, carried_by(call, running)) for call in found]


def token_text(token: str) -> bytes:
    """Write a token answer."""
    return json.dumps({"access_token": token, "token_type": "Bearer"}).encode()
