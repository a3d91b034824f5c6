"""Where a credential may go, and what is said when it may not."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
import requests

from dtz_dastra_auth import DastraApiKey, DtzApiKey
from dtz_dastra_auth._origins import Origins, warn_withheld

# requests holds its URLs as str, the other two as objects.
KINDS: list[Callable[[str], Any]] = [str, httpx.URL, httpx2.URL]

URL_ERRORS = (httpx.InvalidURL, httpx2.InvalidURL)

kinds = pytest.mark.parametrize("kind", KINDS, ids=["str", "httpx.URL", "httpx2.URL"])


def allowed(origins: list[str], kind: Callable[[str], Any], url: str) -> bool:
    try:
        given = kind(url)
    except URL_ERRORS:
        # The library refuses to make a request for it.
        return False
    return Origins(origins).allow(given)


@kinds
@pytest.mark.parametrize(
    "url",
    [
        "https://api.dtz.rocks/v1/me",
        "https://api.dtz.rocks",
        "https://api.dtz.rocks?a=b",
        "https://api.dtz.rocks#part",
        "https://api.dtz.rocks:443/",
        "HTTPS://API.Dtz.ROCKS/",
        "https://api.dtz.rocks/@evil.example",
        "https://user:pw@api.dtz.rocks/",
        "https://evil.example%40@api.dtz.rocks/",
        "https://api.dtz.rocks/http://evil.example/",
        "https://api.dtz.rocks/?next=https://evil.example/",
    ],
)
def test_a_credential_goes_to_its_origin(kind: Callable[[str], Any], url: str) -> None:
    assert allowed(["https://api.dtz.rocks"], kind, url)


@kinds
@pytest.mark.parametrize(
    "url",
    [
        "http://api.dtz.rocks/",
        "http://api.dtz.rocks:443/",
        "ftp://api.dtz.rocks/",
        "wss://api.dtz.rocks/",
        "https://api.dtz.rocks:8443/",
        "https://api.dtz.rocks:80/",
        "https://api.dtz.rocks.evil.example/",
        "https://evil.api.dtz.rocks/",
        "https://evil-api.dtz.rocks/",
        "https://dtz.rocks/",
        "https://apiXdtz.rocks/",
        "https://api.dtz.rocks./",
        "https://api.dtz.rocks@evil.example/",
        "https://api.dtz.rocks:443@evil.example/",
        "http://localhost:80@evil.example/",
        "https://user:api.dtz.rocks@evil.example/",
        "https://evil.example/https://api.dtz.rocks/",
        "https://evil.example?https://api.dtz.rocks/",
        "https://evil.example#@api.dtz.rocks/",
        "https://evil.example?@api.dtz.rocks/",
        "https://evil.example/@api.dtz.rocks/",
        "https://evil.example:443/api.dtz.rocks",
        "https://api.dtz.rocks%2eevil.example/",
        "https://api.dtz.rocks%00.evil.example/",
        "https://api.dtz.rocks\\.evil.example/",
        "https://api.dtz.rocks\\@evil.example/",
        "https://api.dtz.rocks\t.evil.example/",
        "https://api.dtz.rocks\n.evil.example/",
        "https://[::ffff:1.2.3.4]/",
        "https:api.dtz.rocks/",
        "//api.dtz.rocks/",
        "api.dtz.rocks/",
        "/v1/me",
        "",
    ],
)
def test_a_credential_goes_nowhere_else(kind: Callable[[str], Any], url: str) -> None:
    assert not allowed(["https://api.dtz.rocks"], kind, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\@api.dtz.rocks/",
        "https:\\\\api.dtz.rocks/",
        "https://api.dtz.roc\u212as/",
    ],
)
def test_a_url_text_that_parsers_read_differently_is_nobodys_origin(url: str) -> None:
    assert not Origins(["https://api.dtz.rocks"]).allow(url)


@kinds
def test_a_port_that_was_written_out_is_part_of_the_origin(kind: Callable[[str], Any]) -> None:
    origins = ["https://api.example:8443"]

    assert allowed(origins, kind, "https://api.example:8443/")
    assert not allowed(origins, kind, "https://api.example/")


@kinds
def test_the_default_port_is_no_part_of_the_origin(kind: Callable[[str], Any]) -> None:
    assert allowed(["https://api.example:443"], kind, "https://api.example/")


@kinds
def test_port_80_is_the_default_of_http_alone(kind: Callable[[str], Any]) -> None:
    assert allowed(["http://localhost"], kind, "http://localhost:80/")
    assert not allowed(["http://localhost"], kind, "https://localhost:80/")


@kinds
def test_an_origin_written_in_capitals_is_the_same(kind: Callable[[str], Any]) -> None:
    assert allowed(["HTTPS://API.EXAMPLE"], kind, "https://api.example/")


@kinds
def test_an_ipv6_origin_matches_with_its_port(kind: Callable[[str], Any]) -> None:
    origins = ["https://[2001:DB8::1]:8443"]

    assert allowed(origins, kind, "https://[2001:db8::1]:8443/")
    assert not allowed(origins, kind, "https://[2001:db8::2]:8443/")
    assert not allowed(origins, kind, "https://[2001:db8::1]/")


@kinds
def test_an_international_name_is_compared_as_it_is_dialled(kind: Callable[[str], Any]) -> None:
    assert allowed(["https://bücher.example"], kind, "https://xn--bcher-kva.example/")


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_an_international_name_in_a_url_object_matches(library: Any) -> None:
    assert Origins(["https://bücher.example"]).allow(library.URL("https://bücher.example/"))


def test_an_international_name_matches_once_requests_has_prepared_it() -> None:
    prepared = requests.Request("GET", "https://bücher.example/").prepare()

    assert Origins(["https://xn--bcher-kva.example"]).allow(prepared.url)


@kinds
def test_a_letter_that_only_looks_alike_is_another_origin(kind: Callable[[str], Any]) -> None:
    assert not allowed(["https://api.dtz.rocks"], kind, "https://аpi.dtz.rocks/")


def test_origins_are_equal_however_they_were_written() -> None:
    one = Origins(["https://a.example", "https://b.example:443"])
    other = Origins(["https://B.example", "HTTPS://a.example/"])

    assert one == other
    assert hash(one) == hash(other)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING and record.name == "dtz_dastra_auth"
    ]


def test_a_request_to_another_origin_passes_untouched() -> None:
    request = requests.Request("GET", "https://evil.example/?a=b", cookies={"c": "d"}).prepare()
    before = (request.url, dict(request.headers))

    DtzApiKey("apikey-1234")(request)

    assert (request.url, dict(request.headers)) == before


def test_the_first_request_to_another_origin_is_warned_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    DtzApiKey("apikey-1234")(requests.Request("GET", "https://evil.example/").prepare())

    (message,) = warnings(caplog)
    assert "DtzApiKey" in message
    assert "https://evil.example:443" in message
    assert "origins=[" in message


def test_an_odd_url_is_not_to_be_added_to_the_origins(caplog: pytest.LogCaptureFixture) -> None:
    warn_withheld("https://api.dtz.rocks\\@evil.example/", "DtzApiKey")
    warn_withheld("https://api.dtz.rocks\\@other.example/", "DtzApiKey")

    (message,) = warnings(caplog)
    assert "no plain one" in message
    assert "origins=" not in message


def test_the_warning_shows_neither_the_credential_nor_the_rest_of_the_url(
    caplog: pytest.LogCaptureFixture,
) -> None:
    auth = DtzApiKey("apikey-1234")

    auth(requests.Request("GET", "https://evil.example/path?code=hunter2#part").prepare())
    auth(requests.Request("GET", "https://user:hunter2@evil.example/").prepare())

    said = "\n".join(warnings(caplog))
    assert "apikey-1234" not in said
    assert "hunter2" not in said
    assert "path" not in said


@kinds
def test_one_origin_is_warned_about_once(
    kind: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    warn_withheld(kind("https://evil.example/one"), "DtzApiKey")
    warn_withheld(kind("https://EVIL.example:443/two"), "DtzApiKey")
    warn_withheld(kind("https://evil.example/three"), "DastraApiKey")

    assert len(warnings(caplog)) == 1


def test_one_origin_is_warned_about_once_for_all_libraries(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for kind in KINDS:
        warn_withheld(kind("https://evil.example/"), "DtzApiKey")

    assert len(warnings(caplog)) == 1


def test_another_port_is_another_origin_to_warn_about(caplog: pytest.LogCaptureFixture) -> None:
    warn_withheld("https://evil.example/", "DtzApiKey")
    warn_withheld("https://evil.example:8443/", "DtzApiKey")
    warn_withheld("http://evil.example/", "DtzApiKey")

    assert len(warnings(caplog)) == 3


def test_a_hundred_origins_are_warned_about_at_most(caplog: pytest.LogCaptureFixture) -> None:
    for number in range(150):
        warn_withheld(f"https://host{number}.example/", "DtzApiKey")

    assert len(warnings(caplog)) == 100


@pytest.mark.parametrize(
    "url",
    [
        "https://evil\x1b[31m.example/",
        "https://evil.example\nERROR forged line",
        "https://evil\r\n.example/",
        "https://bücher.example/",
        "https://" + "a" * 5000 + ".example/",
    ],
)
def test_a_host_cannot_forge_log_lines(url: str, caplog: pytest.LogCaptureFixture) -> None:
    warn_withheld(url, "DtzApiKey")

    (message,) = warnings(caplog)
    # The ellipsis is ours.
    assert message.replace("…", "").isascii()
    assert message.isprintable()
    assert len(message) < 1000


def test_an_allowed_origin_is_not_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    DastraApiKey("private")(requests.Request("GET", "https://api.dastra.eu/").prepare())

    assert warnings(caplog) == []
