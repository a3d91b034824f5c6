"""What a type checker must accept and refuse in the sessions that are made of those of requests.

Never run: checked with ``mypy --strict`` and with pyright, in the environment of these tools.
requests-toolbelt and requests-futures have no types.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import requests
from cachecontrol import CacheControl
from requests_cache import CachedSession
from requests_ratelimiter import LimiterSession

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


def every_class_is_taken_by_a_cached_session(session: CachedSession) -> None:
    session.auth = DastraClientCredentials("public", "private")
    session.auth = DastraApiKey("private")
    session.auth = DtzApiKey("apikey-1")
    session.auth = DtzBearer("token")
    session.auth = DtzBasic("apikey", "apikey-1")
    session.auth = DtzCookie("token")
    session.auth = DtzQueryKey("apikey-1")
    session.get(URL, auth=DtzApiKey.from_env())


def every_class_is_taken_by_a_limiter_session(session: LimiterSession) -> None:
    session.auth = DastraClientCredentials("public", "private")
    session.auth = DastraApiKey("private")
    session.auth = DtzApiKey("apikey-1")
    session.auth = DtzBearer("token")
    session.auth = DtzBasic("apikey", "apikey-1")
    session.auth = DtzCookie("token")
    session.auth = DtzQueryKey("apikey-1")
    session.get(URL, auth=DtzApiKey.from_env())


def every_class_is_taken_by_a_session_with_a_cache(session: requests.Session) -> None:
    cached = CacheControl(session)
    cached.auth = DastraClientCredentials("public", "private")
    cached.auth = DastraApiKey("private")
    cached.auth = DtzApiKey("apikey-1")
    cached.auth = DtzBearer("token")
    cached.auth = DtzBasic("apikey", "apikey-1")
    cached.auth = DtzCookie("token")
    cached.auth = DtzQueryKey("apikey-1")
    cached.get(URL, auth=DtzApiKey.from_env())


def the_sessions_are_taken_for_token_requests(
    cached: CachedSession, limited: LimiterSession
) -> None:
    DastraClientCredentials("public", "private", session=cached)
    DtzLogin("user", "password", session=limited)


def a_source_is_not_an_auth(
    cached: CachedSession, limited: LimiterSession, login: DtzLogin
) -> None:
    cached.auth = login  # type: ignore[assignment]
    limited.auth = login  # type: ignore[assignment]
    CacheControl(requests.Session()).auth = login  # type: ignore[assignment]
