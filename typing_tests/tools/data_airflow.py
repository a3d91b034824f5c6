"""What a type checker must accept and refuse where Apache Airflow is installed.

Never run: checked with ``mypy --strict`` and with pyright.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.http.operators.http import HttpOperator

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


def an_operator_takes_every_class() -> None:
    HttpOperator(task_id="read", auth_type=DastraClientCredentials)
    HttpOperator(task_id="read", auth_type=DastraApiKey)
    HttpOperator(task_id="read", auth_type=DtzApiKey)
    HttpOperator(task_id="read", auth_type=DtzBearer)
    HttpOperator(task_id="read", auth_type=DtzBasic)
    HttpOperator(task_id="read", auth_type=DtzCookie)
    HttpOperator(task_id="read", auth_type=DtzQueryKey)


def a_hook_takes_what_makes_an_object() -> None:
    HttpHook(auth_type=DastraClientCredentials.from_env)
    HttpHook(auth_type=DastraApiKey.from_env)
    HttpHook(auth_type=DtzApiKey.from_env)
    HttpHook(auth_type=DtzBearer.from_env)
    HttpHook(auth_type=DtzBasic.from_env)
    HttpHook(auth_type=DtzCookie.from_env)
    HttpHook(auth_type=DtzQueryKey.from_env)


def a_source_is_not_an_auth() -> None:
    HttpOperator(task_id="read", auth_type=DtzLogin)  # type: ignore[arg-type]
