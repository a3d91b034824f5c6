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

every_variable = pytest.mark.parametrize(
    ("build", "variable"),
    [
        pytest.param(build, variable, id=f"{build.__name__}-{variable}")
        for build, variables in READ
        for variable in variables
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

    needed = [name for name in variables if name in GOOD] if build is not DtzBasic else []

    assert (needed or ["DTZ_USERNAME"])[0] in str(refused(build))


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


@LISTS
@pytest.mark.parametrize(
    "value",
    [
        f"https://{HEAD}.example;https://{TAIL}.example",
        f"https://{HEAD}.example https://{TAIL}.example",
        f'"https://{HEAD}.example"',
        f"['https://{HEAD}.example']",
        f"{HEAD}.example",
        f"https://a.example,*.{HEAD}.example",
    ],
)
def test_a_list_that_is_none_is_an_error_that_shows_no_part_of_it(
    build: Any, variable: str, value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(variable, value)

    error = refused(build)

    assert str(error).startswith(("origins: ", f"{variable}: "))
    assert HEAD not in told(error)
    assert TAIL not in told(error)


@pytest.mark.parametrize("key", ["ünï-€", "a:b+c%d&e f", "\U0001f511"])
def test_keys_in_the_environment_may_be_of_any_letters(
    key: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setitem(os.environ, "DASTRA_PUBLIC_KEY", key)

    assert DastraClientCredentials.from_env() == DastraClientCredentials(key, "private")


def _origins(build: Any) -> object:
    secret = "private" if build is DastraApiKey else "apikey-1234"
    return build(secret, origins=["https://a.example", "https://b.example"]).origins
