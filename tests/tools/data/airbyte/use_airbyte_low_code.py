"""A manifest names a class of yours as `CustomAuthenticator`; it hands requests to the object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from airbyte_cdk.sources.declarative.auth.declarative_authenticator import DeclarativeAuthenticator

from dtz_dastra_auth import DastraClientCredentials


@dataclass
class DastraAuthenticator(DeclarativeAuthenticator):
    """Authenticate with the key pair in the configuration."""

    config: Mapping[str, Any]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Make an object for each request: equal ones share their token."""
        auth = DastraClientCredentials(self.config["public_key"], self.config["private_key"])
        return auth(request)

    @property
    def auth_header(self) -> str:
        return ""

    @property
    def token(self) -> str:
        return ""
