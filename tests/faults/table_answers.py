"""Token endpoint, answers: everything it may say, and what comes of it."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from faults.fault import Fault, Had, Outcome, Refused, fail, give, say
from faults.scene import Scene

A_YEAR = 365 * 86400.0
# Where the answer does not say.
FIVE_MINUTES = 300.0
HTML = b"<!doctype html><title>Sign in</title>"
UNUSED = "token-never-to-be-used"


def html(status: int) -> Fault:
    begin = fail(status, body=HTML, content_type="text/html")
    return Fault(f"{status} with HTML", begin, Refused(status))


def too_many(value: str, then: float | tuple[float, float] | None, name: str) -> Fault:
    begin = fail(429, headers={"Retry-After": value})
    return Fault(f"429 with Retry-After {name}", begin, Refused(429, retry_after=then))


def too_many_until(**later: float) -> Fault:
    def begin(scene: Scene) -> None:
        moment = datetime.now(UTC) + timedelta(**later)
        when = format_datetime(moment, usegmt=True)
        scene.service.fail(429, headers={"Retry-After": when}, times=None, on="token")

    seconds = timedelta(**later).total_seconds()
    # A date has whole seconds, and time passes until it is read.
    most = max(seconds, 0.0)
    then = Refused(429, retry_after=(min(max(seconds - 31, 0.0), A_YEAR), most))
    return Fault(f"429 with Retry-After as a date {later}", begin, then)


def body(content: bytes, name: str) -> Fault:
    begin = fail(200, body=content, content_type="application/json")
    return Fault(f"200 with {name}", begin, Refused(200, says="no JSON object"))


def access_token(value: object, name: str, then: Outcome | None = None) -> Fault:
    outcome = then or Refused(200, says="access_token")
    return Fault(f"access_token {name}", give(access_token=value), outcome)


def expires_in(value: object, lifetime: float, name: str | None = None) -> Fault:
    return Fault(f"expires_in {name or repr(value)}", give(expires_in=value), Had(lifetime))


def written(number: str, lifetime: float) -> Fault:
    # Numbers that JSON can hold and Python's writer would not write.
    def begin(scene: Scene) -> None:
        token = scene.service.make_token()
        content = f'{{"access_token": "{token}", "expires_in": {number}}}'.encode()
        scene.service.fail(200, body=content, content_type="application/json", on="token")

    return Fault(f"expires_in written as {number}", begin, Had(lifetime))


def token_type(value: object, then: Outcome) -> Fault:
    name = "missing" if value is ... else repr(value)
    return Fault(f"token_type {name}", give(token_type=value), then)


def oauth(status: int, error: str, description: str | None = None) -> Fault:
    said = {"error": error} | ({"error_description": description} if description else {})
    then = Refused(status, error, description, says=error)
    return Fault(f"{status} {error}", say(said, status), then)


def repeated_secret(scene: Scene) -> None:
    # Of a sign-in at DTZ no key is sent.
    secret = scene.asking.secrets[0] if scene.grant.is_at_dtz else scene.dastra.private_key
    said = {"error": f"no {secret}", "error_description": f"key {secret} is wrong"}
    scene.service.answer(said, 400, times=None, on="token")


def refresh_token(scene: Scene) -> None:
    value = scene.dastra.make_refresh_token()
    scene.further_secrets.append(value)
    give(refresh_token=value)(scene)


NOT_BEARER = Refused(200, says="token type")

ANSWERS = (
    # Tried once more where somebody waits for it; an early renewal is not.
    *(Fault(f"{status}", fail(status), Refused(status), 2) for status in (500, 502, 503, 504)),
    Fault(
        "503 with a long Retry-After",
        fail(503, headers={"Retry-After": "3600"}),
        Refused(503, retry_after=3600.0),
    ),
    too_many("7", 7.0, "as seconds"),
    too_many("0", 0.0, "0"),
    too_many_until(seconds=40),
    too_many_until(days=3650),
    too_many_until(days=-3650),
    # A number so large may be told as a smaller one; what is waited for is a minute at most.
    too_many("99999999999", (A_YEAR, math.inf), "of 3,000 years"),
    too_many("9" * 400, (A_YEAR, math.inf), "of 400 digits"),
    *(
        too_many(value, None, f"{value!r}, absurd")
        for value in ("soon", "-5", "1e9", "nan", "7 s", "Mon, 99 Foo 2027 99:99:99 GMT", "")
    ),
    oauth(400, "invalid_client", "The key pair is not known."),
    oauth(401, "invalid_client"),
    Fault("403 with an empty body", fail(403, content_type=None), Refused(403)),
    oauth(400, "invalid_scope", "The scope must be api1."),
    Fault(
        "400 that repeats the private key",
        repeated_secret,
        Refused(400, "no ***", "key *** is wrong"),
    ),
    html(404),
    html(405),
    Fault("200 with HTML", fail(200, body=HTML, content_type="text/html"), Refused(200)),
    body(b"", "nothing"),
    body(b"[1]", "an array"),
    body(b'"token-never-to-be-used"', "a string"),
    body(b'{"access_token": "\xff\xfe", "expires_in": 600}', "invalid UTF-8"),
    body(b"[" * 60_000, "deep nesting"),
    body(b'{"a":' * 12_000, "deep nesting of objects"),
    access_token(..., "missing"),
    access_token("", "empty"),
    access_token(None, "null"),
    access_token(12345, "a number"),
    access_token(f"{UNUSED} {UNUSED}", "with a space"),
    access_token(f"{UNUSED}\n", "with a line feed"),
    access_token(f"{UNUSED}\r\nX-Injected: 1", "with a header behind it"),
    access_token(UNUSED + "é", "with an accent"),
    access_token(UNUSED * 50_000, "1 MB long", Refused(200, says="larger than 64 kB")),
    expires_in(..., FIVE_MINUTES, "missing"),
    expires_in("300", 300.0),
    expires_in(300.7, 300.7),
    expires_in(0, 0.0),
    expires_in(-1, 0.0),
    expires_in("abc", FIVE_MINUTES),
    expires_in(True, FIVE_MINUTES),
    expires_in(None, FIVE_MINUTES),
    expires_in(10**30, A_YEAR, "enormous"),
    written("1e400", A_YEAR),
    written("-1e400", 0.0),
    written("NaN", FIVE_MINUTES),
    *(token_type(value, Had(600)) for value in ("bearer", "BEARER", "bEaReR", ...)),
    *(token_type(value, NOT_BEARER) for value in ("mac", "DPoP", "", 7, None)),
    Fault(
        "an error member in a 200",
        give(error="server_error", error_description="try later"),
        Refused(200, "server_error", "try later"),
    ),
    Fault("a narrower scope than asked", give(scope="api1.read"), Had(600)),
    Fault("a refresh_token nobody asked for", refresh_token, Had(600)),
)
