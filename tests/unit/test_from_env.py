"""What `from_env` refuses: the same as constructors, by the name of the variable."""

import os
from typing import Any

import pytest

from dtz_dastra_auth import (
    ConfigurationError,
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)
from unit.table_inputs import HEAD, TAIL
from unit.told import told

GOOD = {
    "DASTRA_PUBLIC_KEY": "public",
    "DASTRA_PRIVATE_KEY": "private",
    "DTZ_API_KEY": "apikey-1234",
    "DTZ_USERNAME": "user",
    "DTZ_PASSWORD": "password",
}
OPTIONAL = (
    "DASTRA_TOKEN_URL",
    "DASTRA_ORIGINS",
    "DTZ_ACCESS_TOKEN",
    "DTZ_CONTEXT_ID",
    "DTZ_IDENTITY_URL",
    "DTZ_ORIGINS",
)

READ: list[tuple[Any, tuple[str, ...]]] = [
    (
        DastraClientCredentials,
        ("DASTRA_PUBLIC_KEY", "DASTRA_PRIVATE_KEY", "DASTRA_TOKEN_URL", "DASTRA_ORIGINS"),
    ),
    (DastraApiKey, ("DASTRA_PRIVATE_KEY", "DASTRA_ORIGINS")),
    (DtzApiKey, ("DTZ_API_KEY", "DTZ_CONTEXT_ID", "DTZ_ORIGINS")),
    (DtzQueryKey, ("DTZ_API_KEY", "DTZ_CONTEXT_ID", "DTZ_ORIGINS")),
    (DtzBasic, ("DTZ_API_KEY", "DTZ_ORIGINS")),
    (DtzBearer, ("DTZ_ACCESS_TOKEN", "DTZ_USERNAME", "DTZ_PASSWORD", "DTZ_ORIGINS")),
    (DtzCookie, ("DTZ_ACCESS_TOKEN", "DTZ_USERNAME", "DTZ_PASSWORD", "DTZ_ORIGINS")),
    (DtzLogin, ("DTZ_USERNAME", "DTZ_PASSWORD", "DTZ_CONTEXT_ID", "DTZ_IDENTITY_URL")),
]

BAD = {
    "blanks": "   ",
    "a newline alone": "\n",
    "the newline of a file": f"{HEAD}\n",
    "CR LF behind": f"{HEAD}\r\n",
    "a blank before": f" {HEAD}",
    "a no-break space behind": f"{HEAD}\xa0",
    "a byte order mark before": f"\ufeff{HEAD}",
    "a tab inside": f"{HEAD}\t{TAIL}",
    "LF inside": f"{HEAD}\n{TAIL}",
    "DEL inside": f"{HEAD}\x7f{TAIL}",
    "bytes that are no UTF-8": f"{HEAD}\udce9{TAIL}",
}

NO_ORIGINS = {
    "plain http": f"http://{HEAD}.example",
    "a path": f"https://{HEAD}.example/{TAIL}",
    "no scheme": f"{HEAD}.example",
    "two hosts and no comma": f"https://{HEAD}.example;https://{TAIL}.example",
    "two hosts and a space": f"https://{HEAD}.example https://{TAIL}.example",
    "quotes": f'"https://{HEAD}.example"',
    "a list of Python's": f"['https://{HEAD}.example']",
    "a wildcard": f"https://a.example,*.{HEAD}.example",
}
NO_ENDPOINT = {
    "plain http": f"http://{HEAD}.example/{TAIL}",
    "no scheme": f"{HEAD}.example/{TAIL}",
    "a fragment": f"https://{HEAD}.example/#{TAIL}",
    "user information": f"https://{HEAD}:{TAIL}@a.example",
}
NO_TOKEN = {
    "the scheme before it": f"Bearer {HEAD}",
    "a key of DTZ": f"apikey-{HEAD}",
    "a letter beyond ASCII": f"{HEAD}é{TAIL}",
}
NO_KEY = {
    "a context": f"context-{HEAD}",
    "a space inside": f"apikey-{HEAD} {TAIL}",
    "the prefix alone": "apikey-",
}
# What only the constructor finds, by the kind of the variable.
OF_NO_USE: dict[str, dict[str, str]] = {
    "DASTRA_PUBLIC_KEY": {"a key of DTZ": f"apikey-{HEAD}"},
    "DASTRA_PRIVATE_KEY": {"a key of DTZ": f"apikey-{HEAD}"},
    "DASTRA_TOKEN_URL": NO_ENDPOINT,
    "DASTRA_ORIGINS": NO_ORIGINS,
    "DTZ_API_KEY": NO_KEY,
    "DTZ_ACCESS_TOKEN": NO_TOKEN,
    "DTZ_CONTEXT_ID": NO_TOKEN,
    "DTZ_IDENTITY_URL": {**NO_ENDPOINT, "a query": f"https://{HEAD}.example/?{TAIL}"},
    "DTZ_ORIGINS": NO_ORIGINS,
}
# What one class cannot have where others can.
OF_NO_USE_HERE: list[tuple[Any, str, str]] = [
    (DastraApiKey, "DASTRA_PRIVATE_KEY", f"{HEAD} {TAIL}"),
    (DtzBasic, "DTZ_API_KEY", f"apikey-{HEAD}:{TAIL}"),
    (DtzBasic, "DTZ_ACCESS_TOKEN", f"{HEAD}:{TAIL}"),
    (DtzCookie, "DTZ_ACCESS_TOKEN", f"{HEAD};{TAIL}"),
    (DtzCookie, "DTZ_ACCESS_TOKEN", f"dtz-auth={HEAD}"),
]

every_variable = pytest.mark.parametrize(
    ("build", "variable"),
    [
        pytest.param(build, variable, id=f"{build.__name__}-{variable}")
        for build, variables in READ
        for variable in variables
    ],
)


every_value_of_no_use = pytest.mark.parametrize(
    ("build", "variable", "value"),
    [
        *(
            pytest.param(build, variable, value, id=f"{build.__name__}-{variable}-{what}")
            for build, variables in READ
            for variable in variables
            for what, value in OF_NO_USE.get(variable, {}).items()
        ),
        *OF_NO_USE_HERE,
    ],
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set what is needed, and nothing else."""
    for name in OPTIONAL:
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refused(build: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        build.from_env()
    return caught.value


@every_variable
@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_a_bad_variable_is_an_error_that_begins_with_it_and_shows_no_part_of_it(
    build: Any, variable: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(variable, value)

    error = refused(build)

    assert str(error).startswith(f"{variable}: ")
    assert HEAD not in told(error)
    assert TAIL not in told(error)


@every_value_of_no_use
def test_what_the_constructor_refuses_is_told_by_the_name_of_the_variable(
    build: Any, variable: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    if variable == "DTZ_ACCESS_TOKEN":
        environment.delenv("DTZ_API_KEY")
    environment.setenv(variable, value)

    error = refused(build)

    assert str(error).startswith(f"{variable}: ")
    assert HEAD not in told(error)
    assert TAIL not in told(error)
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("build", [DtzBasic, DtzBearer, DtzCookie], ids=lambda made: made.__name__)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DTZ_CONTEXT_ID", f"apikey-{HEAD}"),
        ("DTZ_IDENTITY_URL", f"http://{HEAD}.example"),
        ("DTZ_PASSWORD", f"{HEAD}\n"),
    ],
    ids=lambda text: text if text.startswith("DTZ") else "",
)
def test_a_login_in_the_place_of_a_token_is_told_by_its_own_variables(
    build: Any, variable: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("DTZ_API_KEY")
    environment.setenv(variable, value)

    assert str(refused(build)).startswith(f"{variable}: ")


def test_an_argument_of_from_env_keeps_its_own_name() -> None:
    with pytest.raises(ConfigurationError, match=r"^timeout: "):
        DtzLogin.from_env(timeout=0)


@every_variable
def test_an_empty_variable_counts_as_not_set(
    build: Any, variable: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(variable, "")
    if variable in GOOD and not (build is DtzBasic and variable == "DTZ_API_KEY"):
        assert variable in str(refused(build))
    else:
        assert build.from_env()


@pytest.mark.parametrize(("build", "variables"), READ, ids=lambda value: str(value)[:40])
def test_a_variable_that_is_not_set_is_named(
    build: Any, variables: tuple[str, ...], environment: pytest.MonkeyPatch
) -> None:
    for name in GOOD:
        environment.delenv(name)

    # Of several that would do, the first one begins the message.
    assert str(refused(build)).startswith(f"{variables[0]}: is not set")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (DtzBasic, "DTZ_API_KEY: is not set, nor is DTZ_ACCESS_TOKEN, nor "),
        (DtzBearer, "DTZ_ACCESS_TOKEN: is not set, nor is "),
        (DtzCookie, "DTZ_ACCESS_TOKEN: is not set, nor is "),
    ],
    ids=["DtzBasic", "DtzBearer", "DtzCookie"],
)
def test_every_variable_that_would_have_done_is_named(
    build: Any, said: str, environment: pytest.MonkeyPatch
) -> None:
    for name in GOOD:
        environment.delenv(name)

    assert str(refused(build)) == f"{said}DTZ_USERNAME with DTZ_PASSWORD"


LISTS = pytest.mark.parametrize(
    ("build", "variable"),
    [(DastraApiKey, "DASTRA_ORIGINS"), (DtzApiKey, "DTZ_ORIGINS")],
    ids=["Dastra", "DTZ"],
)


@LISTS
@pytest.mark.parametrize(
    "value",
    [
        "https://a.example,https://b.example",
        "https://a.example, https://b.example",
        "https://a.example,,https://b.example",
        ",https://a.example,https://b.example,",
        "https://a.example , https://b.example/ ,https://a.example",
    ],
)
def test_empty_parts_of_a_list_of_origins_are_passed_over(
    build: Any, variable: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(variable, value)

    assert build.from_env().origins == _origins(build)


@LISTS
@pytest.mark.parametrize("value", [",", ",,", " , ", ", ,"])
def test_a_list_without_an_origin_does_not_mean_the_defaults(
    build: Any, variable: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(variable, value)

    assert str(refused(build)).startswith(f"{variable}: ")


@pytest.mark.parametrize("key", ["ünï-€", "a:b+c%d&e f", "\U0001f511"])
def test_keys_in_the_environment_may_be_of_any_letters(
    key: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setitem(os.environ, "DASTRA_PUBLIC_KEY", key)

    assert DastraClientCredentials.from_env() == DastraClientCredentials(key, "private")


def _origins(build: Any) -> object:
    secret = "private" if build is DastraApiKey else "apikey-1234"
    return build(secret, origins=["https://a.example", "https://b.example"]).origins
