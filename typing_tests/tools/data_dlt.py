"""What a type checker must accept and refuse where dlt and Singer's SDK are installed.

Never run: checked with ``mypy --strict`` and with pyright.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from dlt.sources.helpers.requests import Session
from dlt.sources.helpers.rest_client.client import RESTClient
from singer_sdk.helpers.types import Auth

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

URL = "https://api.dtz.rocks/"


def dlt_takes_every_class() -> None:
    RESTClient(URL, auth=DastraClientCredentials("public", "private"))
    RESTClient(URL, auth=DastraApiKey("private"))
    RESTClient(URL, auth=DtzApiKey("apikey-1"))
    RESTClient(URL, auth=DtzBearer("token"))
    RESTClient(URL, auth=DtzBasic("apikey", "apikey-1"))
    RESTClient(URL, auth=DtzCookie("token"))
    RESTClient(URL, auth=DtzQueryKey("apikey-1"))


def and_what_the_environment_makes() -> None:
    RESTClient(URL, auth=DastraClientCredentials.from_env())
    RESTClient(URL, auth=DastraApiKey.from_env())
    RESTClient(URL, auth=DtzApiKey.from_env())
    RESTClient(URL, auth=DtzBearer.from_env())
    RESTClient(URL, auth=DtzBasic.from_env())
    RESTClient(URL, auth=DtzCookie.from_env())
    RESTClient(URL, auth=DtzQueryKey.from_env())


def so_does_its_session(session: Session) -> None:
    session.auth = DastraClientCredentials.from_env()


def singer_takes_every_class() -> list[Auth]:
    return [
        DastraClientCredentials("public", "private"),
        DastraApiKey("private"),
        DtzApiKey("apikey-1"),
        DtzBearer("token"),
        DtzBasic("apikey", "apikey-1"),
        DtzCookie("token"),
        DtzQueryKey("apikey-1"),
        DtzApiKey.from_env(),
    ]


def a_source_is_not_an_auth() -> Auth:
    source = DtzLogin("user", "password")
    RESTClient(URL, auth=source)  # type: ignore[arg-type]
    return source  # type: ignore[return-value]
