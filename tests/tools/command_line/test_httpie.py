"""The plug-in in HTTPie itself: where credentials come from, and HTTPie's own options."""

import json
from pathlib import Path

import pytest

from dtz_dastra_auth.testing import DastraStandIn, StandIns
from tools.command_line.runs import DASTRA_URL, DTZ_URL, TYPES, Httpie

pytestmark = pytest.mark.tool(
    "HTTPie",
    package="httpie",
    how="`--auth-type=dastra` and seven more types",
    mind="Prefer the variables: HTTPie keeps `-a` in the file of a `--session`, in plain text, and "
    "your shell in its history, and `ps` shows it. `--verbose` shows the header that is sent, and "
    "with `dtz-query` the error of a connection shows the URL, key and all.",
)


def answered(stand_ins: StandIns, auth_type: str) -> object:
    """Give what the service says to whoever the type's credential belongs to."""
    [call] = (stand_ins.dastra if auth_type.startswith("dastra") else stand_ins.dtz).calls
    assert call.status == 200
    return call.path


@pytest.mark.parametrize("auth_type", TYPES)
def test_each_type_takes_its_credential_from_the_command_line(
    auth_type: str, httpie: Httpie, stand_ins: StandIns
) -> None:
    url, secret = TYPES[auth_type]
    done = httpie.run(f"--auth-type={auth_type}", "-a", secret(stand_ins), url)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)
    assert url.endswith(str(answered(stand_ins, auth_type)))


@pytest.mark.parametrize("auth_type", TYPES)
def test_each_type_takes_its_credential_from_the_environment(
    auth_type: str, httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    url, _ = TYPES[auth_type]
    token = {"DTZ_ACCESS_TOKEN": stand_ins.dtz.make_token()} if auth_type != "dtz-login" else {}
    done = httpie.run(f"--auth-type={auth_type}", url, **variables, **token)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)
    assert url.endswith(str(answered(stand_ins, auth_type)))


def test_it_prints_the_workspaces(httpie: Httpie, dastra: DastraStandIn) -> None:
    pair = f"{dastra.public_key}:{dastra.private_key}"
    done = httpie.run("--auth-type=dastra", "-a", pair, DASTRA_URL)
    [workspace] = json.loads(done.stdout)["items"]
    assert workspace["label"] == "My data company"


@pytest.mark.parametrize("auth_type", TYPES)
def test_the_environments_origins_and_urls_count_with_the_command_line_too(
    auth_type: str, httpie: Httpie, stand_ins: StandIns
) -> None:
    url, secret = TYPES[auth_type]
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    here = (dastra if auth_type.startswith("dastra") else dtz).origin
    done = httpie.run(
        f"--auth-type={auth_type}",
        *("-a", secret(stand_ins), here + "/" + url.split("/", 3)[3]),
        DASTRA_ORIGINS=dastra.origin,
        DASTRA_TOKEN_URL=f"{dastra.origin}/connect/token",
        DTZ_ORIGINS=dtz.origin,
        DTZ_IDENTITY_URL=f"{dtz.origin}/api/2021-02-21",
        NO_PROXY="127.0.0.1,localhost",
    )
    assert done.returncode == 0, done.stderr + done.stdout
    hosts = {request.host for request in (*dastra.requests, *dtz.requests)}
    assert hosts == {here.removeprefix("https://")}


def test_the_example_runs_as_it_stands(
    httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    done = httpie.shell(Path(__file__).with_name("use_httpie.sh"), **variables)
    assert done.returncode == 0, done.stderr
    assert [call.path for call in stand_ins.dastra.calls] == ["/v1/workspaces"] * 3
    assert [call.path for call in stand_ins.dtz.calls] == ["/v1/me"] * 3
    assert {call.status for call in (*stand_ins.dastra.calls, *stand_ins.dtz.calls)} == {200}
    assert "Authorization: Bearer TOKEN\n" in done.stdout


def test_https_needs_no_scheme(httpie: Httpie, stand_ins: StandIns) -> None:
    key = stand_ins.dtz.api_key
    done = httpie.run("--auth-type=dtz-key", "-a", key, "api.dtz.rocks/v1/me", program="https")
    assert done.returncode == 0, done.stderr


def test_verbose_shows_one_request_as_it_was_sent(httpie: Httpie, dastra: DastraStandIn) -> None:
    pair = f"{dastra.public_key}:{dastra.private_key}"
    done = httpie.run("--verbose", "--auth-type=dastra", "-a", pair, DASTRA_URL)
    [call] = dastra.calls
    assert done.stdout.startswith("GET /v1/workspaces HTTP/1.1\n")
    assert f"Authorization: {call.header('Authorization')}\n" in done.stdout
    assert done.stdout.count("HTTP/1.1") == 2
    assert dastra.private_key not in done.stdout + done.stderr


@pytest.mark.parametrize("auth_type", TYPES)
@pytest.mark.parametrize("given", ["-a", "environment"])
def test_offline_shows_the_request_and_sends_nothing(
    auth_type: str, given: str, httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    url, secret = TYPES[auth_type]
    credential = secret(stand_ins)
    arguments = ("-a", credential) if given == "-a" else ()
    done = httpie.run("--offline", f"--auth-type={auth_type}", *arguments, url, **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"GET /{url.split('/', 3)[3]}")
    assert stand_ins.dastra.requests == stand_ins.dtz.requests == []


@pytest.mark.parametrize("auth_type", ["dastra", "dtz-login", "dtz-bearer", "dtz-cookie"])
def test_offline_shows_where_a_token_would_stand(
    auth_type: str, httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    # For DTZ these variables are a user's name and password, which the token would be asked with.
    done = httpie.run("--offline", f"--auth-type={auth_type}", TYPES[auth_type][0], **variables)
    shown = "Cookie: dtz-auth=TOKEN\n" if auth_type == "dtz-cookie" else "Bearer TOKEN\n"
    assert shown in done.stdout
    assert not any(secret in done.stdout for secret in variables.values())


@pytest.mark.parametrize("auth_type", TYPES)
@pytest.mark.parametrize("given", ["-a", "environment"])
def test_a_session_keeps_the_type_and_what_was_given(
    auth_type: str, given: str, httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    url, secret = TYPES[auth_type]
    from_environment = variables if given == "environment" else {}
    credential = secret(stand_ins)
    arguments = ("-a", credential) if given == "-a" else ()
    first = httpie.run(
        "--session=it", f"--auth-type={auth_type}", *arguments, url, **from_environment
    )
    again = httpie.run("--session=it", url, **from_environment)
    assert (first.returncode, again.returncode) == (0, 0), again.stderr
    [file] = httpie.directory.rglob("it.json")
    kept = file.read_text()
    assert credential in kept or given == "environment"
    assert not any(each in kept for each in from_environment.values())


def test_a_session_is_told_of_a_variable_that_has_gone(
    httpie: Httpie, variables: dict[str, str]
) -> None:
    httpie.run("--session=it", "--auth-type=dastra", DASTRA_URL, **variables)
    done = httpie.run("--session=it", DASTRA_URL)
    assert done.returncode == 1
    assert "ConfigurationError: DASTRA_PUBLIC_KEY: is not set" in done.stderr


def test_a_download_is_authenticated(
    httpie: Httpie, dastra: DastraStandIn, variables: dict[str, str]
) -> None:
    arguments = ("--download", "--output=it.json", "--auth-type=dastra")
    done = httpie.run(*arguments, DASTRA_URL, **variables)
    assert done.returncode == 0, done.stderr
    assert json.loads((httpie.directory / "it.json").read_text())["total"] == 1
    assert "Traceback" not in done.stderr


def test_a_download_survives_a_401(
    httpie: Httpie, dastra: DastraStandIn, variables: dict[str, str]
) -> None:
    dastra.fail(401)
    arguments = ("--download", "--output=it.json", "--auth-type=dastra")
    done = httpie.run(*arguments, DASTRA_URL, **variables)
    assert done.returncode == 0, done.stderr
    assert json.loads((httpie.directory / "it.json").read_text())["total"] == 1


def test_a_redirect_to_another_host_goes_without_the_key(
    httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    stand_ins.dtz.redirect(DASTRA_URL)
    done = httpie.run("--follow", "--all", "--verbose", "--auth-type=dtz-key", DTZ_URL, **variables)
    [call] = stand_ins.dastra.calls
    assert call.header("X-API-KEY") is None
    assert done.stdout.count(stand_ins.dtz.api_key) == 1


def test_a_redirect_inside_the_service_carries_the_key(
    httpie: Httpie, stand_ins: StandIns, variables: dict[str, str]
) -> None:
    stand_ins.dtz.redirect("https://billing.dtz.rocks/v1/me")
    done = httpie.run("--follow", "--auth-type=dtz-key", DTZ_URL, **variables)
    assert done.returncode == 0, done.stdout
    assert [call.status for call in stand_ins.dtz.calls] == [302, 200]
