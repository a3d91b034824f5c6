"""Whoever tokens are for, by every method that gets them: a key pair, a key, a user, a person.

What differs between the methods is a property of theirs, with the reason; a test asserts what
happens instead where it is met, and is never left out.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pytest

from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI, basic
from dtz_dastra_auth import (
    DastraAuthorizationCode,
    DastraClientCredentials,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    DtzLogin,
    MemoryTokenStore,
    SignInRequiredError,
    TokenError,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Hold, Recorded, StandIns

Service: TypeAlias = DastraStandIn | DtzStandIn


@dataclass(frozen=True)
class Method:
    """One way to get tokens.

    Attributes:
        name: Its name in test ids.
        begin: Gives an account what it has from its service before its first call.
        url: What is called.
        signs_in: Whether a person signed in. What that sign-in goes on with is never sent twice
            at once, since a server would take it for stolen: who would wait for its own token
            request gets an error, where others make one more.
        rotates: Whether each token request gives a new refresh token, and spends the old one.
        outlives: Whether there is something to get a token with once the last one has ended or
            was refused. Of a sign-in at DTZ there is nothing but the token itself.
        leeway: Seconds in which the server takes a spent refresh token once more.
    """

    name: str
    begin: Callable[["Account"], "Begun"]
    url: str = DASTRA_URL
    signs_in: bool = False
    rotates: bool = False
    outlives: bool = True
    leeway: float = 0.0

    @property
    def refusal(self) -> type[TokenError]:
        """What a refusal without a code is: DTZ has none that would tell the end of a sign-in."""
        return TokenError if self.outlives else SignInRequiredError

    @property
    def forgives(self) -> bool:
        """Tell whether a server that has answered answers again when the answer was lost."""
        return not self.signs_in or self.leeway > 0

    def renews(self, occasion: str) -> bool:
        """Tell whether a token is got on an occasion, and not an error."""
        return self.outlives or occasion == "first use"


@dataclass(frozen=True)
class Begun:
    """What an account has before its first call.

    Attributes:
        make: Makes auth objects, all of them equal, given a ``session`` or ``store``.
        sent: What tells its first token request from that of others.
        label: What the log says of whose token it is.
        secrets: What no log may show.
        given: Its first refresh token, if it has one.
    """

    make: Callable[..., Any]
    sent: str
    label: str
    secrets: tuple[str, ...]
    given: str | None = None


class Account:
    """Whoever the tokens of one test are for.

    Attributes:
        method: How it gets tokens.
        services: Those that run.
        service: Where from.
        number: Which of several it is.
        auth: The auth object that all callers of a test share.
        url: What it calls.
        told: The refresh tokens that ``on_refresh_token`` was called with.
        tells: That function.
        begun: What it had before its first call.
        loses_answers: Set by tests in which an answer of the token endpoint is lost on the way:
            whoever lost it is told of none.
        is_found_out: Set by tests in which a server sees a refresh token twice.
    """

    def __init__(
        self, method: Method, services: StandIns, store: MemoryTokenStore, number: int = 0
    ) -> None:
        self.method = method
        self.services = services
        self.service: Service = services.dastra if method.url == DASTRA_URL else services.dtz
        self.number = number
        self.url = method.url
        self.told: list[str] = []
        self.tells: Callable[[str], Any] = self.told.append
        self.loses_answers = self.is_found_out = False
        self._store = store
        services.dastra.reuse_leeway = method.leeway
        self.begun = method.begin(self)
        self.auth = self.make()

    def make(self, **options: Any) -> Any:
        """Make an auth object, equal to `auth` but for the options."""
        return self.begun.make(**{"store": self._store, **options})

    @property
    def pair(self) -> tuple[str, str]:
        """The key pair, known to the service."""
        dastra = self.services.dastra
        if not self.number:
            return dastra.public_key, dastra.private_key
        pair = f"{dastra.public_key}{self.number}", f"{dastra.private_key}{self.number}"
        dastra.add_key_pair(*pair)
        return pair

    def asks(self, request: Recorded) -> bool:
        """Tell whether a request is this account's first one for a token."""
        sent = f"{request.header('Authorization')} {request.body.decode()}"
        return request.is_token_request and self.begun.sent in sent

    def is_for_a_token(self, url: object) -> bool:
        """Tell whether a URL is one of the service's where there are tokens."""
        if isinstance(self.service, DastraStandIn):
            return str(url) == self.service.token_url
        return str(url).startswith(self.service.identity_url)

    def hold_the_first(self) -> Hold:
        """Hold the answer to the next token request alone.

        Let go only when whoever made it has gone for good, it is one that was never given: the
        stand-in drops what nobody waits for.
        """
        numbers = itertools.count()

        def first(request: Recorded) -> bool:
            return request.is_token_request and next(numbers) == 0

        return self.service.hold(on=first)

    def granted(self, lifetime: float) -> dict[str, Any]:
        """Make what the token endpoint answers, with a lifetime that is not the token's."""
        answer: dict[str, Any] = {
            "access_token": self.service.make_token(),
            "token_type": "Bearer",
            "expires_in": lifetime,
        }
        if self.method.rotates and isinstance(self.service, DastraStandIn):
            answer["refresh_token"] = self.service.make_refresh_token(public_key=self.pair[0])
        return answer

    def loses_an_answer(self) -> None:
        """Expect that an answer of the token endpoint is given, and lost on its way."""
        self.loses_answers = True
        self.is_found_out = not self.method.forgives

    def check(self) -> None:
        """Check what went to the service and to ``on_refresh_token``, at the end of a test."""
        service = self.service
        assert service.reuses == 0 or self.is_found_out
        if not self.method.rotates or not isinstance(service, DastraStandIn):
            assert self.told == []
            return
        tokens = service._refresh_tokens.items()
        given = [value for value, token in tokens if token.family.client_id == self.pair[0]]
        missed = [each for each in given if each not in (*self.told, self.begun.given)]
        # Each once, in the order in which they were given out, and none was missed.
        assert self.told == [each for each in given if each in self.told]
        assert missed == [] or self.loses_answers
        if self.told and not self.is_found_out:
            assert self.told[-1] in service.refresh_tokens_in_force


def _client_credentials(account: Account) -> Begun:
    pair = account.pair

    def make(**options: Any) -> Any:
        return DastraClientCredentials(*pair, **options)

    return Begun(make, basic(*pair), pair[0][:4], (pair[1], basic(*pair)))


def _refresh_token(account: Account) -> Begun:
    pair = account.pair
    given = account.services.dastra.make_refresh_token(public_key=pair[0])

    def make(**options: Any) -> Any:
        return DastraRefreshToken(given, *pair, on_refresh_token=account.tells, **options)

    return Begun(make, given, pair[0][:4], (pair[1], basic(*pair), given), given)


def _authorization_code(account: Account) -> Begun:
    pair = account.pair
    code = account.services.dastra.make_code(REDIRECT_URI, public_key=pair[0])

    def make(**options: Any) -> Any:
        return DastraAuthorizationCode(
            code, REDIRECT_URI, *pair, on_refresh_token=account.tells, **options
        )

    return Begun(make, code, pair[0][:4], (pair[1], basic(*pair), code))


def _login(account: Account) -> Begun:
    dtz = account.services.dtz
    user = dtz.username, dtz.password
    if account.number:
        user = f"{account.number}-{user[0]}", f"{account.number}-{user[1]}"
        dtz.add_user(*user)

    def make(**options: Any) -> Any:
        return DtzBearer(DtzLogin(*user, **options))

    return Begun(make, f'"{user[0]}"', user[0][:4], (user[1],))


def _dtz_code(account: Account) -> Begun:
    dtz = account.services.dtz
    code = dtz.make_code(REDIRECT_URI)

    def make(**options: Any) -> Any:
        return DtzBearer(DtzAuthorizationCode(code, dtz.context_id, REDIRECT_URI, **options))

    return Begun(make, code, f"DTZ context '{dtz.context_id[:4]}", (code,))


def _key_exchange(account: Account) -> Begun:
    dtz = account.services.dtz
    key = dtz.api_key
    if account.number:
        key = f"{key}-{account.number}"
        dtz.add_api_key(key, dtz.context_id)

    def make(**options: Any) -> Any:
        return DtzBearer(DtzApiKeyExchange(key, **options))

    return Begun(make, f'"{key}"', "DTZ API key", (key,))


CLIENT_CREDENTIALS = Method("client-credentials", _client_credentials)
REFRESH_TOKEN = Method("refresh-token", _refresh_token, signs_in=True, rotates=True)
AUTHORIZATION_CODE = Method("code", _authorization_code, signs_in=True, rotates=True)
DTZ_LOGIN = Method("dtz-login", _login, DTZ_URL)
DTZ_CODE = Method("dtz-code", _dtz_code, DTZ_URL, signs_in=True, outlives=False)
DTZ_KEY_EXCHANGE = Method("dtz-key-exchange", _key_exchange, DTZ_URL)

METHODS = (
    CLIENT_CREDENTIALS,
    REFRESH_TOKEN,
    AUTHORIZATION_CODE,
    DTZ_LOGIN,
    DTZ_CODE,
    DTZ_KEY_EXCHANGE,
)
# What becomes of an answer that was given and lost is for the server to say.
IN_LEEWAY = replace(REFRESH_TOKEN, name="refresh-token-in-leeway", leeway=30.0)


def methods(*chosen: Method) -> pytest.MarkDecorator:
    """Run a test for some methods alone; where it is used is said why for these."""
    return pytest.mark.parametrize("method", chosen, ids=lambda method: method.name)


def over(outcomes: list[Any]) -> bool:
    """Tell whether all of them are the error that says to sign in again."""
    return {type(outcome) for outcome in outcomes} == {SignInRequiredError}
