"""What a type checker must accept and refuse in a user's code with openai and anthropic.

Never run: checked with ``mypy --strict`` and with pyright, in an environment with it.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import httpx2
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

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


def every_class_is_taken_by_a_client_of_openai() -> None:
    OpenAI(http_client=httpx2.Client(auth=DastraClientCredentials("public", "private")))
    OpenAI(http_client=httpx2.Client(auth=DastraApiKey("private")))
    OpenAI(http_client=httpx2.Client(auth=DtzApiKey("apikey-1")))
    OpenAI(http_client=httpx2.Client(auth=DtzBearer("token")))
    OpenAI(http_client=httpx2.Client(auth=DtzBasic("apikey", "apikey-1")))
    OpenAI(http_client=httpx2.Client(auth=DtzCookie("token")))
    OpenAI(http_client=httpx2.Client(auth=DtzQueryKey("apikey-1")))


def every_class_is_taken_by_an_asynchronous_client_of_openai() -> None:
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DastraClientCredentials("public", "private")))
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DastraApiKey("private")))
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DtzApiKey("apikey-1")))
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DtzBearer("token")))
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DtzBasic("apikey", "apikey-1")))
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DtzCookie("token")))
    AsyncOpenAI(http_client=httpx2.AsyncClient(auth=DtzQueryKey("apikey-1")))


def every_class_is_taken_by_a_client_of_anthropic() -> None:
    Anthropic(http_client=httpx2.Client(auth=DastraClientCredentials("public", "private")))
    Anthropic(http_client=httpx2.Client(auth=DastraApiKey("private")))
    Anthropic(http_client=httpx2.Client(auth=DtzApiKey("apikey-1")))
    Anthropic(http_client=httpx2.Client(auth=DtzBearer("token")))
    Anthropic(http_client=httpx2.Client(auth=DtzBasic("apikey", "apikey-1")))
    Anthropic(http_client=httpx2.Client(auth=DtzCookie("token")))
    Anthropic(http_client=httpx2.Client(auth=DtzQueryKey("apikey-1")))


def every_class_is_taken_by_an_asynchronous_client_of_anthropic() -> None:
    AsyncAnthropic(
        http_client=httpx2.AsyncClient(auth=DastraClientCredentials("public", "private"))
    )
    AsyncAnthropic(http_client=httpx2.AsyncClient(auth=DastraApiKey("private")))
    AsyncAnthropic(http_client=httpx2.AsyncClient(auth=DtzApiKey("apikey-1")))
    AsyncAnthropic(http_client=httpx2.AsyncClient(auth=DtzBearer("token")))
    AsyncAnthropic(http_client=httpx2.AsyncClient(auth=DtzBasic("apikey", "apikey-1")))
    AsyncAnthropic(http_client=httpx2.AsyncClient(auth=DtzCookie("token")))
    AsyncAnthropic(http_client=httpx2.AsyncClient(auth=DtzQueryKey("apikey-1")))


def what_comes_from_the_environment_is_taken() -> None:
    OpenAI(http_client=httpx2.Client(auth=DastraClientCredentials.from_env()))
    Anthropic(http_client=httpx2.Client(auth=DtzBearer.from_env()))


def an_auth_is_not_a_client(auth: DtzApiKey) -> None:
    OpenAI(http_client=auth)  # type: ignore[arg-type]
    Anthropic(http_client=auth)  # type: ignore[arg-type]


def a_source_is_not_an_auth() -> None:
    OpenAI(http_client=httpx2.Client(auth=DtzLogin("u", "p")))  # type: ignore[arg-type]
    Anthropic(http_client=httpx2.Client(auth=DtzLogin("u", "p")))  # type: ignore[arg-type]
