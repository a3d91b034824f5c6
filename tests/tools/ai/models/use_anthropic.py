"""The client takes the object by way of its `http_client`.

`origins` names the gateway, since it is not one of DTZ's own hosts.
"""

import os

from anthropic import Anthropic, DefaultHttpxClient, omit

from dtz_dastra_auth import DtzApiKey


def ask(gateway: str, question: str) -> str:
    """Ask a model behind a gateway."""
    http_client = DefaultHttpxClient(auth=DtzApiKey(os.environ["DTZ_API_KEY"], origins=[gateway]))
    with Anthropic(base_url=gateway, api_key="unused", http_client=http_client) as client:
        message = client.messages.create(
            model="a-model",
            max_tokens=100,
            messages=[{"role": "user", "content": question}],
            extra_headers={"Authorization": omit},
        )
    return "".join(block.text for block in message.content if block.type == "text")
