"""openai: a client of models behind a gateway that speaks OpenAI's protocol."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
from openai import (
    APIConnectionError,
    AsyncOpenAI,
    DefaultAsyncHttpx2Client,
    OpenAI,
    omit,
)

from dtz_dastra_auth import DastraClientCredentials, TokenError
from dtz_dastra_auth.testing import DastraStandIn, Recorded
from tools.ai.models.use_openai import ask

pytestmark = pytest.mark.tool(
    "openai",
    package="openai",
    how="`http_client=DefaultHttpx2Client(auth=auth)`",
    mind=(
        'Each request needs `extra_headers={"Authorization": omit}`: otherwise the `api_key` of '
        "the client is in that header, and this package's token stays away. A `TokenError` is the "
        "`__cause__` of an `APIConnectionError`; the retries before it make no further token "
        "requests."
    ),
)

PIECE: dict[str, Any] = {"id": "1", "created": 1, "model": "a-model"}
MESSAGES: Any = [{"role": "user", "content": "How many registers?"}]


@pytest.fixture(autouse=True)
def gateway(dastra: DastraStandIn) -> None:
    """Have the stand-in answer as a gateway does, to its own tokens; others get its 401."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "42"}}
    completion = {**PIECE, "object": "chat.completion", "choices": [choice]}
    deltas = [{"content": "4"}, {"content": "2"}]
    chunks = [
        {**PIECE, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
        for delta in deltas
    ]
    lines = [f"data: {each}\n\n" for each in (*map(json.dumps, chunks), "[DONE]")]

    def is_let_in(call: Recorded) -> bool:
        token = (call.header("Authorization") or "").removeprefix("Bearer ")
        return call.path == "/v1/chat/completions" and token in dastra.tokens_in_force

    def asks_for_a_stream(call: Recorded) -> bool:
        return is_let_in(call) and json.loads(call.body).get("stream") is True

    stream = "".join(lines).encode()
    dastra.fail(
        200, body=stream, content_type="text/event-stream", times=None, on=asks_for_a_stream
    )
    dastra.answer(completion, times=None, on=is_let_in)


def test_the_token_goes_out_and_the_clients_own_key_does_not(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    assert ask(dastra.origin, "How many registers?") == "42"
    assert bears_token()
    assert len(dastra.token_requests) == 1


def test_an_answer_is_streamed_in_the_asynchronous_client(
    dastra: DastraStandIn, bears_token: Callable[[], bool]
) -> None:
    async def pieces() -> list[str | None]:
        http_client = DefaultAsyncHttpx2Client(auth=DastraClientCredentials.from_env())
        url = "https://api.dastra.eu/v1"
        async with AsyncOpenAI(base_url=url, api_key="unused", http_client=http_client) as client:
            stream = await client.chat.completions.create(
                model="a-model",
                messages=MESSAGES,
                extra_headers={"Authorization": omit},
                stream=True,
            )
            return [chunk.choices[0].delta.content async for chunk in stream]

    assert asyncio.run(pieces()) == ["4", "2"]
    assert bears_token()
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("library", [httpx2, httpx])
def test_a_token_revoked_in_the_middle_is_renewed_and_the_call_made_again(
    library: Any, dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token that is less than a second old would not be renewed.
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)
    auth = DastraClientCredentials.from_env()
    http_client = library.Client(auth=auth)
    url = "https://api.dastra.eu/v1"
    with OpenAI(base_url=url, api_key="unused", http_client=http_client) as client:
        for _ in range(2):
            completion = client.chat.completions.create(
                model="a-model", messages=MESSAGES, extra_headers={"Authorization": omit}
            )
            assert completion.choices[0].message.content == "42"
            dastra.expire_tokens()
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_retries_after_a_refused_key_pair_make_no_further_token_requests(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASTRA_PRIVATE_KEY", "mistyped")
    with pytest.raises(APIConnectionError) as raised:
        ask(dastra.origin, "How many registers?")
    assert isinstance(raised.value.__cause__, TokenError)
    assert dastra.calls == []
    assert len(dastra.token_requests) == 1


def test_a_key_that_is_not_kept_out_goes_out_instead_of_the_token(dastra: DastraStandIn) -> None:
    dastra.answer({**PIECE, "object": "chat.completion", "choices": []})
    http_client = httpx2.Client(auth=DastraClientCredentials.from_env())
    url = "https://api.dastra.eu/v1"
    with OpenAI(base_url=url, api_key="unused", http_client=http_client) as client:
        client.chat.completions.create(model="a-model", messages=MESSAGES)
    assert [call.header("Authorization") for call in dastra.calls] == ["Bearer unused"]
    assert dastra.token_requests == []
