"""What tools that report errors show of our own frames: the variables of each."""

import base64
import html
import json
import secrets
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dtz_dastra_auth
from clients import KINDS
from conformance.methods import DTZ_URL
from dtz_dastra_auth import (
    ConfigurationError,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    MemoryTokenStore,
    TokenError,
)
from dtz_dastra_auth._flow import Answer
from dtz_dastra_auth._oauth import read_token
from dtz_dastra_auth.testing import StandIns
from security.scenes_endpoints import EACH_GRANT, EACH_ROTATING, Grant
from security.scenes_wire import Connect, signed_in_with

OURS = Path(str(dtz_dastra_auth.__file__)).parent


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Give an error and all that it came of, `from None` or not."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def variables_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """Give the variables of our own frames, each with its function and name."""
    for each in chain_of(error):
        told = traceback.TracebackException.from_exception(each, capture_locals=True)
        for frame in told.stack:
            path = Path(frame.filename)
            if OURS in path.parents and "testing" not in path.parts:
                for name, value in (frame.locals or {}).items():
                    yield f"{path.name} {frame.name}: {name}", value


def forms_of(secret: str, username: str = "") -> list[str]:
    """Give a secret as it is, and as Basic has it."""
    pair = f"{username}:{secret}".encode()
    return [secret, base64.b64encode(pair).decode(), base64.b64encode(secret.encode()).decode()]


def shown_by(error: BaseException, *forms: str) -> list[str]:
    """Say which variables show one of these."""
    found = list(variables_of(error))
    assert found, "an error of our own has frames of our own"
    return [where for where, value in found if any(form in value for form in forms)]


def raised_by(call: Callable[[], object], kind: type[Exception] = Exception) -> Exception:
    with pytest.raises(kind) as caught:
        call()
    return caught.value


def secret_forms(services: StandIns) -> list[str]:
    dastra, dtz = services.dastra, services.dtz
    return [
        *forms_of(dastra.private_key, dastra.public_key),
        *forms_of(dtz.password, dtz.username),
        *(form for secret in [dtz.api_key, *signed_in_with(services)] for form in forms_of(secret)),
    ]


@pytest.mark.parametrize(
    "fault", ["refused", "repeated", "server error", "reset", "redirect", "no tunnel"]
)
@EACH_GRANT
def test_a_token_request_that_fails_leaves_no_secret_in_a_frame(
    fault: str,
    grant: Grant,
    connect: Connect,
    stand_ins: StandIns,
) -> None:
    if fault == "no tunnel":
        stand_ins.proxy.refuse(502, times=None)
    for service in (stand_ins.dastra, stand_ins.dtz):
        if fault == "refused":
            service.answer({"error": "invalid_client"}, 400, on="token")
        elif fault == "server error":
            service.fail(503, times=None, on="token")
        elif fault == "reset":
            service.drop(times=None, on="token")
        elif fault == "redirect":
            service.redirect("https://evil.example/", status=307, on="token")
    auth = grant.make(stand_ins, store=MemoryTokenStore())
    if fault == "repeated":
        asked, _ = grant.services(stand_ins)
        # As each was sent: plain, or in a whole of its own.
        said = " ".join(
            f"{each} {base64.b64encode(each.encode()).decode()}"
            for each in grant.secrets(stand_ins)
        )
        asked.answer({"error": "invalid_grant", "error_description": said}, 400, on="token")
    client = connect(auth)
    error = raised_by(lambda: client.get(grant.url))
    assert shown_by(error, *secret_forms(stand_ins)) == []


def test_a_context_that_is_refused_leaves_no_token_in_a_frame(
    connect: Connect, stand_ins: StandIns
) -> None:
    dtz, store = stand_ins.dtz, MemoryTokenStore()
    login = DtzLogin(dtz.username, dtz.password, store=store, context_id="context-of-others")
    client = connect(DtzBearer(login))
    error = raised_by(lambda: client.get(DTZ_URL), TokenError)
    tokens = stand_ins.dtz.tokens_in_force
    assert tokens
    assert shown_by(error, *tokens, *secret_forms(stand_ins)) == []


TOKEN = "".join(secrets.token_urlsafe(24).split("-"))
UNUSABLE: dict[str, Any] = {
    "white space": {"access_token": f"{TOKEN} x", "token_type": "Bearer"},
    "a control character": {"access_token": f"{TOKEN}\n", "token_type": "Bearer"},
    "another type": {"access_token": TOKEN, "token_type": "mac"},
    "an API key": {"access_token": f"apikey-{TOKEN}", "token_type": "Bearer"},
    "not ASCII": {"access_token": f"{TOKEN}é", "token_type": "Bearer"},
    "an error beside it": {"access_token": TOKEN, "error": "invalid_request"},
    "a refresh token": {"refresh_token": TOKEN, "id_token": TOKEN},
    "a list": [TOKEN],
    "no text": {"access_token": [TOKEN]},
    "inside": {"token": {"access_token": TOKEN}},
    "another name": {"accessToken": TOKEN, "token_type": "Bearer"},
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
@EACH_GRANT
def test_a_token_answer_that_cannot_be_used_leaves_no_token_in_a_frame(
    content: Any,
    grant: Grant,
    connect: Connect,
    stand_ins: StandIns,
) -> None:
    for service in (stand_ins.dastra, stand_ins.dtz):
        service.answer(content, on="token")
    client = connect(grant.make(stand_ins, store=MemoryTokenStore()))
    error = raised_by(lambda: client.get(grant.url), TokenError)
    assert shown_by(error, TOKEN, *secret_forms(stand_ins)) == []


@EACH_GRANT
def test_a_token_answer_that_is_no_json_leaves_no_token_in_a_frame(
    grant: Grant, connect: Connect, stand_ins: StandIns
) -> None:
    for service in (stand_ins.dastra, stand_ins.dtz):
        service.fail(200, body=f"token={TOKEN}".encode(), on="token")
    client = connect(grant.make(stand_ins, store=MemoryTokenStore()))
    error = raised_by(lambda: client.get(grant.url), TokenError)
    assert shown_by(error, TOKEN, *secret_forms(stand_ins)) == []


ANSWERS: dict[str, tuple[Callable[[Callable[[], Any]], Any], str]] = {
    "a key for a bearer": (DtzBearer, f"apikey-{TOKEN}"),
    "white space in a bearer": (DtzBearer, f"{TOKEN} x"),
    "a newline after a bearer": (DtzBearer, f"{TOKEN}\n"),
    "a colon in a Basic secret": (lambda token: DtzBasic("bearer", token), f"{TOKEN}:x"),
    "a semicolon in a cookie": (DtzCookie, f"{TOKEN};x"),
}


@pytest.mark.parametrize(("make", "given"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_of_a_callable_that_cannot_be_used_is_in_no_frame(
    make: Callable[[Callable[[], Any]], Any], given: str, connect: Connect
) -> None:
    client = connect(make(lambda: given))
    error = raised_by(lambda: client.get(DTZ_URL), ConfigurationError)
    assert shown_by(error, TOKEN) == []


REPEATED = "p<&>\"s+x/'ecret\\é"
WAYS: dict[str, Callable[[str], str]] = {
    "HTML": html.escape,
    "HTML, quotes as they are": lambda secret: html.escape(secret, quote=False),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 without its end": lambda secret: forms_of(secret)[2].rstrip("="),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON, as it is outside of ASCII": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "JSON, slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "JSON, escapes in capitals": lambda secret: json.dumps(secret)[1:-1].replace("00e9", "00E9"),
}


@pytest.mark.parametrize("member", ["error", "error_description", "msg", "status"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_secret_that_the_server_repeats_escaped_is_masked(
    way: Callable[[str], str], member: str
) -> None:
    said = way(REPEATED)
    body = json.dumps({member: f"no user with {said} here"}).encode()
    with pytest.raises(TokenError) as caught:
        read_token(Answer(400, {}, body), "somebody", (REPEATED,))
    told = f"{caught.value} {vars(caught.value)!r}"
    # Escaped once more, as what the server says is on its way into a text.
    for form in (said, said.encode("unicode_escape").decode()):
        assert form not in told
    assert "***" in str(caught.value)


def _raising(refresh_token: str) -> None:
    raise OSError("no room")


async def _raising_later(refresh_token: str) -> None:
    _raising(refresh_token)


class _Raising:
    """An object that is called, as people bind a database to one."""

    def __call__(self, refresh_token: str) -> None:
        _raising(refresh_token)


TELLS = {"function": _raising, "object": _Raising()}


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS)
@EACH_ROTATING
def test_a_function_that_cannot_keep_a_refresh_token_leaves_it_in_no_frame(
    grant: Grant, tell: Any, connect: Connect, stand_ins: StandIns
) -> None:
    check_no_refresh_token_shows(grant, tell, connect, stand_ins)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "Async" in kind])
@EACH_ROTATING
def test_a_coroutine_function_that_cannot_keep_a_refresh_token_leaves_it_in_no_frame(
    grant: Grant, connect: Connect, stand_ins: StandIns
) -> None:
    check_no_refresh_token_shows(grant, _raising_later, connect, stand_ins)


def check_no_refresh_token_shows(
    grant: Grant, tell: Any, connect: Connect, stand_ins: StandIns
) -> None:
    """Make a call whose refresh token cannot be kept, twice, since the second tries it again."""
    client = connect(grant.make(stand_ins, store=MemoryTokenStore(), on_refresh_token=tell))
    for _ in range(2):
        error = raised_by(lambda: client.get(grant.url), OSError)
        assert str(error) == "no room"
        tokens = stand_ins.dastra.tokens_in_force
        assert shown_by(error, *tokens, *secret_forms(stand_ins)) == []
    assert len(stand_ins.dastra.token_requests) == 1
