"""What a type checker must accept and refuse in Locust and Schemathesis.

Never run: checked with ``mypy --strict`` and with pyright, in the environment of these tools.
robotframework-requests has no types.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from typing import Any

import schemathesis
from locust import HttpUser
from locust.clients import HttpSession

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


def every_class_is_taken_by_locust(client: HttpSession) -> None:
    client.get(URL, auth=DastraClientCredentials("public", "private"))
    client.get(URL, auth=DastraApiKey("private"))
    client.get(URL, auth=DtzApiKey("apikey-1"))
    client.get(URL, auth=DtzBearer("token"))
    client.get(URL, auth=DtzBasic("apikey", "apikey-1"))
    client.get(URL, auth=DtzCookie("token"))
    client.get(URL, auth=DtzQueryKey("apikey-1"))


def every_class_can_stay_on_the_session(client: HttpSession) -> None:
    client.auth = DastraClientCredentials("public", "private")
    client.auth = DastraApiKey("private")
    client.auth = DtzApiKey("apikey-1")
    client.auth = DtzBearer("token")
    client.auth = DtzBasic("apikey", "apikey-1")
    client.auth = DtzCookie("token")
    client.auth = DtzQueryKey("apikey-1")


def a_source_is_not_an_auth_in_locust(client: HttpSession) -> None:
    client.auth = DtzLogin("user", "password")  # type: ignore[assignment]


def a_user_has_such_a_session(user: HttpUser) -> None:
    user.client.auth = DastraClientCredentials.from_env()


def every_class_is_taken_by_schemathesis(schema: schemathesis.BaseSchema) -> None:
    schema.auth.set_from_requests(DastraClientCredentials("public", "private"))
    schema.auth.set_from_requests(DastraApiKey("private"))
    schema.auth.set_from_requests(DtzApiKey("apikey-1"))
    schema.auth.set_from_requests(DtzBearer("token"))
    schema.auth.set_from_requests(DtzBasic("apikey", "apikey-1"))
    schema.auth.set_from_requests(DtzCookie("token"))
    schema.auth.set_from_requests(DtzQueryKey("apikey-1"))
    schema.auth.set_from_requests(DtzApiKey.from_env())


def a_source_is_not_an_auth_in_schemathesis(schema: schemathesis.BaseSchema) -> None:
    schema.auth.set_from_requests(DtzLogin("user", "password"))  # type: ignore[arg-type]


def a_case_takes_it(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(auth=DastraClientCredentials.from_env())
