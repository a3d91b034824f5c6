"""What a type checker must accept and refuse where Airbyte's CDK is installed.

Never run: checked with ``mypy --strict`` and with pyright.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import logging

from airbyte_cdk.sources.streams.http import HttpClient

from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)

LOGGER = logging.getLogger("airbyte")


def every_class_is_taken() -> None:
    HttpClient("name", LOGGER, authenticator=DastraClientCredentials("public", "private"))
    HttpClient("name", LOGGER, authenticator=DastraApiKey("private"))
    HttpClient("name", LOGGER, authenticator=DtzApiKey("apikey-1"))
    HttpClient("name", LOGGER, authenticator=DtzBearer("token"))
    HttpClient("name", LOGGER, authenticator=DtzBasic("apikey", "apikey-1"))
    HttpClient("name", LOGGER, authenticator=DtzCookie("token"))
    HttpClient("name", LOGGER, authenticator=DtzQueryKey("apikey-1"))


def so_is_what_the_environment_makes() -> None:
    HttpClient("name", LOGGER, authenticator=DastraClientCredentials.from_env())
    HttpClient("name", LOGGER, authenticator=DastraApiKey.from_env())
    HttpClient("name", LOGGER, authenticator=DtzApiKey.from_env())
    HttpClient("name", LOGGER, authenticator=DtzBearer.from_env())
    HttpClient("name", LOGGER, authenticator=DtzBasic.from_env())
    HttpClient("name", LOGGER, authenticator=DtzCookie.from_env())
    HttpClient("name", LOGGER, authenticator=DtzQueryKey.from_env())


def a_source_is_not_an_auth() -> None:
    source = DtzLogin("user", "password")
    HttpClient("name", LOGGER, authenticator=source)  # type: ignore[arg-type]
