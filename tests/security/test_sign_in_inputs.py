"""What a sign-in is given: right on the wire if it is taken, and in no error if it is not."""

import secrets
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from conformance.methods import DASTRA_URL, DTZ_URL, REDIRECT_URI
from dtz_dastra_auth import (
    AuthorizationError,
    ConfigurationError,
    DastraAuthorizationCode,
    DastraRefreshToken,
    DtzApiKeyExchange,
    DtzAuthorizationCode,
    DtzBearer,
    code_from_callback,
    dastra_authorization_url,
    dtz_authorization_url,
)
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn
from rfc7636 import VERIFIER
from security.scenes_wire import Connect
from security.test_frames import shown_by

# RFC 6749 appendices A.11 and A.17.
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
SECRET = "Zx9hunter-Qv7rabbit"
KEYS = ("public", "private")


def _dastra_code(code: Any = "code", redirect_uri: Any = REDIRECT_URI, **options: Any) -> object:
    return DastraAuthorizationCode(code, redirect_uri, *KEYS, **options)


def _dtz_code(code: Any = "code", redirect_uri: Any = REDIRECT_URI, **options: Any) -> object:
    context = options.pop("context_id", "context-1")
    return DtzAuthorizationCode(code, context, redirect_uri, **options)


def _refresh(token: Any = REDIRECT_URI, **options: Any) -> object:
    return DastraRefreshToken(token, *KEYS, **options)


def _dastra_url(
    public_key: Any = "public", redirect_uri: Any = REDIRECT_URI, **more: Any
) -> object:
    return dastra_authorization_url(public_key, redirect_uri, **more)


def _dtz_url(
    context_id: Any = "context-1", redirect_uri: Any = REDIRECT_URI, **more: Any
) -> object:
    return dtz_authorization_url(context_id, redirect_uri, **more)


# By class or function and parameter, what passes a value for it.
PARAMETERS: dict[str, Callable[[Any], object]] = {
    "DastraAuthorizationCode.code": _dastra_code,
    "DastraAuthorizationCode.redirect_uri": lambda value: _dastra_code(redirect_uri=value),
    "DastraAuthorizationCode.code_verifier": lambda value: _dastra_code(code_verifier=value),
    "DastraAuthorizationCode.on_refresh_token": lambda value: _dastra_code(on_refresh_token=value),
    "DastraAuthorizationCode.token_url": lambda value: _dastra_code(token_url=value),
    "DastraRefreshToken.refresh_token": _refresh,
    "DastraRefreshToken.on_refresh_token": lambda value: _refresh(on_refresh_token=value),
    "DastraRefreshToken.token_url": lambda value: _refresh(token_url=value),
    "DtzAuthorizationCode.code": _dtz_code,
    "DtzAuthorizationCode.context_id": lambda value: _dtz_code(context_id=value),
    "DtzAuthorizationCode.redirect_uri": lambda value: _dtz_code(redirect_uri=value),
    "DtzAuthorizationCode.code_verifier": lambda value: _dtz_code(code_verifier=value),
    "DtzAuthorizationCode.identity_url": lambda value: _dtz_code(identity_url=value),
    "DtzApiKeyExchange.api_key": DtzApiKeyExchange,
    "DtzApiKeyExchange.context_id": lambda value: DtzApiKeyExchange("apikey-1", context_id=value),
    "dastra_authorization_url.public_key": _dastra_url,
    "dastra_authorization_url.redirect_uri": lambda value: _dastra_url(redirect_uri=value),
    "dastra_authorization_url.scope": lambda value: _dastra_url(scope=value),
    "dastra_authorization_url.state": lambda value: _dastra_url(state=value),
    "dastra_authorization_url.code_verifier": lambda value: _dastra_url(code_verifier=value),
    "dastra_authorization_url.code_challenge": lambda value: _dastra_url(code_challenge=value),
    "dastra_authorization_url.authorization_url": lambda value: _dastra_url(
        authorization_url=value
    ),
    "dtz_authorization_url.context_id": _dtz_url,
    "dtz_authorization_url.identity_url": lambda value: _dtz_url(identity_url=value),
}
# None of them takes any of these.
BAD: dict[str, Any] = {
    "white space": f" {SECRET}",
    "a newline": f"{SECRET}\n",
    "a control character": f"Zx9hunter\x00{SECRET}",
    "bytes": SECRET.encode(),
    "a list": [SECRET],
    "a dict": {"secret": SECRET},
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
@pytest.mark.parametrize("name", PARAMETERS)
def test_an_error_names_the_parameter_and_shows_no_part_of_its_value(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        PARAMETERS[name](value)
    error = caught.value
    assert str(error).startswith(name.partition(".")[2] + ": ")
    told = "".join(traceback.format_exception_only(error))
    shown = f"{told} {error!r} {error.args} {vars(error)} {error.__cause__!r} {error.__context__!r}"
    assert [part for part in SECRET.split("-") if part in shown] == []


CALLBACKS: dict[str, tuple[str, str | None]] = {
    "another state": (f"code={SECRET}&state=another", "state"),
    "no state": (f"code={SECRET}", "state"),
    "no state of ours": (f"code={SECRET}&state=state", None),
    "twice": (f"code={SECRET}&code={SECRET}&state=state", "state"),
    "state twice": (f"code={SECRET}&state=state&state={SECRET}", "state"),
    "an error beside it": (f"code={SECRET}&error=access_denied&state=state", "state"),
}
EACH_CALLBACK = pytest.mark.parametrize(("query", "state"), CALLBACKS.values(), ids=CALLBACKS)


@EACH_CALLBACK
def test_the_error_of_a_callback_shows_no_code(query: str, state: str | None) -> None:
    with pytest.raises(AuthorizationError) as caught:
        code_from_callback(f"{REDIRECT_URI}?{query}", state=state)
    error = caught.value
    shown = f"{error} {error!r} {vars(error)} {error.__cause__!r} {error.__context__!r}"
    assert SECRET not in shown


@EACH_CALLBACK
def test_the_error_of_a_callback_leaves_no_code_in_a_frame(query: str, state: str | None) -> None:
    with pytest.raises(AuthorizationError) as caught:
        code_from_callback(f"{REDIRECT_URI}?{query}", state=state)
    assert shown_by(caught.value, SECRET) == []


@pytest.mark.parametrize("make", [_dastra_url, _dtz_url], ids=["dastra", "dtz"])
def test_an_authorization_url_shows_no_verifier(make: Callable[..., Any]) -> None:
    url = make(code_verifier=VERIFIER)
    assert url.code_verifier == VERIFIER
    assert VERIFIER not in f"{url} {url!r} {urlsplit(url)}"


def fields_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("ascii"), strict_parsing=True))


@pytest.fixture
def given() -> str:
    """Make up a code or refresh token of all signs; each is good once in a process."""
    return VISIBLE + secrets.token_urlsafe(18)


def test_a_code_of_all_signs_arrives_as_it_is_at_dastra(
    given: str, connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.answer({"access_token": dastra.make_token(), "expires_in": 60}, on="token")
    uri = f"{REDIRECT_URI}?a=b%20c&d=e+f"
    auth = DastraAuthorizationCode(given, uri, *KEYS, code_verifier=VERIFIER)
    assert connect(auth).get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert fields_of(asked.body) == {
        "grant_type": "authorization_code",
        "code": given,
        "redirect_uri": uri,
        "code_verifier": VERIFIER,
    }


def test_a_code_of_all_signs_arrives_as_it_is_at_dtz(
    given: str, connect: Connect, dtz: DtzStandIn
) -> None:
    dtz.answer({"access_token": dtz.make_token(), "expires_in": 60}, on="token")
    source = DtzAuthorizationCode(given, "context-1", REDIRECT_URI, code_verifier=VERIFIER)
    assert connect(DtzBearer(source)).get(DTZ_URL).status_code == 200
    [asked] = dtz.token_requests
    assert fields_of(asked.body).items() >= {
        ("code", given),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    }


def test_a_refresh_token_of_all_signs_arrives_as_it_is(
    given: str, connect: Connect, dastra: DastraStandIn
) -> None:
    dastra.answer({"access_token": dastra.make_token(), "expires_in": 60}, on="token")
    assert connect(DastraRefreshToken(given, *KEYS)).get(DASTRA_URL).status_code == 200
    [asked] = dastra.token_requests
    assert fields_of(asked.body) == {"grant_type": "refresh_token", "refresh_token": given}
