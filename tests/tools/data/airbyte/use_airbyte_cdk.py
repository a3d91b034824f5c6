"""A stream takes the object as its `authenticator`; the streams of a source can share one."""

from collections.abc import Iterable, Mapping
from typing import Any

import requests
from airbyte_cdk.sources.streams.http import HttpStream

from dtz_dastra_auth import DastraClientCredentials


class Workspaces(HttpStream):
    """The workspaces that a key pair of Dastra may see."""

    @property
    def primary_key(self) -> str:
        return "id"

    @property
    def url_base(self) -> str:
        return "https://api.dastra.eu/v1/"

    def path(self, **_: Any) -> str:
        return "workspaces"

    def parse_response(self, response: requests.Response, **_: Any) -> Iterable[Mapping[str, Any]]:
        yield from response.json()["items"]

    def next_page_token(self, response: requests.Response) -> None:
        """End with the first page."""


def streams(config: Mapping[str, Any]) -> list[HttpStream]:
    """Make the streams of a source from its configuration."""
    auth = DastraClientCredentials(config["public_key"], config["private_key"])
    return [Workspaces(authenticator=auth)]
