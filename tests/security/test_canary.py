"""The canary run itself: it catches every kind of leak, and nothing else."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from canary.kinds import is_random
from canary.recorder import Recorder
from canary.search import Index
from canary.watch import Watch, watching
from clients import Client
from conformance.methods import DASTRA_URL, DTZ_URL, METHODS, Method
from dtz_dastra_auth import CredentialFilter, DtzBearer, DtzLogin, DtzQueryKey, TokenError
from dtz_dastra_auth.testing import DtzStandIn, StandIns
from security import leaks

Connect = Callable[..., Client]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch apart from the run, which would fail the very test that makes a leak."""
    with watching(Watch(CredentialFilter())) as watch:
        yield watch


@pytest.fixture
def secret(watch: Watch) -> str:
    """Give a secret that only `watch` knows."""
    # A prefix that the filter does not know either.
    return watch.secret("private-")


def found(watch: Watch, where: str) -> bool:
    return any(f" in the {where} (" in finding for finding in watch.findings())


@pytest.mark.parametrize("coding", leaks.CODINGS)
def test_a_secret_is_caught_in_any_coding(coding: str, watch: Watch, secret: str) -> None:
    code, said = leaks.CODINGS[coding]
    leaks.in_a_log_record(f"before {code(secret)} behind")
    [finding] = watch.findings()
    assert finding.endswith(f" in the log record of third.party (DEBUG) ({said})")


@pytest.mark.parametrize("coding", leaks.CODINGS)
def test_no_finding_has_the_secret_in_it(coding: str, watch: Watch, secret: str) -> None:
    code, _ = leaks.CODINGS[coding]
    leaks.in_a_log_record(code(secret))
    assert not Index(watch.canaries.all()).search("\n".join(watch.findings()))


@pytest.mark.parametrize("start", range(8, 32))
def test_seven_characters_are_no_part_of_a_secret(start: int, watch: Watch, secret: str) -> None:
    part = secret[start : start + 7]
    leaks.in_a_log_record(f"{part} {leaks.basic(part, '')} {part.encode().hex()}")
    assert watch.findings() == []


def test_what_all_secrets_of_a_kind_begin_with_is_none(watch: Watch, stand_ins: StandIns) -> None:
    watch.services_secrets([stand_ins.dastra, stand_ins.dtz])
    token = stand_ins.dtz.make_token()
    for text in (stand_ins.dastra.public_key, "apikey-", token.partition(".")[0]):
        leaks.in_a_log_record(f"{text} {leaks.basic(text, 'id')}")
    assert watch.findings() == []
    leaks.in_a_log_record(token.partition(".")[2][:8])
    assert found(watch, "log record of third.party (DEBUG)")


@pytest.mark.parametrize("value", ["private", "private-key", "plainPrivateKey1", "a" * 40])
def test_a_word_that_stands_for_a_secret_is_none(value: str) -> None:
    assert not is_random(value)


@pytest.mark.parametrize("name", leaks.OUTSIDE_CALLS)
def test_whatever_shows_a_secret_is_caught(name: str, watch: Watch, secret: str) -> None:
    leak, where = leaks.OUTSIDE_CALLS[name]
    # What a watch has seen is looked at again at the end, as long as it is there.
    kept = leak(secret)
    assert found(watch, where)
    del kept


@pytest.mark.parametrize("name", leaks.IN_ERRORS)
def test_an_error_that_leaves_a_call_is_caught(
    name: str, connect: Connect, watch: Watch, secret: str, stand_ins: StandIns
) -> None:
    leak, where = leaks.IN_ERRORS[name]
    with pytest.raises((ValueError, ExceptionGroup)):
        connect(leaks.Leaking(lambda request: leak(secret, request))).get(DASTRA_URL)
    assert found(watch, where), watch.findings()


def test_a_response_is_caught(connect: Connect, watch: Watch, secret: str, dtz: DtzStandIn) -> None:
    auth = leaks.Leaking(lambda request: leaks.in_the_query(secret, request))
    response = connect(auth).get(DTZ_URL)
    assert response.status_code == 401
    for where in (
        "url of response",
        "url of request of response",
        "str of raise_for_status of response",
    ):
        assert found(watch, where), where


def test_the_history_of_a_response_is_caught(
    connect: Connect, watch: Watch, secret: str, dtz: DtzStandIn
) -> None:
    dtz.redirect("/v1/echo")
    auth = leaks.Leaking(lambda request: leaks.in_the_query(secret, request))
    response = connect(auth, follow_redirects=True).get(DTZ_URL)
    assert len(response.history) == 1
    assert found(watch, "url of history of response")


def test_the_headers_of_a_request_are_caught(
    connect: Connect, watch: Watch, secret: str, dtz: DtzStandIn
) -> None:
    auth = leaks.Leaking(lambda request: leaks.in_a_plain_header(secret, request))
    connect(auth).get(DTZ_URL)
    assert found(watch, "headers of request of response")


def test_what_a_redirect_would_carry_on_is_caught(
    connect: Connect, watch: Watch, secret: str, dtz: DtzStandIn
) -> None:
    dtz.redirect("https://evil.example/")
    auth = leaks.Leaking(lambda request: leaks.in_a_plain_header(secret, request))
    connect(auth).get(DTZ_URL)
    places = ("next of response", "next_request of response")
    assert any(found(watch, f"headers of {place}") for place in places)


@pytest.mark.parametrize("place", ["foreign_host", "foreign_port", "plain"])
@pytest.mark.parametrize("how", ["header", "query", "Basic"])
def test_what_goes_elsewhere_is_caught(
    how: str,
    place: str,
    connect: Connect,
    watch: Watch,
    secret: str,
    recorder: Recorder,
    dtz: DtzStandIn,
) -> None:
    part, leak = {
        "header": ("x-api-key", leaks.in_a_plain_header),
        "query": ("query apiKey", leaks.in_the_query),
        "Basic": ("authorization", leaks.in_basic),
    }[how]
    url = getattr(recorder, place)
    response = connect(leaks.Leaking(lambda request: leak(secret, request))).get(url + "/")
    assert response.status_code == 200
    assert found(watch, f"{part} of a request to {url}"), watch.findings()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_credentials_are_seen_at_their_own_services_and_nowhere_else(
    method: Method, connect: Connect, watch: Watch, stand_ins: StandIns
) -> None:
    watch.services_secrets([stand_ins.dastra, stand_ins.dtz])
    assert connect(method.make(stand_ins).auth).get(method.url).status_code == 200
    index = Index(watch.canaries.all())
    seen = [
        arrival.origin
        for arrival in watch.arrivals
        for _, text in arrival.parts()
        if index.search(text)
    ]
    assert len(set(seen)) == 1 + (method.token_requests > 0)
    assert watch.findings() == []


def test_a_password_that_dtz_does_not_know_is_still_for_dtz(
    connect: Connect, watch: Watch, dtz: DtzStandIn
) -> None:
    login = DtzLogin("somebody", "q7Zk-2Vb9XwT4_mR8cLs1NfY6")
    with pytest.raises(TokenError):
        connect(DtzBearer(login)).get(DTZ_URL)
    [canary] = watch.canaries.all()
    assert canary.kind == "password given to DtzLogin"
    assert watch.findings() == []


@pytest.mark.parametrize("name", leaks.MISPLACED)
def test_a_credential_out_of_its_place_is_caught(
    name: str, connect: Connect, watch: Watch, stand_ins: StandIns
) -> None:
    give, url, header, finding = leaks.MISPLACED[name]
    watch.services_secrets([stand_ins.dastra, stand_ins.dtz])
    secret = give(stand_ins)

    def put(request: Any) -> None:
        request.headers[header] = f"Bearer {secret}"

    connect(leaks.Leaking(put)).get(url)
    assert f"{finding} (plain)" in watch.findings()


def test_what_a_proxy_is_told_is_caught(watch: Watch, secret: str, stand_ins: StandIns) -> None:
    proxy = httpx.Proxy(stand_ins.proxy_url, headers={"X-API-KEY": secret})
    with httpx.Client(proxy=proxy) as client:
        assert client.get(DASTRA_URL).status_code == 401
    [finding] = watch.findings()
    assert finding.endswith("in the x-api-key header of a CONNECT request (plain)")


def test_a_proxys_own_password_is_for_the_proxy_alone(
    connect: Connect, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        url = stand_ins.proxy_url.replace("//", "//id:dq93nXw72kPz51aB@")
        monkeypatch.setenv(name, url)
    with watching(Watch(CredentialFilter())) as watch:
        assert connect().get(DASTRA_URL).status_code == 401
        assert watch.findings() == []
        leaks.in_a_log_record("id:dq93nXw72kPz51aB")
        assert watch.findings() == [
            "proxy password in the log record of third.party (DEBUG) (plain)"
        ]


def test_what_is_logged_below_our_reach_shows_without_the_filter_alone(
    kind: str, connect: Connect, dtz: DtzStandIn
) -> None:
    shown = []
    for through in (None, CredentialFilter()):
        with watching(Watch(through)) as watch:
            watch.services_secrets([dtz])
            assert connect(DtzQueryKey(dtz.api_key)).get(DTZ_URL).status_code == 200
            shown.append(watch.findings())
    # The rest is in `test_log_filter.py`: HTTP/2, retries, connections that break.
    record = "DTZ API key in the log record of urllib3.connectionpool (DEBUG) (plain)"
    assert shown == [[record] if kind.startswith("requests") else [], []]


@pytest.mark.parametrize("kind", ["requests.Session", "requests.get"])
def test_the_query_key_shows_in_the_connection_errors_of_requests(
    connect: Connect, dtz: DtzStandIn
) -> None:
    # A request that gets no answer is nobody's to change any more, and its URL has the key.
    dtz.drop()
    with watching(Watch(CredentialFilter())) as watch:
        watch.services_secrets([dtz])
        client = connect(DtzQueryKey(dtz.api_key))
        with pytest.raises(client.errors):
            client.get(DTZ_URL)
    where = {re.sub(r".*\bof (?=[A-Z])| \(.*", "", finding) for finding in watch.findings()}
    assert where == {"MaxRetryError", "ProxyError"}


LEAKING = """
import logging
import pytest

def test_leaks(canary):
    logging.getLogger("here").debug(canary.secret("private-"))

def test_leaks_nothing(canary):
    assert canary.secret("private-")

@pytest.mark.leaks("it is what is tested", finding="secret .* in the log record of here .*")
def test_leaks_on_purpose(canary):
    logging.getLogger("here").debug(canary.secret("private-"))

@pytest.mark.leaks("it is what is tested", finding="secret .* in the log record of there .*")
def test_leaks_otherwise_than_on_purpose(canary):
    logging.getLogger("here").debug(canary.secret("private-"))

def test_what_a_test_sees_of_a_log_is_what_it_would_see_without(caplog):
    logging.getLogger("here").debug("not seen")
    logging.getLogger("here").warning("seen")
    assert caplog.messages == ["seen"]
"""


def test_the_fixture_fails_the_test_that_leaks_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    tests = Path(__file__).parents[1]
    options = [
        "-q",
        "-p",
        "canary.plugin",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        ".",
        "-W",
        "error",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        env={**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent / 'src'}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "5 passed, 2 errors" in done.stdout, done.stdout
    assert "ERROR at teardown of test_leaks " in done.stdout
    assert "ERROR at teardown of test_leaks_otherwise_than_on_purpose" in done.stdout
    said = "secret private-… of the test's own in the log record of here (DEBUG) (plain)"
    assert done.stdout.count(said) >= 2
