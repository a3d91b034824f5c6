"""Where secrets come from, and what an auth object makes of an answer, without any I/O."""

import json
import logging
from typing import Any
from urllib.parse import parse_qs

import httpx
import httpx2
import pytest
import requests
from requests.structures import CaseInsensitiveDict

from dtz_dastra_auth import (
    ConfigurationError,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    MemoryTokenStore,
    TokenError,
    TokenSource,
)
from dtz_dastra_auth._auth import Auth
from dtz_dastra_auth._drivers import perform_blocking
from dtz_dastra_auth._flow import Answer, Ask, Caller, Exchange, Peek, Steps
from dtz_dastra_auth._renewing_source import RenewingSource
from dtz_dastra_auth._sources import CallableSource, StaticSource, source_of
from dtz_dastra_auth._token import Token
from unit.clock import FakeClock
from unit.told import told

API = "https://api.dastra.eu/v1/workspaces"
DTZ = "https://api.dtz.rocks/v1/me"
CALLER = Caller()


def end_of(steps: Steps[Any], outcome: object = None) -> Any:
    """Hand in the outcome of the last step, and get the result."""
    with pytest.raises(StopIteration) as end:
        steps.send(outcome)
    return end.value.value


def answer(status: int = 200, /, **members: object) -> Answer:
    return Answer(status, CaseInsensitiveDict(), json.dumps(members).encode())


def store() -> MemoryTokenStore:
    return MemoryTokenStore(clock=FakeClock())


def credentials(**options: Any) -> DastraClientCredentials:
    return DastraClientCredentials("public", "private", store=store(), **options)


def source(auth: Auth) -> RenewingSource:
    found = auth._source
    assert isinstance(found, RenewingSource)
    return found


# Static secrets


def test_a_static_source_gives_its_secret() -> None:
    assert end_of(StaticSource("T").token(CALLER, None)).value == "T"


def test_a_static_source_has_nothing_else_when_its_secret_was_rejected() -> None:
    it = StaticSource("T")

    assert end_of(it.token(CALLER, Token("T"))) is None
    assert not it.renews


@pytest.mark.parametrize(
    "secret", ["T", lambda: "T", DtzLogin("user", "password")], ids=["str", "function", "source"]
)
def test_every_secret_becomes_a_token_source(secret: Any) -> None:
    assert isinstance(source_of("token", secret, lambda name, value: str(value)), TokenSource)


# Callables


class Function:
    """A caller's own function, which counts."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def asked(auth: Auth, rejected: Token | None = None) -> Any:
    """Get a token from a callable, which is one step."""
    steps = auth._source.token(CALLER, rejected)
    step = next(steps)
    assert isinstance(step, Ask)
    return end_of(steps, perform_blocking(step))


def test_a_function_is_not_asked_at_construction() -> None:
    function = Function("T")
    DtzBearer(function)

    assert function.calls == 0


def test_a_function_is_asked_for_every_request() -> None:
    auth = DtzBearer(Function("one", "two", "three"))

    assert [asked(auth).value for _ in range(3)] == ["one", "two", "three"]


def test_a_function_is_asked_again_when_its_answer_was_rejected() -> None:
    assert asked(DtzBearer(Function("new")), rejected=Token("old")).value == "new"


def test_a_function_with_the_same_answer_has_nothing_new() -> None:
    assert asked(DtzBearer(Function("old")), rejected=Token("old")) is None


@pytest.mark.parametrize(
    "given", [None, 5, "", " ", "hunter2 rabbit", "hunter2\n", b"hunter2", "hünter2"], ids=ascii
)
def test_what_a_function_gives_is_checked_and_not_shown(given: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^token\(\): ") as caught:
        asked(DtzBearer(Function(given)))

    assert "hunter2" not in told(caught.value)
    assert "hünter2" not in told(caught.value)


def test_what_a_function_gives_for_basic_is_checked_for_a_colon() -> None:
    with pytest.raises(ConfigurationError, match=r"^password\(\): "):
        asked(DtzBasic("bearer", Function("a:b")))


def test_what_a_function_gives_for_a_cookie_is_checked_for_a_semicolon() -> None:
    with pytest.raises(ConfigurationError, match=r"^token\(\): "):
        asked(DtzCookie(Function("a;b")))


class Async:
    """A coroutine function that is none by its looks."""

    async def __call__(self) -> str:
        return "T"


async def coroutine_function() -> str:
    return "T"


def hands_out_a_coroutine() -> Any:
    return coroutine_function()


@pytest.mark.parametrize("function", [coroutine_function, Async(), hands_out_a_coroutine])
def test_an_async_function_is_an_error_in_a_blocking_client(function: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^token: "):
        perform_blocking(Ask(function))


def test_what_a_function_raises_is_the_callers() -> None:
    steps = CallableSource(Function("T"), lambda name, value: str(value), "token").token(
        CALLER, None
    )
    next(steps)

    with pytest.raises(ZeroDivisionError):
        steps.throw(ZeroDivisionError())


def test_objects_with_the_same_function_are_equal() -> None:
    function = Function("T")

    assert DtzBearer(function) == DtzBearer(function)
    assert DtzBearer(function) != DtzBearer(Function("T"))


# Client credentials


def test_client_credentials_are_one_request_to_the_token_endpoint() -> None:
    session = requests.Session()
    steps = source(credentials(session=session)).token(CALLER, None)

    step = next(steps)
    assert isinstance(step, Exchange)
    assert step.url == "https://account.dastra.eu/connect/token"
    # base64 of public:private
    assert step.headers["Authorization"] == "Basic cHVibGljOnByaXZhdGU="
    assert parse_qs(step.content.decode()) == {
        "grant_type": ["client_credentials"],
        "scope": ["api1"],
    }
    assert step.session is session

    assert end_of(steps, answer(access_token="T", expires_in=60)).value == "T"


def test_a_token_request_shows_no_secret() -> None:
    step = next(source(credentials()).token(CALLER, None))

    assert "Basic" not in repr(step)
    assert "private" not in repr(step)


@pytest.mark.parametrize(
    ("own", "callers", "least"), [(30.0, None, 30.0), (30.0, 5.0, 5.0), (2.0, 5.0, 2.0)]
)
def test_a_token_request_has_the_shorter_of_two_timeouts(
    own: float, callers: float | None, least: float
) -> None:
    step = next(source(credentials(timeout=own)).token(Caller(timeout=callers), None))

    assert isinstance(step, Exchange)
    assert step.deadline.left() == least


def test_an_authorization_header_that_the_server_repeats_is_masked() -> None:
    steps = source(credentials()).token(CALLER, None)
    step = next(steps)
    assert isinstance(step, Exchange)
    sent = step.headers["Authorization"].removeprefix("Basic ")

    with pytest.raises(TokenError) as caught:
        steps.send(answer(400, error="invalid_client", error_description=f"got Basic {sent}"))

    assert sent not in told(caught.value)
    assert sent not in repr(vars(caught.value))


def test_whose_token_was_refused_is_told_by_the_beginning_of_the_public_key() -> None:
    steps = source(credentials()).token(CALLER, None)
    next(steps)

    with pytest.raises(TokenError, match=r"Dastra public key 'pub\.\.\.'"):
        steps.send(answer(400, error="invalid_client"))


def test_a_public_key_cannot_forge_log_lines() -> None:
    auth = DastraClientCredentials("sh\u2028\u202eop", "private", store=store())
    steps = source(auth).token(CALLER, None)
    next(steps)

    with pytest.raises(TokenError) as caught:
        steps.send(answer(400, error="invalid_client"))

    assert str(caught.value).isascii()


# DTZ logins


def login(**options: Any) -> DtzLogin:
    return DtzLogin("user@example.org", "hunter2", store=store(), **options)


def test_a_login_is_one_request() -> None:
    steps = login().token(CALLER, None)

    step = next(steps)
    assert isinstance(step, Exchange)
    assert step.url == "https://identity.dtz.rocks/api/2021-02-21/token/auth"
    assert json.loads(step.content) == {"username": "user@example.org", "password": "hunter2"}
    assert "Authorization" not in step.headers

    assert end_of(steps, answer(access_token="jwt", expires_in=86400.0)).value == "jwt"


def test_a_login_into_a_context_is_two_requests() -> None:
    steps = login(context_id="context-1").token(CALLER, None)
    first = next(steps)

    second = steps.send(answer(access_token="first", expires_in=86400))
    assert isinstance(first, Exchange)
    assert isinstance(second, Exchange)
    assert second.url == "https://identity.dtz.rocks/api/2021-02-21/token/refresh"
    assert json.loads(second.content) == {"contextId": "context-1"}
    assert second.headers["Authorization"] == "Bearer first"
    # Both have to be done by one deadline.
    assert second.deadline == first.deadline

    token = end_of(steps, answer(access_token="second", expires_in=60))
    assert (token.value, token.lifetime) == ("second", 60.0)


def test_a_login_that_is_refused_a_context_has_no_token() -> None:
    steps = login(context_id="context-1").token(CALLER, None)
    next(steps)
    steps.send(answer(access_token="hunter3", expires_in=86400))

    with pytest.raises(TokenError) as caught:
        steps.send(answer(403, msg="no such context for Bearer hunter3"))

    assert caught.value.description == "no such context for Bearer ***"


@pytest.mark.parametrize("shape", ["msg", "status", "error_description"])
def test_a_password_that_the_server_repeats_is_masked(shape: str) -> None:
    steps = login().token(CALLER, None)
    next(steps)

    with pytest.raises(TokenError) as caught:
        steps.send(answer(401, **{shape: "wrong password hunter2"}))

    assert caught.value.description == "wrong password ***"


@pytest.mark.parametrize("url", ["https://identity.example/api", "https://identity.example/api/"])
def test_an_identity_url_may_end_with_a_slash(url: str) -> None:
    step = next(login(identity_url=url).token(CALLER, None))

    assert isinstance(step, Exchange)
    assert step.url == "https://identity.example/api/token/auth"


def test_a_login_that_is_kept_is_not_repeated() -> None:
    it = login()
    steps = it.token(CALLER, None)
    next(steps)
    token = end_of(steps, answer(access_token="jwt", expires_in=86400))

    assert end_of(it.token(CALLER, None)) is token


# After the answer


def attached(auth: Auth, request: Any) -> Token:
    token = end_of(auth.attach(request, CALLER))
    assert isinstance(token, Token)
    return token


def reviewed(
    auth: Auth, request: Any, status: int, token: Token, *, replayable: bool = True
) -> Steps[Token | None]:
    response = httpx.Response(status, request=request)
    return auth.review(request, response, token, CALLER, replayable=replayable)


def renewable() -> tuple[Auth, httpx.Request, Token, Function]:
    """Give an object whose token has changed since a request went out with it."""
    function = Function("old", "new")
    auth = DtzBearer(function)
    request = httpx.Request("GET", DTZ)
    steps = auth.attach(request, CALLER)
    step = next(steps)
    token = end_of(steps, perform_blocking(step))
    return auth, request, token, function


def test_after_a_401_the_body_is_read_then_the_token_renewed_then_put_on() -> None:
    auth, request, token, _ = renewable()
    steps = reviewed(auth, request, 401, token)

    # First nobody may hold a connection any more,
    assert isinstance(next(steps), Peek)
    # then the source is asked,
    step = steps.send(True)
    fresh = end_of(steps, perform_blocking(step))

    # and the request is ready to go out again.
    assert fresh.value == "new"
    assert request.headers["Authorization"] == "Bearer new"


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 407, 419, 429, 500, 503])
def test_no_other_answer_renews(status: int) -> None:
    auth, request, token, function = renewable()

    assert end_of(reviewed(auth, request, status, token)) is None
    assert function.calls == 1


def test_a_401_to_a_body_that_cannot_be_sent_again_renews_nothing() -> None:
    auth, request, token, function = renewable()

    assert end_of(reviewed(auth, request, 401, token, replayable=False)) is None
    assert function.calls == 1


def test_a_401_that_is_too_large_to_read_renews_nothing() -> None:
    auth, request, token, function = renewable()
    steps = reviewed(auth, request, 401, token)
    next(steps)

    assert end_of(steps, False) is None
    assert function.calls == 1


def test_a_401_from_another_origin_renews_nothing() -> None:
    auth, _, token, function = renewable()
    elsewhere = httpx.Request(
        "GET", "https://evil.example/", headers={"Authorization": "Bearer old"}
    )

    assert end_of(reviewed(auth, elsewhere, 401, token)) is None
    assert function.calls == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer theirs"}], ids=["none", "own"])
def test_a_401_to_a_request_without_our_credential_renews_nothing(headers: dict[str, str]) -> None:
    auth, _, token, function = renewable()
    request = httpx.Request("GET", DTZ, headers=headers)

    assert end_of(reviewed(auth, request, 401, token)) is None
    assert function.calls == 1


def test_a_401_to_a_static_secret_is_not_even_read() -> None:
    auth, request = DtzApiKey("apikey-1"), httpx.Request("GET", DTZ)
    token = attached(auth, request)

    assert end_of(reviewed(auth, request, 401, token)) is None


def test_a_401_to_a_token_that_has_no_successor_is_handed_over() -> None:
    auth = DtzBearer(Function("same"))
    request = httpx.Request("GET", DTZ, headers={"Authorization": "Bearer same"})
    steps = reviewed(auth, request, 401, Token("same"))
    next(steps)
    step = steps.send(True)

    assert end_of(steps, perform_blocking(step)) is None
    assert request.headers["Authorization"] == "Bearer same"


def test_a_replay_is_logged_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dtz_dastra_auth")
    auth, request, token, _ = renewable()
    steps = reviewed(auth, request, 401, token)
    next(steps)
    end_of(steps, perform_blocking(steps.send(True)))

    (record,) = caplog.records
    assert (record.name, record.levelno) == ("dtz_dastra_auth", logging.INFO)
    assert "DtzBearer" in record.getMessage()
    assert "new" not in record.getMessage()


# The flow as httpx and httpx2 run it

libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


def responded(library: Any, request: Any, status: int = 200, **members: object) -> Any:
    """Give a response as a client does: its body still on the stream."""
    body = json.dumps(members).encode()
    stream = library.ByteStream(body)
    response = library.Response(status, stream=stream, request=request)
    response.history = []
    return response


@libraries
def test_the_flow_yields_the_token_request_and_then_the_callers(library: Any) -> None:
    timeout = {"connect": 3.0, "read": 4.0, "write": 5.0, "pool": 6.0}
    request = library.Request("GET", API, extensions={"timeout": timeout})
    flow = credentials().sync_auth_flow(request)

    # The first request is for a token, in the caller's library and with the caller's timeout.
    first = next(flow)
    assert type(first) is library.Request
    assert str(first.url) == "https://account.dastra.eu/connect/token"
    assert first.headers["Accept-Encoding"] == "identity"
    assert first.extensions["timeout"] == timeout
    assert "Authorization" not in request.headers

    # The second one is the caller's own.
    second = flow.send(responded(library, first, access_token="T", expires_in=60))
    assert second is request
    assert request.headers["Authorization"] == "Bearer T"

    # And that is all, if it is answered.
    with pytest.raises(StopIteration):
        flow.send(responded(library, request))


@libraries
def test_the_flow_sends_a_request_again_after_a_401_and_only_once(library: Any) -> None:
    clock = FakeClock()
    auth = DastraClientCredentials("public", "private", store=MemoryTokenStore(clock=clock))
    request = library.Request("GET", API)
    flow = auth.sync_auth_flow(request)
    flow.send(responded(library, next(flow), access_token="old", expires_in=60))
    clock.pass_(5)

    # A 401 to our token: renewed,
    renewal = flow.send(responded(library, request, 401))
    assert str(renewal.url) == "https://account.dastra.eu/connect/token"
    # replayed,
    again = flow.send(responded(library, renewal, access_token="new", expires_in=60))
    assert again is request
    assert request.headers["Authorization"] == "Bearer new"
    # and a second 401 is the caller's.
    with pytest.raises(StopIteration):
        flow.send(responded(library, request, 401))


@libraries
def test_the_flow_raises_what_the_token_endpoint_refused(library: Any) -> None:
    flow = credentials().sync_auth_flow(library.Request("GET", API))
    token_request = next(flow)

    with pytest.raises(library.HTTPError) as caught:
        flow.send(responded(library, token_request, 401, error="invalid_client"))

    assert isinstance(caught.value, TokenError)
    assert caught.value.error == "invalid_client"


@libraries
def test_the_flow_of_a_request_to_another_origin_is_that_request(library: Any) -> None:
    request = library.Request("GET", "https://evil.example/")
    before = dict(request.headers)
    flow = credentials().sync_auth_flow(request)

    assert next(flow) is request
    assert dict(request.headers) == before
    with pytest.raises(StopIteration):
        flow.send(responded(library, request, 401))


@libraries
def test_a_flow_that_is_closed_lets_the_next_one_lead(library: Any) -> None:
    auth = credentials()
    flow = auth.sync_auth_flow(library.Request("GET", API))
    next(flow)

    flow.close()

    assert "connect/token" in str(next(auth.sync_auth_flow(library.Request("GET", API))).url)
