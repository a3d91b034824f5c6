"""anthropic: a client of models behind a gateway that speaks Anthropic's protocol."""

import asyncio
import json
from typing import Any

import pytest
from anthropic import (
    Anthropic,
    APIConnectionError,
    AsyncAnthropic,
    DefaultAsyncHttpxClient,
    DefaultHttpxClient,
    omit,
)

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey, TokenError
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, Recorded
from tools.ai.models.use_anthropic import ask

pytestmark = pytest.mark.tool(
    "anthropic",
    package="anthropic",
    how="`http_client=DefaultHttpxClient(auth=auth)`",
    mind=(
        'Each request needs `extra_headers={"Authorization": omit}`: otherwise the `api_key` of '
        "the client is in that header, and this package's credential stays away. A `TokenError` is "
        "the `__cause__` of an `APIConnectionError`; the retries before it make no further token "
        "requests."
    ),
)

MESSAGE: dict[str, Any] = {
    "id": "1",
    "type": "message",
    "role": "assistant",
    "model": "a-model",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
END = {"stop_reason": "end_turn", "stop_sequence": None}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": MESSAGE},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "4"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "2"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": END, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]
QUESTION: Any = [{"role": "user", "content": "How many registers?"}]


def credential_of(call: Recorded) -> tuple[str | None, str | None]:
    return call.header("Authorization"), call.header("X-API-KEY")


@pytest.fixture(autouse=True)
def gateway(dastra: DastraStandIn, dtz: DtzStandIn) -> None:
    """Have the stand-ins answer as a gateway does, to their own credentials; others get a 401."""
    message = {**MESSAGE, **END, "content": [{"type": "text", "text": "42"}]}
    stream = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in EVENTS)

    def is_let_in(call: Recorded) -> bool:
        return call.path == "/v1/messages" and credential_of(call) == (None, dtz.api_key)

    def asks_for_a_stream(call: Recorded) -> bool:
        return is_let_in(call) and json.loads(call.body).get("stream") is True

    def bears_a_token(call: Recorded) -> bool:
        token = (call.header("Authorization") or "").removeprefix("Bearer ")
        return call.path == "/v1/messages" and token in dastra.tokens_in_force

    kind = "text/event-stream"
    dtz.fail(200, body=stream.encode(), content_type=kind, times=None, on=asks_for_a_stream)
    dtz.answer(message, times=None, on=is_let_in)
    dastra.answer(message, times=None, on=bears_a_token)


def test_the_key_of_dtz_goes_out_and_the_clients_own_does_not(dtz: DtzStandIn) -> None:
    assert ask(dtz.origin, "How many registers?") == "42"
    assert [credential_of(call) for call in dtz.calls] == [(None, dtz.api_key)]


def test_an_answer_is_streamed_in_the_asynchronous_client(dtz: DtzStandIn) -> None:
    async def pieces() -> list[str]:
        http_client = DefaultAsyncHttpxClient(auth=DtzApiKey.from_env())
        url = "https://api.dtz.rocks"
        async with (
            AsyncAnthropic(base_url=url, api_key="unused", http_client=http_client) as client,
            client.messages.stream(
                model="a-model",
                max_tokens=100,
                messages=QUESTION,
                extra_headers={"Authorization": omit},
            ) as stream,
        ):
            return [text async for text in stream.text_stream]

    assert asyncio.run(pieces()) == ["4", "2"]
    assert [credential_of(call) for call in dtz.calls] == [(None, dtz.api_key)]


def test_a_token_revoked_in_the_middle_is_renewed_and_the_call_made_again(
    dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A token that is less than a second old would not be renewed.
    monkeypatch.setattr("dtz_dastra_auth._slot.YOUNG", 0.0)
    http_client = DefaultHttpxClient(auth=DastraClientCredentials.from_env())
    url = "https://api.dastra.eu"
    with Anthropic(base_url=url, api_key="unused", http_client=http_client) as client:
        for _ in range(2):
            message = client.messages.create(
                model="a-model",
                max_tokens=100,
                messages=QUESTION,
                extra_headers={"Authorization": omit},
            )
            assert message.stop_reason == "end_turn"
            dastra.expire_tokens()
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert len(dastra.token_requests) == 2


def test_retries_after_a_refused_key_pair_make_no_further_token_requests(
    dastra: DastraStandIn,
) -> None:
    http_client = DefaultHttpxClient(auth=DastraClientCredentials(dastra.public_key, "mistyped"))
    url = "https://api.dastra.eu"
    with (
        Anthropic(base_url=url, api_key="unused", http_client=http_client) as client,
        pytest.raises(APIConnectionError) as raised,
    ):
        client.messages.create(
            model="a-model",
            max_tokens=100,
            messages=QUESTION,
            extra_headers={"Authorization": omit},
        )
    assert isinstance(raised.value.__cause__, TokenError)
    assert dastra.calls == []
    assert len(dastra.token_requests) == 1


def test_a_key_that_is_not_kept_out_goes_out_instead_of_the_key_of_dtz(dtz: DtzStandIn) -> None:
    dtz.answer(MESSAGE)
    http_client = DefaultHttpxClient(auth=DtzApiKey.from_env())
    url = "https://api.dtz.rocks"
    with Anthropic(base_url=url, api_key="unused", http_client=http_client) as client:
        client.messages.create(model="a-model", max_tokens=100, messages=QUESTION)
    assert [credential_of(call) for call in dtz.calls] == [("Bearer unused", None)]
