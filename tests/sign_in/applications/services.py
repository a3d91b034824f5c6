"""Where people sign in: a server that nobody here wrote, and the stand-ins."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod

import requests

from dtz_dastra_auth.testing import StandIns
from oidc.server import ADA, AuthorizationServer, KeyPair, Person
from sign_in.applications.apps import Application

#: All in seconds; the first is how long an access token of the server lives.
LIFETIME = 2
YOUNG, TIMEOUT = 1.0, 30.0


class SignInService(ABC):
    """A service at which one person can sign in for one application.

    Attributes:
        person: Who.
        authorization_url: Where.
        label: What the list of workspaces has.
    """

    person: Person
    authorization_url: str
    label = "My data company"

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Give the environment in which the application meets the service."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Give the application's settings for it."""

    @abstractmethod
    def let_access_tokens_end(self) -> None:
        """Return when no access token that there was is good."""

    @abstractmethod
    def revoke(self, application: Application) -> None:
        """End all that the person has signed in for."""

    @abstractmethod
    def renewals(self) -> int:
        """Count the refresh tokens that have been taken, and replaced."""

    @abstractmethod
    def refusals(self) -> int:
        """Count the codes and refresh tokens that have been refused."""


class OidcProvider(SignInService):
    """npm's oidc-provider, with rotation and the detection of reuse."""

    person = ADA

    def __init__(self, server: AuthorizationServer, application: Application) -> None:
        self._server = server
        self._client: KeyPair = server.register([application.redirect_uri], lifetime=LIFETIME)
        self.authorization_url = server.authorization_url

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DASTRA_PUBLIC_KEY": self._client.public_key,
            "DASTRA_PRIVATE_KEY": self._client.private_key,
            "DASTRA_AUTHORIZATION_URL": self.authorization_url,
            "DASTRA_TOKEN_URL": self._server.token_url,
            "DASTRA_API_URL": self._server.workspaces_url("example"),
            "DASTRA_ORIGINS": self._server.origin,
        }

    def let_access_tokens_end(self) -> None:
        # The clock is the server's.
        time.sleep(LIFETIME)

    def revoke(self, application: Application) -> None:
        requests.post(
            f"{self._server.origin}/connect/revocation",
            data={"token": application.kept()[-1]},
            auth=(self._client.public_key, self._client.private_key),
            timeout=TIMEOUT,
        ).raise_for_status()

    def renewals(self) -> int:
        return self._server.grants(self._client.public_key).consumed

    def refusals(self) -> int:
        return sum(self._server.grants(self._client.public_key).refusals.values())


class DastraStandIns(SignInService):
    """The stand-ins, at the real names of the services but for where the browser goes."""

    def __init__(self, services: StandIns) -> None:
        self._services = services
        self._dastra = services.dastra
        self.person = Person(self._dastra.username, self._dastra.password)
        # Chromium finds no host but loopback.
        self.authorization_url = f"{self._dastra.origin}/connect/authorize"

    @property
    def environment(self) -> dict[str, str]:
        return self._services.environment

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DASTRA_PUBLIC_KEY": self._dastra.public_key,
            "DASTRA_PRIVATE_KEY": self._dastra.private_key,
            "DASTRA_AUTHORIZATION_URL": self.authorization_url,
        }

    def let_access_tokens_end(self) -> None:
        # One that is refused in its first second is not renewed: the next would be, too.
        time.sleep(YOUNG)
        self._dastra.expire_tokens()

    def revoke(self, application: Application) -> None:
        self._dastra.expire_tokens()
        self._dastra.expire_refresh_tokens()

    def renewals(self) -> int:
        answered = [each for each in self._dastra.token_requests if each.status == 200]
        return sum(b"grant_type=refresh_token" in each.body for each in answered)

    def refusals(self) -> int:
        return sum(each.status == 400 for each in self._dastra.token_requests)
