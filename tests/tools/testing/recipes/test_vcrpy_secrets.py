"""vcrpy's filter: which secrets it knows, in which forms it finds them, what it leaves alone."""

import base64
import copy
import gzip
import html
import json
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests
import vcr
from vcr.request import Request

from dtz_dastra_auth import ConfigurationError, DastraApiKey, DtzQueryKey
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns, cassette_filter
from tools.testing.recipes.cassettes import CLIENTS, DASTRA, DTZ, call, secrets_in

pytestmark = [
    pytest.mark.tool("vcrpy", package="vcrpy"),
    pytest.mark.logs("vcrpy logs every answer as it came, and with it the tokens"),
]

SECRET = """aB3/x+Y9"z'&k1<7 ä7=="""
PLAIN = "Zq9OpaqueSecret77xx"
BOUNDARY = "--b\r\nContent-Disposition: form-data; name="
CODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in upper case": str.upper,
    "quote": quote,
    "quote with slashes": lambda secret: quote(secret, safe=""),
    "quote_plus": quote_plus,
    "quoted twice": lambda secret: quote(quote(secret)),
    "quoted in lower case": lambda secret: quote(secret).lower(),
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json with slashes": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "json in json": lambda secret: json.dumps(json.dumps(secret)[1:-1])[1:-1],
    "javascript": lambda secret: "".join(f"\\x{ord(each):02X}" for each in secret),
    "html": html.escape,
    "html in numbers": lambda secret: html.escape(secret).replace("&quot;", "&#34;"),
    "html as others do": lambda secret: html.escape(secret).replace("&#x27;", "&#039;"),
    "hex": lambda secret: secret.encode().hex().upper(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 in lines": lambda secret: "\r\n ".join(textwrap.wrap(CODINGS["base64"](secret), 10)),
}


def recorded(path: Path, request: Request, *answers: dict[str, Any]) -> tuple[Any, list[Any]]:
    """Record as vcrpy's stubs do, and give what vcrpy reads from the file."""
    with vcr.VCR(**cassette_filter()).use_cassette(path) as cassette:
        for answer in answers:
            cassette.append(request, answer)
    with vcr.VCR(record_mode="none").use_cassette(path) as cassette:
        return cassette.requests[0], [each["body"].get("string") for each in cassette.responses]


def answer(body: str | bytes, **headers: str) -> dict[str, Any]:
    return {
        "status": {"code": 200, "message": "OK"},
        "headers": {name.replace("_", "-"): [value] for name, value in headers.items()},
        "body": {"string": body.encode() if isinstance(body, str) else body},
    }


def asked(body: Any = None, query: str = "", **headers: str) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", DASTRA + query, body, sent)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_secret_is_found_in_any_coding_and_nothing_beside_it_is_lost(
    coding: str, tmp_path: Path
) -> None:
    coded = CODINGS[coding](SECRET)
    blob = base64.b64encode(f"public:{SECRET}".encode()).decode()
    text = f"<p>\n'{coded}';\\\n"
    _, [body] = recorded(tmp_path / "c", asked(Authorization=f"Basic {blob}"), answer(text))
    left = body.decode().replace("***", "")
    assert left in {"<p>\n'';\\\n", *(f"<p>\n'{each}';\\\n" for each in (coded[-1], coded[-2:]))}
    assert (len(left) == len("<p>\n'';\\\n")) or coding.startswith("base64")


SENT = {
    "a header": asked(X_API_KEY=PLAIN),
    "a bearer with two spaces": asked(Authorization=f"Bearer  {PLAIN}"),
    "a login in latin-1": asked(
        Authorization="Basic " + base64.b64encode(f"\xe4:{PLAIN}".encode("latin-1")).decode()
    ),
    "a cookie of DTZ": asked(Cookie=f"a=b; dtz-auth={PLAIN}"),
    "a session's cookie": asked(Cookie=f'a=b; JSESSIONID="{PLAIN}"'),
    "the query key": asked(query=f"?page=1&apiKey={PLAIN}"),
    "a query in a query": asked(query="?rd=" + quote(f"https://a/?apiKey={PLAIN}&b=c", safe="")),
    "a form": asked(f"grant_type=x&client_secret={PLAIN}".encode()),
    "a form with a password": asked(f"username=me&password={PLAIN}".encode()),
    "a part of a form": asked(f'{BOUNDARY}"password"\r\n\r\n{PLAIN}\r\n--b--\r\n'.encode()),
    "json": asked(json.dumps({"a": [{"clientSecret": PLAIN}]}).encode()),
    "json as an object": asked({"a": [{"apiKey": PLAIN}]}),
    "a form as an object": asked([("username", "me"), ("password", PLAIN)]),
    "a URL": Request("GET", f"https://me:{PLAIN}@api.dastra.eu/", None, {}),
    "a key with its prefix": asked(X_API_KEY=f"apikey-{PLAIN}"),
}


@pytest.mark.parametrize("place", SENT)
def test_what_was_sent_is_known_when_it_comes_back(place: str, tmp_path: Path) -> None:
    coded = (PLAIN, PLAIN.encode().hex(), CODINGS["base64"](PLAIN))
    _, bodies = recorded(tmp_path / "c", SENT[place], *(answer(f"is {each}.") for each in coded))
    assert [body[:6] for body in bodies] == [b"is ***"] * 3
    assert secrets_in(tmp_path / "c", "yaml", {PLAIN}) == []


@pytest.mark.parametrize(
    "first",
    [
        answer("", Set_Cookie=f"session={PLAIN}; Path=/; HttpOnly"),
        answer("", Set_Cookie=f"a=b; Expires=Wed, 1 May 2030 1:1:1 GMT, dtz-auth={PLAIN}"),
        answer(f"token_type=bearer&access_token={PLAIN}&expires_in=60"),
        answer(f'cb({{"refreshToken" : "{PLAIN}"}})'),
        answer(json.dumps({"text": json.dumps({"id_token": PLAIN})})),
        answer("", Location="/login?rd=" + quote(quote(f"/?apiKey={PLAIN}&a=b", safe=""))),
        answer(f"apikey-{PLAIN}"),
        answer(f"apikey-{PLAIN}".encode().hex()),
    ],
    ids=str,
)
def test_what_an_answer_was_the_first_to_hold_is_known_afterwards(
    first: dict[str, Any], tmp_path: Path
) -> None:
    _, bodies = recorded(tmp_path / "c", asked(), first, answer(PLAIN), answer(PLAIN.upper()))
    assert bodies[1:] == [b"***", b"***"]
    assert secrets_in(tmp_path / "c", "yaml", {PLAIN, PLAIN.encode().hex()}) == []


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        ('a="x;SECRET7"; Path=/', "a=***; Path=/"),
        ("SECRET7; Path=/; Secure", "***; Path=/; Secure"),
        (
            "a=SECRET7; Expires=Wed, 1 May 2030 1:1:1 GMT",
            "a=***; Expires=Wed, 1 May 2030 1:1:1 GMT",
        ),
        ('a="x, b=SECRET7"', "a=***, b=***"),
    ],
)
def test_a_cookie_keeps_its_name_and_its_attributes(cookie: str, kept: str, tmp_path: Path) -> None:
    with vcr.VCR(**cassette_filter()).use_cassette(tmp_path / "c") as cassette:
        cassette.append(asked(), answer("", Set_Cookie=cookie))
        assert cassette.responses[0]["headers"]["Set-Cookie"] == [kept]


def test_a_short_secret_is_masked_in_its_part_of_a_form(tmp_path: Path) -> None:
    body = f'{BOUNDARY}"a"\r\n\r\nk3y\r\n{BOUNDARY}"password"\r\n\r\nk3y\r\n--b--\r\n'
    request, _ = recorded(tmp_path / "c", asked(body.encode()), answer(""))
    assert request.body.decode() == body.replace("k3y\r\n--b--", "***\r\n--b--")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"a": 1, "b": [None, 1.5, True]}, {"a": 1, "b": [None, 1.5, True]}),
        ({"username": "me", "password": "k3y"}, {"username": "***", "password": "***"}),
        ([("a", b"1"), ("password", "k3y")], [["a", b"1"], ["password", "***"]]),
        ({"a": f"is {PLAIN}", f"{PLAIN}": [PLAIN.encode()]}, {"a": "is ***", "***": [b"***"]}),
        (object(), None),
    ],
    ids=["json", "login", "pairs", "texts", "object"],
)
def test_a_body_may_be_an_object_as_aiohttp_gives_it(body: Any, kept: Any, tmp_path: Path) -> None:
    request, _ = recorded(tmp_path / "c", asked(body, X_API_KEY=PLAIN), answer("{}"))
    assert request.body == kept


def test_an_answer_that_the_client_has_unpacked_itself_is_kept(tmp_path: Path) -> None:
    packed = answer(gzip.compress(b"text"), Content_Encoding="gzip")
    _, bodies = recorded(tmp_path / "c", asked(), packed, answer("text", Content_Encoding="gzip"))
    assert bodies == [b"text", b"text"]


def test_json_keeps_its_numbers_and_its_names(tmp_path: Path) -> None:
    numbers = '"n": 1e400, "big": 123456789012345678901234567890, "f": 1.10, "x": [-0, NaN]'
    text = f'{{"password_policy": "the password", {numbers}, "access_token": "%s"}}'
    sent = asked(Authorization="Bearer password")
    _, [body] = recorded(tmp_path / "c", sent, answer(text % PLAIN))
    assert body.decode() == (text % "***").replace("the password", "the ***")


def test_the_work_grows_with_the_text_and_not_with_the_number_of_secrets(tmp_path: Path) -> None:
    tokens = [token_urlsafe(600) for _ in range(100)]
    text = "".join(f"{token} {quote(token)}\n" for token in tokens) * 3
    began = time.process_time()
    with vcr.VCR(**cassette_filter()).use_cassette(tmp_path / "c") as cassette:
        for token in tokens:
            cassette.append(asked(Authorization=f"Bearer {token}"), answer("{}"))
        cassette.append(asked(), answer(text))
        took = time.process_time() - began
        assert cassette.responses[-1]["body"]["string"] == b"*** ***\n" * 300
    assert took < 3


def test_a_hook_in_place_of_ours_raises_before_anything_is_written(
    dastra: DastraStandIn, tmp_path: Path
) -> None:
    recorder = vcr.VCR(**cassette_filter())
    with recorder.use_cassette(tmp_path / "first"):
        requests.get(DASTRA, auth=DastraApiKey(dastra.private_key))
    with (
        recorder.use_cassette(tmp_path / "second", before_record_request=lambda request: request),
        pytest.raises(ConfigurationError, match="before_record_request"),
    ):
        requests.get(DASTRA, auth=DastraApiKey(dastra.private_key))
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_hooks_of_ones_own_go_behind_ours(dastra: DastraStandIn, tmp_path: Path) -> None:
    seen: list[Any] = []

    def own(each: Any) -> Any:
        seen.append(each)
        return each

    hooks = {name: [hook, own] for name, hook in cassette_filter().items()}
    dastra.answer({"you": dastra.private_key})
    with vcr.VCR(**hooks).use_cassette(tmp_path / "c"):
        requests.get(DASTRA, auth=DastraApiKey(dastra.private_key))
    assert seen[-1]["body"]["string"] == '{"you": "***"}'
    assert dastra.private_key not in str(seen[0].headers)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_redirect_that_repeats_the_query_key_plays_back_with_another(
    client: str, dtz: DtzStandIn, stand_ins: StandIns, tmp_path: Path
) -> None:
    there = quote(f"{DTZ}?apiKey={dtz.api_key}", safe="")
    dtz.redirect(f"https://identity.dtz.rocks/login/?rd={there}")
    answers = []
    for record_mode, key in (("once", dtz.api_key), ("none", "apikey-another-key")):
        with vcr.VCR(**cassette_filter(), record_mode=record_mode).use_cassette(tmp_path / "c"):
            answers.append(call(client, DTZ, DtzQueryKey(key)))
    assert answers[0] == answers[1]
    assert secrets_in(tmp_path / "c", "yaml", {dtz.api_key, dtz.api_key[7:]}) == []
    assert len(stand_ins.dtz.requests) == 2


def test_a_copy_of_the_hooks_knows_what_they_know(tmp_path: Path) -> None:
    # pytest-recording copies the whole configuration for each test.
    recorder = vcr.VCR(**copy.deepcopy(cassette_filter()))
    with recorder.use_cassette(tmp_path / "c") as cassette:
        cassette.append(asked(X_API_KEY=PLAIN), answer(PLAIN))
        assert cassette.responses[0]["body"]["string"] == b"***"
