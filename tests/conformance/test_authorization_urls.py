"""What a browser is sent to sign in with, and what it comes back with."""

import base64
import copy
import hashlib
import pickle
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import yarl

from conformance.methods import REDIRECT_URI
from dtz_dastra_auth import (
    AuthError,
    AuthorizationError,
    ConfigurationError,
    code_from_callback,
    dastra_authorization_url,
    dtz_authorization_url,
)
from rfc7636 import CHALLENGE, VERIFIER

STATE = "state-1"
ODD = "https://shop.example/back?to=a%20b&x=é+y".replace("é", "%C3%A9")

Make = Callable[..., Any]
BOTH = pytest.mark.parametrize("make", [dastra_authorization_url, dtz_authorization_url])


def fields_of(url: str) -> dict[str, str]:
    """Read the query of a URL, in which nothing may be there twice."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize(
    ("make", "endpoint", "scope"),
    [
        (
            dastra_authorization_url,
            "https://account.dastra.eu/connect/authorize",
            "api1 offline_access",
        ),
        (
            dtz_authorization_url,
            "https://identity.dtz.rocks/api/2021-02-21/oauth/authorize",
            "openid",
        ),
    ],
)
def test_the_url_has_every_parameter_once(make: Make, endpoint: str, scope: str) -> None:
    url = make("client", REDIRECT_URI, state=STATE, code_verifier=VERIFIER)
    assert url.partition("?")[0] == endpoint
    assert fields_of(url) == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "state": STATE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    assert (url.state, url.code_verifier) == (STATE, VERIFIER)


@BOTH
def test_what_is_not_given_is_random_and_as_long_as_the_rfc_recommends(make: Make) -> None:
    one, other = make("client", REDIRECT_URI), make("client", REDIRECT_URI)
    for url in (one, other):
        digest = hashlib.sha256(url.code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert fields_of(url)["code_challenge"] == challenge
        assert fields_of(url)["state"] == url.state
        assert min(len(url.state), len(url.code_verifier)) >= 43
    assert one.state != other.state
    assert one.code_verifier != other.code_verifier


@BOTH
def test_a_challenge_whose_verifier_is_kept_elsewhere_is_sent_as_it_is(make: Make) -> None:
    url = make("client", REDIRECT_URI, code_challenge=CHALLENGE)
    assert fields_of(url)["code_challenge"] == CHALLENGE
    assert url.code_verifier is None


@BOTH
def test_odd_characters_arrive_as_they_were_given(make: Make) -> None:
    url = make("a+b%c&d:e/f=h", ODD, scope="openid a:b/c+d", state="s+t&u=v w")
    fields = fields_of(url)
    assert fields["client_id"] == "a+b%c&d:e/f=h"
    assert fields["redirect_uri"] == ODD
    assert fields["scope"] == "openid a:b/c+d"
    assert fields["state"] == url.state == "s+t&u=v w"
    assert url.isascii()
    assert " " not in url


def test_another_endpoint_keeps_the_query_that_it_has() -> None:
    endpoint = "https://account.example/authorize?tenant=a%2Fb"
    url = dastra_authorization_url("client", REDIRECT_URI, authorization_url=endpoint)
    assert url.startswith("https://account.example/authorize?")
    assert fields_of(url)["tenant"] == "a/b"
    assert fields_of(url)["client_id"] == "client"


@pytest.mark.parametrize("slash", ["", "/"])
def test_another_identity_service_is_named_by_its_base(slash: str) -> None:
    base = "https://identity.example/api" + slash
    url = dtz_authorization_url("client", REDIRECT_URI, identity_url=base)
    assert url.startswith("https://identity.example/api/oauth/authorize?")


@pytest.mark.parametrize(
    ("parameter", "options"),
    [
        ("redirect_uri", {"redirect_uri": "/callback"}),
        ("redirect_uri", {"redirect_uri": "https://shop.example/#there"}),
        ("redirect_uri", {"redirect_uri": ""}),
        ("scope", {"scope": ""}),
        ("scope", {"scope": "two  spaces"}),
        ("state", {"state": ""}),
        ("state", {"state": "line\nfeed"}),
        ("code_verifier", {"code_verifier": "too-short"}),
        ("code_verifier", {"code_verifier": VERIFIER + "="}),
        ("code_challenge", {"code_challenge": "too-short"}),
        ("code_challenge", {"code_challenge": CHALLENGE, "code_verifier": VERIFIER}),
    ],
)
@BOTH
def test_what_cannot_work_is_named_and_not_shown(
    make: Make, parameter: str, options: dict[str, str]
) -> None:
    given = {"redirect_uri": REDIRECT_URI, **options}
    with pytest.raises(ConfigurationError, match=f"^{parameter}: ") as caught:
        make("client", **given)
    shown = [value for value in options.values() if len(value) > 1 and value in str(caught.value)]
    assert shown == []


@pytest.mark.parametrize(
    ("parameter", "call"),
    [
        ("public_key", lambda: dastra_authorization_url("", REDIRECT_URI)),
        ("context_id", lambda: dtz_authorization_url("two words", REDIRECT_URI)),
        (
            "authorization_url",
            lambda: dastra_authorization_url(
                "client", REDIRECT_URI, authorization_url="http://account.example/authorize"
            ),
        ),
        (
            "identity_url",
            lambda: dtz_authorization_url(
                "client", REDIRECT_URI, identity_url="https://identity.example/?a=1"
            ),
        ),
    ],
)
def test_an_endpoint_or_client_that_cannot_work_is_named(parameter: str, call: Make) -> None:
    with pytest.raises(ConfigurationError, match=f"^{parameter}: "):
        call()


COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda url: pickle.loads(pickle.dumps(url)),
]


@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_is_the_url_with_its_attributes(copied: Callable[[Any], Any]) -> None:
    url = dastra_authorization_url("client", REDIRECT_URI)
    twin = copied(url)
    assert (twin, twin.state, twin.code_verifier) == (url, url.state, url.code_verifier)


def test_the_verifier_does_not_show_itself() -> None:
    url = dastra_authorization_url("client", REDIRECT_URI)
    assert url.code_verifier is not None
    assert url.code_verifier not in f"{url} {url!r}"


def callback(**fields: str) -> str:
    """Give the URL that a browser came back to."""
    return f"{REDIRECT_URI}?{urlencode(fields)}"


@pytest.mark.parametrize("code", ["code-1", "a+b/c=d&e%f g", "x" * 2000])
@pytest.mark.parametrize("kind", [str, httpx.URL, yarl.URL])
def test_the_code_comes_back_as_it_was_given(code: str, kind: Callable[[str], Any]) -> None:
    url = kind(callback(code=code, state=STATE))
    assert code_from_callback(url, state=STATE) == code


def test_a_fragment_is_no_part_of_the_answer() -> None:
    url = callback(code="code-1", state=STATE)
    assert code_from_callback(url + "#_=_", state=STATE) == "code-1"
    with pytest.raises(AuthorizationError):
        code_from_callback(f"{REDIRECT_URI}#{url.partition('?')[2]}", state=STATE)


@pytest.mark.parametrize("state", ["another", "", None])
def test_a_state_that_is_not_the_one_kept_is_refused(state: str | None) -> None:
    with pytest.raises(AuthorizationError, match="state") as caught:
        code_from_callback(callback(code="code-1", state=STATE), state=state)
    assert isinstance(caught.value, AuthError)
    assert (caught.value.error, caught.value.description) == (None, None)
    assert "code-1" not in str(caught.value)


@pytest.mark.parametrize("fields", [{}, {"state": ""}, {"state": "another"}, {"state": "é"}])
@pytest.mark.parametrize("kept", [STATE, "", None])
def test_an_answer_without_the_state_is_refused(fields: dict[str, str], kept: str | None) -> None:
    with pytest.raises(AuthorizationError, match="state"):
        code_from_callback(callback(code="code-1", **fields), state=kept)


@pytest.mark.parametrize("twice", ["code=2", "state=state-1", "state=2", "error=x&error=y"])
def test_a_parameter_that_is_there_twice_is_refused(twice: str) -> None:
    url = callback(code="code-1", state=STATE)
    with pytest.raises(AuthorizationError, match="twice"):
        code_from_callback(f"{url}&{twice}", state=STATE)


def test_the_error_of_the_server_is_told() -> None:
    fields = {"error": "access_denied", "error_description": "Not signed in.", "state": STATE}
    with pytest.raises(AuthorizationError, match=r"access_denied: Not signed in\.") as caught:
        code_from_callback(callback(**fields), state=STATE)
    assert caught.value.error == "access_denied"
    assert caught.value.description == "Not signed in."


def test_an_error_with_another_state_tells_nothing_of_itself() -> None:
    # Whoever has a browser come here could make it say what they like.
    with pytest.raises(AuthorizationError) as caught:
        code_from_callback(callback(error="call 555-0100", state="another"), state=STATE)
    assert "555" not in str(caught.value)


def test_what_the_server_says_is_shortened_and_escaped() -> None:
    fields = {"error": "no\n\x1b[2J", "error_description": "y" * 5000, "state": STATE}
    with pytest.raises(AuthorizationError) as caught:
        code_from_callback(callback(**fields), state=STATE)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("fields", [{}, {"code": ""}])
def test_an_answer_without_a_code_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(AuthorizationError, match="no code"):
        code_from_callback(callback(state=STATE, **fields), state=STATE)


def test_the_code_is_what_any_session_takes() -> None:
    code = code_from_callback(callback(code="code-1", state=STATE), state=STATE)
    assert (type(code), code) == (str, "code-1")
