"""What a type checker must accept and refuse where it is niquests that calls.

Never run: checked with ``mypy --strict`` and with pyright, in niquests' environment.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import niquests

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


def every_class_is_taken(session: niquests.Session) -> None:
    niquests.Session(auth=DastraClientCredentials("public", "private"))
    niquests.Session(auth=DastraApiKey("private"))
    niquests.Session(auth=DtzApiKey("apikey-1"))
    niquests.Session(auth=DtzBearer("token"))
    niquests.Session(auth=DtzBasic("apikey", "apikey-1"))
    niquests.Session(auth=DtzCookie("token"))
    niquests.Session(auth=DtzQueryKey("apikey-1"))
    session.auth = DastraClientCredentials.from_env()
    session.get(URL, auth=DtzApiKey.from_env())
    niquests.get(URL, auth=DtzApiKey.from_env())


async def every_class_is_taken_on_an_event_loop(session: niquests.AsyncSession) -> None:
    niquests.AsyncSession(auth=DastraClientCredentials("public", "private"))
    niquests.AsyncSession(auth=DastraApiKey("private"))
    niquests.AsyncSession(auth=DtzApiKey("apikey-1"))
    niquests.AsyncSession(auth=DtzBearer("token"))
    niquests.AsyncSession(auth=DtzBasic("apikey", "apikey-1"))
    niquests.AsyncSession(auth=DtzCookie("token"))
    niquests.AsyncSession(auth=DtzQueryKey("apikey-1"))
    session.auth = DtzApiKey.from_env()
    await session.get(URL, auth=DtzApiKey.from_env())


def a_source_is_not_an_auth(session: niquests.Session, login: DtzLogin) -> None:
    niquests.Session(auth=login)  # type: ignore[arg-type]
    session.auth = login  # type: ignore[assignment]
    niquests.AsyncSession(auth=login)  # type: ignore[arg-type]
