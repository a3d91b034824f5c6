"""examples/sign_in_flask.py and sign_in_fastapi.py: what is kept of whom, and shown to nobody."""

from __future__ import annotations

import base64
import json
import sqlite3
import stat
import threading
import time
import zlib
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs

import pytest

from canary.search import decodings
from dtz_dastra_auth.testing import DastraStandIn, StandIns
from sign_in.applications.apps import COOKIE, Application, Visitor, is_signed_in, prepared, settings

#: Seconds; longer than anything is kept that nobody has come back for.
AGES = 31 * 86_400


def content(cookie: str | None) -> dict[str, Any]:
    """Read a cookie as whoever has it can, without the key that it is signed with."""
    assert cookie is not None
    coded = cookie.removeprefix(".").partition(".")[0].replace("+", "-").replace("/", "_")
    data = base64.urlsafe_b64decode(coded + "==")
    read: dict[str, Any] = json.loads(zlib.decompress(data) if cookie.startswith(".") else data)
    return read


def test_a_cookie_from_before_the_sign_in_is_not_signed_in_by_it(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    asked = visitor.asked_for()
    cookie = visitor.cookie
    assert cookie is not None
    code = dastra.make_code(asked["redirect_uri"], code_challenge=asked["code_challenge"])
    visitor.get("/callback", code=code, state=asked["state"])
    other = application.visitor()
    other.keep_cookie(cookie)
    assert [is_signed_in(visitor), is_signed_in(other)] == [True, False]


def test_who_signs_in_a_second_time_leaves_nothing_of_the_first(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    before = len(application.kept())
    visitor.sign_in(dastra)
    visitor.sign_in(dastra)
    assert len(application.kept()) == before + 1


def test_the_cookie_is_for_this_host_over_tls_and_not_for_scripts(visitor: Visitor) -> None:
    set_cookie = visitor.get("/sign-in").headers["Set-Cookie"]
    value, *attributes = [part.strip().lower() for part in set_cookie.split(";")]
    assert value.startswith(COOKIE.lower() + "=")
    assert sorted(attributes) == ["httponly", "path=/", "samesite=lax", "secure"]


def test_the_cookie_has_a_state_and_names_and_nothing_else(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    state = visitor.asked_for()["state"]
    begun = content(visitor.cookie)
    assert begun.keys() == {"state", "sign_in"}
    assert begun["state"] == state
    visitor.sign_in(dastra)
    assert content(visitor.cookie).keys() == {"person"}
    assert not {*begun.values(), *content(visitor.cookie).values()} & {*application.kept()}


def test_no_secret_is_in_a_page_a_header_a_cookie_or_the_log(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    visitor.asked_for()
    verifier = application.kept()[-1]
    visitor.sign_in(dastra)
    is_signed_in(visitor)
    before_renewal = application.kept()[-1]
    application.remember(dastra.make_refresh_token())
    is_signed_in(visitor)
    dastra.fail(503, on="any", times=4)
    assert visitor.get("/").status_code == 502
    secrets = {
        *dastra.refresh_tokens_in_force,
        *dastra.tokens_in_force,
        *application.kept(),
        *(verifier, before_renewal, dastra.private_key, application.secret_key),
        *(
            parse_qs(each.body.decode()).get("code_verifier", [verifier])[0]
            for each in dastra.token_requests
        ),
    }
    assert len(dastra.token_requests) == 2
    assert len(secrets) >= 7
    texts = [*visitor.seen, application.log]
    shown = [decoded for text in texts for _, decoded in decodings(text)]
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []


def test_what_is_kept_is_for_the_application_alone(application: Application) -> None:
    assert stat.S_IMODE(application.database.stat().st_mode) == 0o600


def test_what_nobody_has_come_back_for_is_forgotten(
    visitor: Visitor, application: Application
) -> None:
    old = ("old name", "old secret", time.time() - AGES)
    with closing(sqlite3.connect(application.database)) as connection, connection:
        connection.execute("INSERT INTO kept VALUES (?, ?, ?)", old)
    visitor.get("/sign-in")
    assert "old secret" not in application.kept()


def test_signing_out_forgets_the_refresh_token_and_old_cookies_are_good_for_nothing(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    visitor.sign_in(dastra)
    cookie, kept = visitor.cookie, application.kept()[-1]
    assert cookie is not None
    answer = visitor.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert not is_signed_in(visitor)
    assert kept not in application.kept()
    visitor.keep_cookie(cookie)
    calls = len(dastra.calls)
    assert not is_signed_in(visitor)
    assert len(dastra.calls) == calls


def test_who_signs_out_while_a_token_is_renewed_stays_signed_out(
    visitor: Visitor, application: Application, dastra: DastraStandIn
) -> None:
    visitor.sign_in(dastra)
    application.remember(dastra.make_refresh_token())
    other = application.visitor()
    assert visitor.cookie is not None
    other.keep_cookie(visitor.cookie)
    hold = dastra.hold(on="token")
    renewing = threading.Thread(target=other.get, args=("/",))
    renewing.start()
    hold.wait_for(1)
    visitor.post("/sign-out")
    before = application.kept()
    hold.release()
    renewing.join()
    assert len(dastra.token_requests) == 2
    assert application.kept() == before
    assert not is_signed_in(other)


def test_after_a_new_start_it_goes_on_with_what_it_has_kept(
    program: str, stand_ins: StandIns, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dastra = stand_ins.dastra
    with prepared(program, tmp_path_factory.mktemp("again")) as application:
        visitor = application.visitor()
        with application.running(stand_ins.environment, **settings(dastra)):
            visitor.sign_in(dastra)
        with application.running(stand_ins.environment, **settings(dastra)):
            assert is_signed_in(visitor)
            assert {application.kept()[-1]} == dastra.refresh_tokens_in_force
    assert [each.status for each in dastra.token_requests] == [200, 200]
    assert dastra.reuses == 0
