"""The client takes the object by way of its `http_client`.

`origins` names the gateway, since it is not one of Dastra's own hosts.
"""

import os

from openai import DefaultHttpx2Client, OpenAI, omit

from dtz_dastra_auth import DastraClientCredentials


def ask(gateway: str, question: str) -> str | None:
    """Ask a model behind a gateway."""
    auth = DastraClientCredentials(
        os.environ["DASTRA_PUBLIC_KEY"], os.environ["DASTRA_PRIVATE_KEY"], origins=[gateway]
    )
    http_client = DefaultHttpx2Client(auth=auth)
    with OpenAI(base_url=f"{gateway}/v1", api_key="unused", http_client=http_client) as client:
        completion = client.chat.completions.create(
            model="a-model",
            messages=[{"role": "user", "content": question}],
            extra_headers={"Authorization": omit},
        )
    return completion.choices[0].message.content
