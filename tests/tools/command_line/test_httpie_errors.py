"""The plug-in in HTTPie: what goes wrong is one line, and a token is asked for as HTTPie would."""

import subprocess

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from tools.command_line.runs import DASTRA_URL, DTZ_URL, TYPES, Httpie

pytestmark = pytest.mark.tool("HTTPie", package="httpie")

# A program that runs HTTPie, twice and into a file, and goes on.
RUN_TWICE = """
import io
import requests
from httpie.context import Environment
from httpie.core import main
from dtz_dastra_auth import DtzApiKey
for number in range(2):
    shown = io.StringIO()
    environment = Environment(stderr=shown, stdout=io.StringIO(), stdin=None)
    url = "https://api.dastra.eu:44%d/" % number
    main(["http", "--offline", "--auth-type=dtz-key", "-a", "apikey-1", url], env=environment)
    print(shown.getvalue().count("withheld"))
    shown.close()
    del environment
print("withheld")
requests.Request("GET", "https://account.dastra.eu/", auth=DtzApiKey("apikey-1")).prepare()
print(200)
"""
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def error_line(done: "subprocess.CompletedProcess[str]") -> str:
    """Give the one line of an error as HTTPie shows its own."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    [line] = [each for each in done.stderr.splitlines() if each]
    assert line.startswith("http: error: ")
    return line


def test_a_wrong_pair_is_one_line(httpie: Httpie, dastra: DastraStandIn) -> None:
    pair = f"{dastra.public_key}:not-the-private-key"
    done = httpie.run("--auth-type=dastra", "-a", pair, DASTRA_URL)
    assert "invalid_client" in error_line(done)
    assert "not-the-private-key" not in done.stderr
    assert dastra.calls == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--auth-type=dastra", "-a", "public:"), "private_key: is empty"),
        (("--auth-type=dastra-key", "-a", "pri vate"), "private_key: "),
        (("--auth-type=dtz-key", "-a", "1234-secret"), "api_key: a DTZ API key starts with"),
        (("--auth-type=dtz-query", "-a", "1234-secret"), "api_key: a DTZ API key starts with"),
        (("--auth-type=dtz-bearer", "-a", "a secret"), "token: "),
        (("--auth-type=dtz-cookie", "-a", "a;secret"), "token: "),
        (("--auth-type=dtz-basic", "-a", "user:secret"), "username: has to be 'apikey' or"),
        (("--auth-type=dtz-login", "-a", "user:"), "password: is empty"),
    ],
)
def test_what_cannot_work_is_one_line_that_names_the_parameter(
    arguments: tuple[str, ...], says: str, httpie: Httpie
) -> None:
    line = error_line(httpie.run(*arguments, DTZ_URL))
    assert f"ConfigurationError: {says}" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("auth_type", "variable"),
    [
        ("dastra", "DASTRA_PUBLIC_KEY"),
        ("dastra-key", "DASTRA_PRIVATE_KEY"),
        ("dtz-key", "DTZ_API_KEY"),
        ("dtz-query", "DTZ_API_KEY"),
        ("dtz-bearer", "DTZ_ACCESS_TOKEN"),
        ("dtz-cookie", "DTZ_ACCESS_TOKEN"),
        ("dtz-basic", "DTZ_API_KEY"),
        ("dtz-login", "DTZ_USERNAME"),
    ],
)
def test_a_variable_that_is_missing_is_one_line(
    auth_type: str, variable: str, httpie: Httpie
) -> None:
    line = error_line(httpie.run(f"--auth-type={auth_type}", DTZ_URL))
    assert line.startswith(f"http: error: ConfigurationError: {variable}: is not set")


def test_a_variable_that_cannot_work_is_one_line(httpie: Httpie, variables: dict[str, str]) -> None:
    done = httpie.run(
        "--auth-type=dastra", DASTRA_URL, **variables, DASTRA_ORIGINS="http://api.example.org"
    )
    assert "ConfigurationError: DASTRA_ORIGINS: " in error_line(done)


@pytest.mark.parametrize(
    ("auth_type", "variable"),
    [
        ("dastra", "DASTRA_TOKEN_URL"),
        ("dastra-key", "DASTRA_ORIGINS"),
        ("dtz-key", "DTZ_CONTEXT_ID"),
        ("dtz-login", "DTZ_IDENTITY_URL"),
        ("dtz-basic", "DTZ_ORIGINS"),
    ],
)
def test_beside_a_given_credential_a_variable_is_named_as_one(
    auth_type: str, variable: str, httpie: Httpie, stand_ins: StandIns
) -> None:
    url, secret = TYPES[auth_type]
    arguments = (f"--auth-type={auth_type}", "-a", secret(stand_ins), url)
    line = error_line(httpie.run(*arguments, **{variable: "no such thing"}))
    assert f"ConfigurationError: {variable}: " in line


def test_an_option_for_tls_that_cannot_work_is_one_line(
    httpie: Httpie, variables: dict[str, str]
) -> None:
    line = error_line(httpie.run("--ciphers=BAD", "--auth-type=dastra", DASTRA_URL, **variables))
    assert "SSLError" in line


def test_a_run_from_python_leaves_nothing_that_a_later_warning_fails_on(httpie: Httpie) -> None:
    done = httpie.python(RUN_TWICE)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert done.stdout.split() == ["1", "1", "withheld", "200"]


def test_a_name_without_a_secret_is_asked_for_one_as_by_http_itself(httpie: Httpie) -> None:
    done = httpie.run("--auth-type=dastra", "-a", "public", DASTRA_URL)
    assert done.returncode == 1
    assert "Unable to prompt for passwords because --ignore-stdin is set." in done.stderr


def test_a_token_endpoint_that_fails_is_one_line(
    httpie: Httpie, dastra: DastraStandIn, variables: dict[str, str]
) -> None:
    dastra.fail(503, times=None, on="token")
    line = error_line(httpie.run("--auth-type=dastra", DASTRA_URL, **variables))
    assert "TokenError: " in line
    assert "503" in line


def test_a_network_error_is_one_line(
    httpie: Httpie, dastra: DastraStandIn, variables: dict[str, str]
) -> None:
    dastra.drop(times=None, on="token")
    line = error_line(httpie.run("--auth-type=dastra", DASTRA_URL, **variables))
    assert "account.dastra.eu" in line
    assert dastra.private_key not in line


def test_its_timeout_counts_for_the_token_request(
    httpie: Httpie, dastra: DastraStandIn, variables: dict[str, str]
) -> None:
    with dastra.hold(on="token"):
        done = httpie.run("--timeout=1", "--auth-type=dastra", DASTRA_URL, **variables)
    assert (done.returncode, done.stderr.strip()) == (2, "http: error: Request timed out (1.0s).")


def test_its_proxy_counts_for_the_token_request(
    httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        del httpie.environment[name]
    proxy = f"--proxy=https:{stand_ins.proxy_url}"
    done = httpie.run(proxy, "--auth-type=dastra", DASTRA_URL, **variables)
    assert done.returncode == 0, done.stderr
    assert len(stand_ins.dastra.token_requests) == 1


@pytest.mark.parametrize("others_are_trusted", [False, True])
def test_its_certificates_count_for_the_token_request(
    httpie: Httpie, stand_ins: StandIns, variables: dict[str, str], *, others_are_trusted: bool
) -> None:
    for name in CA_VARIABLES:
        del httpie.environment[name]
    # Others than the stand-ins' own, which the option comes before.
    others = {"REQUESTS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"}
    variables |= others if others_are_trusted else {}
    arguments = ("--auth-type=dastra", DASTRA_URL)
    assert "SSL" in error_line(httpie.run(*arguments, **variables))
    for verify in (stand_ins.ca_file, "no"):
        done = httpie.run(f"--verify={verify}", *arguments, **variables)
        assert done.returncode == 0, done.stderr
    assert len(stand_ins.dastra.token_requests) == 2


def test_debugging_shows_no_secret(
    httpie: Httpie, dastra: DastraStandIn, variables: dict[str, str]
) -> None:
    done = httpie.run("--debug", "--auth-type=dastra", DASTRA_URL, **variables)
    assert done.returncode == 0
    assert "DastraClientCredentials(" in done.stderr
    secrets = {dastra.private_key, *dastra.tokens_in_force}
    assert not any(secret in done.stdout + done.stderr for secret in secrets)


def test_a_credential_that_is_withheld_is_one_line_that_says_how_to_send_it(
    httpie: Httpie, variables: dict[str, str]
) -> None:
    done = httpie.run("--auth-type=dtz-key", DASTRA_URL, **variables)
    [line] = [each for each in done.stderr.splitlines() if "withheld" in each]
    assert line.startswith("http: warning: DtzApiKey withheld its credential from 'https:")
    assert "DTZ_ORIGINS" in line
